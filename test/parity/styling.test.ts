/** What repaints pictures by words, against torch: the U-Net whose weights are the latent, and VGG19's content loss. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { readVgg19 } from "../../src/models/classifier/read.js";
import { onDisk } from "../../src/models/on-disk.js";
import { unet } from "../../src/models/weightless/unet.js";
import { mul, sub } from "../../src/ops/arithmetic.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, largestError, relativeError } from "../support/fixtures.js";

/** As the fixture's script scatters numbers. */
function scattered(count: number): NDArray {
  const values = Array.from({ length: count }, (_, i) => ((Math.imul(i, 2654435761) >>> 0) / 2 ** 32 - 0.5) * 0.2);
  return NDArray.float32([1, count], values);
}

test("the U-Net repaints as torch's does, and its weights have torch's gradient", async () => {
  const { length } = JSON.parse(await readFile(fixturePath("styling/unet.json"), "utf8"));
  const reference = await fixture("styling/expected.safetensors");
  expect(unet.latentShape([16, 24])).toEqual([1, length]);
  const z = input("z", "float32", [1, length]);
  const source = sub(mul(input("source", "float32", reference("source").shape), 2), 1);
  const repainted = unet.decode(z, { source });
  const [gradient] = grad(repainted, [z], input("ct", "float32", repainted.shape)) as [Tensor];
  const program = await compile({ repainted, gradient }, { threads: 1 });
  const feeds = { z: scattered(length), source: reference("source"), ct: reference("cotangent") };
  const made = await program.run(feeds);
  await program.dispose();
  expect(largestError(made.repainted, reference("repainted"))).toBeLessThan(1e-4);
  const some = made.gradient.floats().filter((_, i) => i % 97 === 0);
  expect(relativeError(NDArray.float32([some.length], some), reference("gradient"))).toBeLessThan(1e-3);
});

test.each(["vgg19.pth", "model.safetensors", ""])("VGG19's content loss, from %j", async (name) => {
  const reference = await fixture("styling/expected.safetensors");
  const vgg = await readVgg19(await onDisk(join(fixturePath("styling"), name)));
  const [a, b] = ["a", "b"].map((which) => input(which, "float32", reference(which).shape)) as [Tensor, Tensor];
  const distance = vgg.distance(a, b);
  const same = vgg.distance(a, a);
  const program = await compile({ distance, same, gradient: grad(distance, [a])[0] as Tensor }, { threads: 1 });
  const made = await program.run({ a: reference("a"), b: reference("b") });
  await program.dispose();
  expect(made.same.item()).toBe(0);
  expect(made.distance.item()).toBeCloseTo(reference("content").item(), 5);
  expect(relativeError(made.gradient, reference("content.gradient"))).toBeLessThan(1e-4);
});

test("a file that is no VGG19 is told", async () => {
  const read = async (name: string) => readVgg19(await onDisk(fixturePath(name)));
  await expect(read("lpips/vgg.pth")).rejects.toThrow("has no features.0.weight and features.30.weight");
  await expect(read("lpips")).rejects.toThrow("no such file; VGG19 needs it");
  await expect(read("styling/vgg16.pth")).rejects.toThrow("VGG19: ");
});
