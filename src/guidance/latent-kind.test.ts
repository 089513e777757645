import { expect, test } from "vitest";
import { gradcheck, over } from "../../test/gradients/gradcheck.js";
import { fixturePath, relativeError } from "../../test/support/fixtures.js";
import { grad } from "../autodiff/grad.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import type { Generator } from "../models/generator.js";
import { loadGenerator } from "../models/load.js";
import { mul } from "../ops/arithmetic.js";
import { sum } from "../ops/reduction.js";
import { evaluate } from "../runtime/reference/evaluate.js";
import { latentOfCodes, latentOfPicture } from "./latent.js";
import {
  drawCodes,
  latentOf,
  logitsOf,
  randomLogits,
  settled,
  variableOfLatent,
  variableOfPicture,
} from "./latent-kind.js";

/** Five codes of three channels: all that logits need of a generator. */
const five = {
  codebook: { codes: NDArray.float32([5, 3], new Random(1).normals(15)) },
} as unknown as Generator;

const shape = [1, 5, 2, 2] as const;
const logits = NDArray.float32(shape, new Random(2).normals(20));

test("the mean of the codes has the derivative that central differences give", () => {
  const mixed = over("mixed", [...shape])((z) => latentOf(five, "mixed", z));
  expect(gradcheck(mixed)).toBeLessThan(2e-6);
});

test("drawn codes are the decoder's latent; their gradient is that of the mean", () => {
  const z = input("z", "float32", shape);
  const cotangent = constant(NDArray.float32([1, 3, 2, 2], new Random(3).normals(12)));
  const [sampled, mixed] = (["sampled", "mixed"] as const).map((kind) => latentOf(five, kind, z)) as [Tensor, Tensor];
  const gradients = [sampled, mixed].map((latent) => (grad(sum(mul(latent, cotangent)), [z]) as [Tensor])[0]);
  const codes = new NDArray("int32", [1, 2, 2], Int32Array.of(4, 0, 2, 2));
  const [value, ofSampled, ofMixed] = evaluate([sampled, ...gradients], { z: logits, codes }) as [NDArray, NDArray, NDArray]; // biome-ignore format: one thought
  expect(relativeError(value, latentOfCodes(five, [4, 0, 2, 2], [2, 2]).as("float64"))).toBe(0);
  expect(relativeError(ofSampled, ofMixed)).toBe(0);
  expect(ofMixed.floats().some((part) => part !== 0)).toBe(true);
});

test("codes are drawn by their probabilities, and where nothing may change the likeliest stays", () => {
  const position = NDArray.float32([1, 3, 1, 1], [Math.log(0.5), Math.log(0.3), Math.log(0.2)]);
  const random = new Random(5);
  const counts = [0, 0, 0];
  for (let i = 0; i < 4000; i++) {
    const code = drawCodes(position, random).at(0);
    counts[code] = (counts[code] as number) + 1;
  }
  [0.5, 0.3, 0.2].forEach((probability, code) => {
    expect(Math.abs((counts[code] as number) / 4000 - probability)).toBeLessThan(0.03); // 3.8 deviations
  });
  for (let i = 0; i < 20; i++) expect(drawCodes(position, random, Uint8Array.of(0)).at(0)).toBe(0);
  const free = Uint8Array.of(0, 1, 1, 0);
  const [all, some] = [drawCodes(logits, new Random(9)), drawCodes(logits, new Random(9), free)];
  expect([some.at(1), some.at(2)]).toEqual([all.at(1), all.at(2)]);
});

test("a finished picture is made of the likeliest codes, for the mean of codes as well", () => {
  const { z, codes } = settled("mixed", logits);
  const [latent] = evaluate([latentOf(five, "mixed", input("z", "float32", shape))], { z }) as [NDArray];
  expect(relativeError(latent, latentOfCodes(five, Array.from(codes?.data ?? [], Number), [2, 2]).as("float64"))).toBe(
    0,
  );
  for (let p = 0; p < 4; p++) {
    const column = Array.from({ length: 5 }, (_, k) => logits.at(4 * k + p));
    expect(codes?.at(p)).toBe(column.indexOf(Math.max(...column)));
  }
  expect(settled("quantized", logits)).toEqual({ z: logits });
});

test("first logits: standard normal, or a picture's codes with nine chances in ten", async () => {
  const generator = await loadGenerator(fixturePath("vqgan"));
  const normal = randomLogits(generator, [20, 28], new Random(1)).floats();
  const mean = normal.reduce((total, value) => total + value, 0) / normal.length;
  expect(Math.abs(mean)).toBeLessThan(0.05);
  const picture = NDArray.float32(
    [3, 16, 24],
    Float32Array.from({ length: 1152 }, (_, i) => ((i * 37) % 256) / 255),
  );
  const z = await latentOfPicture(generator, picture, { threads: 1 });
  const made = await logitsOf(generator, z, { threads: 1 });
  const [, count, h, w] = made.shape as [number, number, number, number];
  const { codes } = settled("sampled", made);
  expect(relativeError(latentOfCodes(generator, Array.from(codes?.data ?? [], Number), [h, w]), z)).toBeLessThan(1e-6);
  const first = Array.from({ length: count }, (_, k) => Math.exp(made.at(k * h * w)));
  expect(Math.max(...first) / first.reduce((a, b) => a + b)).toBeCloseTo(0.9, 5);
  const continuous = await variableOfPicture(generator, { latent: "continuous", basis: 5, seed: 1 }, picture, {
    threads: 1,
  });
  expect(relativeError(continuous, z)).toBeGreaterThan(1e-3); // not quantised
  const fused = await variableOfLatent(generator, { latent: "fused", basis: 3, seed: 1 }, z, {});
  expect(fused.shape).toEqual([6, ...z.shape.slice(1)]);
  for (let i = 0; i < 3; i++) expect(fused.floats().slice(i * z.size, (i + 1) * z.size)).toEqual(z.floats());
});
