import { expect, test } from "vitest";
import { VqganClipError } from "../core/errors.js";
import { constant, input } from "../graph/tensor.js";
import { add, where } from "./arithmetic.js";
import { conv2d } from "./convolution.js";
import { reshape, transpose } from "./layout.js";
import { gemm, matmul } from "./linear-algebra.js";
import { concat, gather, gatherElements, pad, scatterAdd, slice } from "./movement.js";
import { batchNorm, groupNorm, layerNorm } from "./normalization.js";
import { ints } from "./operands.js";
import { avgPool, maxPool, resizeNearest } from "./pooling.js";
import { sum } from "./reduction.js";
import { gridSample } from "./resample.js";

const t = (...shape: number[]) => input("t", "float32", shape);

test.each<[string, () => unknown]>([
  ["Add(): operands need one dtype, got float32[2] and int64[2]", () => add(t(2), ints([1, 2]))],
  ["Add(): shapes do not broadcast, got [2,3] and [2]", () => add(t(2, 3), t(2))],
  ["where(): needs a bool", () => where(t(2), t(2), t(2))],
  ["matmul(): inner dimensions differ, got float32[2,3] and float32[4,5]", () => matmul(t(2, 3), t(4, 5))],
  ["gemm(): inner dimensions differ", () => gemm(t(2, 3), t(4, 3))],
  ["gemm(): shapes do not broadcast, got [3] and [2,4]", () => gemm(t(2, 3), t(3, 4), t(3))],
  ["gemm(): float32[5,2,4] does not stretch to the product [2,4]", () => gemm(t(2, 3), t(3, 4), t(5, 2, 4))],
  ["conv2d(): input float32[1,3,8,8] does not fit weight float32[4,2,3,3]", () => conv2d(t(1, 3, 8, 8), t(4, 2, 3, 3))],
  ["conv2d(): bias float32[3] does not fit", () => conv2d(t(1, 2, 8, 8), t(4, 2, 3, 3), t(3))],
  ["is larger than the padded input", () => conv2d(t(1, 2, 2, 2), t(4, 2, 3, 3))],
  ["reshape(): sizes differ, got float32[2,3] and [4,-1]", () => reshape(t(2, 3), [4, -1])],
  ["transpose(): [0,0] is no permutation", () => transpose(t(2, 3), [0, 0])],
  ["slice(): 1..9 leaves axis 0 of float32[4]", () => slice(t(4), 0, 1, 9)],
  ["concat(): shapes differ off axis 1", () => concat([t(2, 1), t(3, 1)], 1)],
  ["pad(): needs one amount an axis, below the extent", () => pad(t(3), [3], [0], "reflect")],
  ["gather(): indices must be whole numbers, got float32[2]", () => gather(t(3), t(2))],
  ["gatherElements(): indices int64[3] leave float32[2,2]", () => gatherElements(t(2, 2), ints([0, 1, 1]), 0)],
  ["scatterAdd(): updates float32[3] at int64[2] do not fit float32[4]", () => scatterAdd(t(4), ints([0, 1]), t(3), 0)],
  ["layerNorm(): needs vectors [3], got float32[3] and float32[2]", () => layerNorm(t(2, 3), t(3), t(2))],
  ["groupNorm(): needs [n,c,h,w] with c a multiple of 4", () => groupNorm(t(1, 6, 2, 2), t(6), t(6), { groups: 4 })],
  ["batchNorm(): needs vectors [2]", () => batchNorm(t(1, 2, 3, 3), t(2), t(2), { mean: t(2), variance: constant(1) })],
  ["pool: a 5x5 window padded by 0 does not fit float32[1,1,4,4]", () => avgPool(t(1, 1, 4, 4), { kernel: 5 })],
  ["pool: a 2x2 window padded by 2 does not fit", () => maxPool(t(1, 1, 4, 4), { kernel: 2, padding: 2 })],
  ["ReduceSum(): axis 2 is outside a tensor of rank 2", () => sum(t(2, 3), { axes: [2] })],
  ["resizeNearest(): needs [n,c,h,w] and a whole factor", () => resizeNearest(t(1, 1, 4, 4), 1.5)],
  ["gridSample(): needs pictures [1 or n,c,H,W]", () => gridSample(t(3, 1, 4, 4), t(2, 4, 4, 2))],
])("an error says what was wanted and what came: %s", (message, build) => {
  expect(build).toThrow(VqganClipError);
  expect(build).toThrow(message);
});
