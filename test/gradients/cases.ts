/** One small case or more for every differentiable op and every composite. */
import { NDArray } from "../../src/core/ndarray.js";
import type { Random } from "../../src/core/random.js";
import { constant, type Tensor } from "../../src/graph/tensor.js";
import { upsampleConv } from "../../src/nn/upsample.js";
import { gelu, quickGelu, silu, softmax } from "../../src/ops/activation.js";
import * as a from "../../src/ops/arithmetic.js";
import { conv2d } from "../../src/ops/convolution.js";
import { cosineSimilarity, normalize, sphericalDistance } from "../../src/ops/distance.js";
import { straightThrough, withVjp } from "../../src/ops/gradient-control.js";
import { applyAlong, gemm, linear, matmul } from "../../src/ops/linear-algebra.js";
import * as m from "../../src/ops/movement.js";
import { batchNorm, groupNorm, groupNormSilu, layerNorm } from "../../src/ops/normalization.js";
import { adaptiveAvgPool, adaptiveMaxPool, avgPool, maxPool } from "../../src/ops/pooling.js";
import { logSumExp, mean, reduceMax, sum } from "../../src/ops/reduction.js";
import { gridSample, homographyGrid, resizeBilinear, resizeNearest } from "../../src/ops/resample.js";
import type { GradientCase } from "./gradcheck.js";

const positive = (random: Random): number => random.uniform(0.5, 2);
const inside = (random: Random): number => random.uniform(-0.9, 0.9);
/** Away from 0, where relu, abs and max have their kinks. */
const offZero = (random: Random): number => (random.chance(0.5) ? 1 : -1) * random.uniform(0.2, 2);

const vector = (...values: number[]): Tensor => constant(NDArray.float32([values.length], values));
const indices = (shape: number[], ...values: number[]): Tensor => constant(NDArray.int64(shape, values));
const condition = (shape: number[], ...values: number[]): Tensor =>
  constant(new NDArray("bool", shape, Uint8Array.from(values)));
const view = constant(
  NDArray.float32([2, 3, 3], [0.8, 0.1, 0.05, -0.2, 0.9, 0.1, 0.05, 0.02, 1, -0.7, 0.2, 0.3, 0.1, 1.3, -0.2, 0, 0, 1]),
);

const one = (
  name: string,
  shape: number[],
  build: GradientCase["build"],
  draw?: GradientCase["draw"],
): GradientCase => ({
  name,
  shapes: [shape],
  build,
  ...(draw && { draw }),
});
const many = (
  name: string,
  shapes: number[][],
  build: GradientCase["build"],
  draw?: GradientCase["draw"],
): GradientCase => ({
  name,
  shapes,
  build,
  ...(draw && { draw }),
});

const elementwise: GradientCase[] = [
  many(
    "add, broadcast both ways",
    [
      [2, 1, 3],
      [4, 1],
    ],
    a.add,
  ),
  many("sub", [[2, 3], [3]], a.sub),
  many(
    "mul",
    [
      [2, 3],
      [2, 1],
    ],
    a.mul,
  ),
  many("mul of a scalar", [[2, 3], []], a.mul),
  many("div", [[2, 3], [3]], a.div, positive),
  many(
    "pow",
    [
      [2, 3],
      [2, 3],
    ],
    a.pow,
    positive,
  ),
  many("max", [[3, 4], [4]], a.max),
  many(
    "min",
    [
      [3, 4],
      [3, 1],
    ],
    a.min,
  ),
  one("neg", [3], a.neg),
  one("sqrt", [4], a.sqrt, positive),
  one("exp", [4], a.exp),
  one("log", [4], a.log, positive),
  one("abs", [5], a.abs, offZero),
  one("sin", [4], a.sin),
  one("cos", [4], a.cos),
  one("asin", [4], a.asin, inside),
  one("tanh", [4], a.tanh),
  one("sigmoid", [4], a.sigmoid),
  one("erf", [6], a.erf),
  one("relu", [6], a.relu, offZero),
  one("square", [4], a.square),
  one("clip", [8], (x) => a.clip(x, -0.5, 0.6), inside),
  one("where, a condition that broadcasts", [2, 3], (x) => a.where(condition([3], 1, 0, 1), x, a.mul(x, 3))),
  many("where, operands that broadcast", [[3], [2, 1]], (x, y) => a.where(condition([2, 3], 1, 0, 1, 0, 0, 1), x, y)),
  one("cast", [3], (x) => a.cast(a.cast(x, "float64"), "float32")),
  one("a value used three times", [4], (x) => a.mul(a.add(x, a.exp(x)), x)),
];

const products: GradientCase[] = [
  many(
    "matmul",
    [
      [3, 4],
      [4, 2],
    ],
    matmul,
  ),
  many(
    "matmul, batches that broadcast",
    [
      [2, 1, 3, 4],
      [3, 4, 2],
    ],
    matmul,
  ),
  ...[0, 1, 2, 3].map((flags) => {
    const [transA, transB] = [flags & 1, flags >> 1];
    const shapes = [transA ? [4, 3] : [3, 4], transB ? [2, 4] : [4, 2], [2]];
    return many(`gemm, transA=${transA} transB=${transB}`, shapes, (x, y, c) =>
      gemm(x as Tensor, y as Tensor, c, { alpha: -1.5, transA, transB }),
    );
  }),
  many("linear", [[2, 3, 4], [5, 4], [5]], (x, w, b) => linear(x as Tensor, w as Tensor, b)),
  ...[0, 1, 2].map((axis) =>
    many(
      `applyAlong axis ${axis}`,
      [
        [2, 3, 4],
        [5, [2, 3, 4][axis] as number],
      ],
      (x, w) => applyAlong(x as Tensor, axis, w as Tensor),
    ),
  ),
  many("conv2d", [[2, 3, 5, 4], [4, 3, 3, 3], [4]], (x, w, b) => conv2d(x as Tensor, w as Tensor, b, { padding: 1 })),
  many(
    "conv2d, stride",
    [
      [1, 2, 6, 7],
      [3, 2, 3, 3],
    ],
    (x, w) => conv2d(x as Tensor, w as Tensor, undefined, { stride: 2, padding: 1 }),
  ),
  many(
    "conv2d, padded at the end only",
    [
      [1, 2, 6, 6],
      [2, 2, 3, 3],
    ],
    (x, w) => conv2d(x as Tensor, w as Tensor, undefined, { stride: 2, padding: [0, 0, 1, 1] }),
  ),
  many(
    "conv2d, dilation",
    [
      [1, 2, 7, 7],
      [2, 2, 3, 2],
    ],
    (x, w) => conv2d(x as Tensor, w as Tensor, undefined, { dilation: 2, padding: 1 }),
  ),
  many("conv2d, groups", [[2, 4, 4, 4], [6, 2, 3, 3], [6]], (x, w, b) =>
    conv2d(x as Tensor, w as Tensor, b, { groups: 2, padding: 1 }),
  ),
  many(
    "conv2d, kernel 1",
    [
      [1, 3, 3, 3],
      [2, 3, 1, 1],
    ],
    (x, w) => conv2d(x as Tensor, w as Tensor),
  ),
  many("upsampleConv", [[1, 2, 3, 4], [3, 2, 3, 3], [3]], (x, w, b) =>
    upsampleConv(x as Tensor, { weight: w as Tensor, bias: b as Tensor }),
  ),
];

const movement: GradientCase[] = [
  one("reshape", [2, 6], (x) => m.reshape(x, [3, -1])),
  one("transpose", [2, 3, 4], (x) => m.transpose(x, [2, 0, 1])),
  one("expand", [2, 1, 3], (x) => m.expand(x, [4, 2, 5, 3])),
  one("slice", [3, 5], (x) => m.slice(m.slice(x, 1, 1, -1), 0, -2)),
  one("flip", [2, 3, 4], (x) => m.flip(x, [0, 2])),
  many(
    "concat",
    [
      [2, 1],
      [2, 3],
    ],
    (x, y) => m.concat([x as Tensor, y as Tensor, x as Tensor], 1),
  ),
  one("split", [2, 5], (x) => {
    const [first, second] = m.split(x, 1, [2, 3]) as [Tensor, Tensor];
    return a.mul(sum(first), second);
  }),
  one("pad, constant", [2, 3], (x) => m.pad(x, [1, 0], [0, 2])),
  one("pad, reflect", [3, 4], (x) => m.pad(x, [2, 1], [1, 3], "reflect")),
  one("pad, edge", [2, 3], (x) => m.pad(x, [1, 2], [2, 1], "edge")),
  one("gather, rows twice", [4, 3], (x) => m.gather(x, indices([2, 2], 0, 3, 3, 1))),
  one("gather along the middle", [2, 4, 3], (x) => m.gather(x, indices([3], 2, 0, 2), 1)),
  one("gather along the last", [2, 4], (x) => m.gather(x, indices([2, 2], 1, 1, 0, 3), -1)),
  one("gatherElements", [3, 2], (x) => m.gatherElements(x, indices([2, 2], 0, 2, 2, 2), 0)),
  many(
    "scatterAdd",
    [
      [3, 2],
      [4, 2],
    ],
    (x, y) => m.scatterAdd(x as Tensor, indices([4, 2], 0, 1, 2, 1, 0, 0, 0, 2), y as Tensor, 0),
  ),
];

const reductions: GradientCase[] = [
  one("sum", [2, 3], (x) => sum(x)),
  one("sum over the middle", [2, 3, 2], (x) => sum(x, { axes: [1], keepDims: true })),
  one("mean", [2, 3, 2], (x) => mean(x, { axes: [0, -1] })),
  one("reduceMax", [3, 4], (x) => reduceMax(x, { axes: [1] })),
  one("reduceMax, ties", [2, 3], (x) => reduceMax(m.concat([x, x], 1), { axes: [1] })),
  one("logSumExp", [2, 4], (x) => logSumExp(a.mul(x, 30), -1)),
  one("softmax", [2, 3, 2], (x) => softmax(x, 1)),
];

const layers: GradientCase[] = [
  one("gelu", [6], gelu),
  one("quickGelu", [6], quickGelu),
  one("silu", [6], silu),
  many("layerNorm", [[2, 3, 5], [5], [5]], (x, w, b) => layerNorm(x as Tensor, w as Tensor, b as Tensor)),
  many("groupNorm", [[2, 6, 2, 3], [6], [6]], (x, w, b) =>
    groupNorm(x as Tensor, w as Tensor, b as Tensor, { groups: 3 }),
  ),
  many("groupNormSilu", [[2, 4, 3, 2], [4], [4]], (x, w, b) =>
    groupNormSilu(x as Tensor, w as Tensor, b as Tensor, { groups: 2 }),
  ),
  many("groupNormSilu, one picture", [[1, 4, 3, 3], [4], [4]], (x, w, b) =>
    groupNormSilu(x as Tensor, w as Tensor, b as Tensor, { groups: 4 }),
  ),
  one("batchNorm", [2, 3, 2, 2], (x) =>
    batchNorm(x, vector(1, -2, 0.5), vector(0, 1, 2), { mean: vector(0.1, 0.2, 0.3), variance: vector(1, 0.5, 2) }),
  ),
  one("avgPool", [1, 2, 4, 6], (x) => avgPool(x, { kernel: 2 })),
  one("avgPool, overlapping and padded", [2, 2, 5, 5], (x) => avgPool(x, { kernel: 3, stride: 2, padding: 1 })),
  one("avgPool, a remainder", [1, 1, 5, 5], (x) => avgPool(x, { kernel: 2 })),
  one("maxPool", [1, 2, 4, 6], (x) => maxPool(x, { kernel: 2 })),
  one("adaptiveAvgPool", [1, 2, 5, 7], (x) => adaptiveAvgPool(x, [3, 4])),
  one("adaptiveMaxPool", [1, 2, 5, 7], (x) => adaptiveMaxPool(x, [3, 4])),
  one("adaptiveMaxPool, enlarging", [1, 1, 3, 2], (x) => adaptiveMaxPool(x, [4, 5])),
  one("resizeNearest", [1, 2, 3, 2], (x) => resizeNearest(x, 2)),
  one("resizeBilinear", [1, 2, 3, 4], (x) => resizeBilinear(x, [5, 3])),
  one("gridSample, partly outside", [1, 2, 5, 4], (x) => gridSample(x, homographyGrid(view, 4))),
  one("normalize", [3, 4], (x) => normalize(x)),
  many(
    "cosineSimilarity",
    [
      [3, 4],
      [2, 4],
    ],
    cosineSimilarity,
  ),
  many(
    "sphericalDistance",
    [
      [3, 4],
      [2, 4],
    ],
    sphericalDistance,
  ),
  many("straightThrough of equals", [[2, 3]], (z) => straightThrough(a.mul(z as Tensor, 1), z as Tensor)),
  one("withVjp, the true derivative", [3], (x) => withVjp(a.mul(x, x), [x], (ct) => [a.mul(ct, a.mul(x, 2))])),
];

export const cases: readonly GradientCase[] = [...elementwise, ...products, ...movement, ...reductions, ...layers];
