/** Gradients at the points that central differences cannot try: ties of maxima, equal embeddings, zero vectors. */
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { constant, input, type Tensor } from "../../src/graph/tensor.js";
import { max, min, mul } from "../../src/ops/arithmetic.js";
import { normalize, sphericalDistance } from "../../src/ops/distance.js";
import { maxPool } from "../../src/ops/pooling.js";
import { sum } from "../../src/ops/reduction.js";
import { compile } from "../../src/runtime/program.js";
import { evaluate } from "../../src/runtime/reference/evaluate.js";

const image = input("image", "float32", [1, 1, 2, 2]);
/** d(sum y)/d(image) where the picture is 5 5 / 1 5. */
function gradientOf(y: Tensor): number[] {
  const [gradient] = evaluate(grad(sum(y), [image]), { image: NDArray.float32([1, 1, 2, 2], [5, 5, 1, 5]) });
  return Array.from((gradient as NDArray).as("float64").data, Number);
}

test("equal maxima of a window share the gradient", () => {
  expect(gradientOf(maxPool(image, { kernel: 2 }))).toEqual([1 / 3, 1 / 3, 0, 1 / 3]);
});

test("where windows do not tile, equal maxima share it along the rows' axis first, then along the columns'", () => {
  // The window's column maxima are 5 (once) and 5 (twice): a half each, the second half halved again.
  expect(gradientOf(maxPool(image, { kernel: 2, stride: 1 }))).toEqual([0.5, 0.25, 0, 0.25]);
});

test("of two equal operands of max and min, the first takes the gradient", () => {
  const copy = mul(image, 1);
  expect(gradientOf(max(mul(image, 3), mul(copy, 3)))).toEqual([3, 3, 3, 3]);
  expect(gradientOf(max(image, 5))).toEqual([1, 1, 0, 1]);
  expect(gradientOf(max(constant(5), image))).toEqual([0, 0, 0, 0]);
  expect(gradientOf(min(image, 5))).toEqual([1, 1, 1, 1]);
  expect(gradientOf(min(constant(5), image))).toEqual([0, 0, 1, 0]);
});

test("the spherical distance of equal and of opposite embeddings has a finite gradient, in float32 too", async () => {
  const embedding = input("embedding", "float32", [2, 4]);
  const target = constant(NDArray.float32([1, 4], [0.1, -0.7, 0.3, 0.9]));
  const distance = sphericalDistance(embedding, target);
  const [gradient] = grad(sum(distance), [embedding]) as [Tensor];
  const feeds = { embedding: NDArray.float32([2, 4], [0.2, -1.4, 0.6, 1.8, -0.1, 0.7, -0.3, -0.9]) };
  const program = await compile({ distance, gradient }, { threads: 1 });
  const inFloat32 = await program.run(feeds);
  await program.dispose();
  const inFloat64 = evaluate([distance, gradient], feeds) as [NDArray, NDArray];
  for (const [distances, slopes] of [[inFloat32.distance, inFloat32.gradient], inFloat64] as const) {
    expect(distances.at(0)).toBeCloseTo(0, 6);
    expect(distances.at(1)).toBeCloseTo(Math.PI ** 2 / 2, 2);
    expect(slopes.floats().every(Number.isFinite)).toBe(true);
  }
});

test("normalize leaves a zero vector at zero, with a finite gradient", () => {
  const zero = input("zero", "float32", [1, 3]);
  const y = normalize(zero);
  const [value, gradient] = evaluate([y, ...grad(sum(y), [zero])], { zero: NDArray.zeros("float32", [1, 3]) });
  expect([...(value as NDArray).floats()]).toEqual([0, 0, 0]);
  expect((gradient as NDArray).floats().every(Number.isFinite)).toBe(true);
});
