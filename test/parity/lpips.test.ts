/** LPIPS against torch: small networks of both forms, distance and gradient of the picture, and files that are none. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { loadLpips } from "../../src/models/load.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

test.each(["vgg", "alex"])("%s", async (name) => {
  const reference = await fixture("lpips/expected.safetensors");
  const lpips = await loadLpips(join(fixturePath("lpips"), `${name}.pth`));
  const [a, b] = ["a", "b"].map((which) => input(which, "float32", reference(which).shape)) as [Tensor, Tensor];
  const distance = lpips.distance(a, b);
  const same = lpips.distance(a, a);
  const program = await compile({ distance, same, gradient: grad(distance, [a])[0] as Tensor }, { threads: 1 });
  const made = await program.run({ a: reference("a"), b: reference("b") });
  await program.dispose();
  expect(made.same.item()).toBe(0);
  expect(made.distance.item()).toBeCloseTo(reference(`${name}.distance`).item(), 5);
  expect(relativeError(made.gradient, reference(`${name}.gradient`))).toBeLessThan(1e-4);
});

test("a file without the classifier is told", async () => {
  await expect(loadLpips(fixturePath("rewards/mse.pth"))).rejects.toThrow("net.slice1.0.weight is missing");
});
