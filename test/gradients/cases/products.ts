/** Cases of matrix products, convolutions and the layers made of them. */
import type { Tensor } from "../../../src/graph/tensor.js";
import { multiHeadAttention, spatialAttention } from "../../../src/nn/attention.js";
import { upsampleConv } from "../../../src/nn/upsample.js";
import { type ConvOptions, conv2d } from "../../../src/ops/convolution.js";
import { applyAlong, gemm, linear, matmul } from "../../../src/ops/linear-algebra.js";
import { over } from "../gradcheck.js";

const convolved =
  (options: ConvOptions) =>
  (x: Tensor, weight: Tensor, bias?: Tensor): Tensor =>
    conv2d(x, weight, bias, options);

const gemms = [0, 1, 2, 3].flatMap((flags) => {
  const [transA, transB] = [flags & 1, flags >> 1];
  const [left, right] = [transA ? [4, 3] : [3, 4], transB ? [2, 4] : [4, 2]];
  const options = { alpha: -1.5, transA, transB };
  return [
    over(`gemm, transA=${transA} transB=${transB}`, left, right, [2])((x, y, c) => gemm(x, y, c, options)),
    over(`gemm without C, transA=${transA} transB=${transB}`, left, right)((x, y) => gemm(x, y, undefined, options)),
  ];
});

export const products = [
  over("matmul", [3, 4], [4, 2])(matmul),
  over("matmul, batches", [2, 3, 4], [2, 4, 2])(matmul),
  over("matmul, batches that broadcast", [2, 1, 3, 4], [3, 4, 2])(matmul),
  over("matmul, a matrix for all batches", [2, 3, 2, 4], [4, 3])(matmul),
  ...gemms,
  over("gemm, C a column", [3, 4], [4, 2], [3, 1])((x, y, c) => gemm(x, y, c)),
  over("gemm, C a matrix", [3, 4], [4, 2], [3, 2])((x, y, c) => gemm(x, y, c)),
  over("linear", [2, 3, 4], [5, 4], [5])(linear),
  over("linear without bias", [3, 4], [5, 4])((x, w) => linear(x, w)),
  ...[0, 1, 2, -3].map((axis) =>
    over(`applyAlong axis ${axis}`, [2, 3, 4], [5, [2, 3, 4].at(axis) as number])((x, w) => applyAlong(x, axis, w)),
  ),
  over("conv2d", [2, 3, 5, 4], [4, 3, 3, 3], [4])(convolved({ padding: 1 })),
  over("conv2d, no padding", [1, 2, 4, 5], [3, 2, 2, 3], [3])(convolved({})),
  over("conv2d, kernel 1", [1, 3, 3, 3], [2, 3, 1, 1])(convolved({})),
  over("conv2d, kernel 1 with stride", [1, 2, 5, 4], [3, 2, 1, 1])(convolved({ stride: 2 })),
  over("conv2d, kernel 1 padded at the end", [1, 2, 3, 3], [2, 2, 1, 1])(convolved({ padding: [0, 0, 2, 1] })),
  over("conv2d, stride", [1, 2, 6, 7], [3, 2, 3, 3])(convolved({ stride: 2, padding: 1 })),
  over("conv2d, stride 2 of an even kernel", [1, 3, 6, 8], [2, 3, 6, 6], [2])(convolved({ stride: 2, padding: 2 })),
  over("conv2d, stride that leaves a remainder", [1, 2, 8, 9], [2, 2, 3, 2])(convolved({ stride: 3 })),
  over("conv2d, padded at the end only", [1, 2, 6, 6], [2, 2, 3, 3])(convolved({ stride: 2, padding: [0, 0, 1, 1] })),
  over("conv2d, four different paddings", [1, 2, 4, 5], [2, 2, 4, 4], [2])(convolved({ padding: [3, 0, 1, 2] })),
  over("conv2d, kernel of the picture's size", [2, 2, 3, 4], [3, 2, 3, 4], [3])(convolved({})),
  over("conv2d, the same padded at the end", [2, 2, 3, 4], [3, 2, 3, 4], [3])(convolved({ padding: [0, 0, 1, 2] })),
  over("conv2d, dilation", [1, 2, 7, 7], [2, 2, 3, 2])(convolved({ dilation: 2, padding: 1 })),
  over("conv2d, dilation and stride", [1, 2, 9, 8], [2, 2, 3, 3])(convolved({ dilation: 2, stride: 2, padding: 2 })),
  over("conv2d, groups", [2, 4, 4, 4], [6, 2, 3, 3], [6])(convolved({ groups: 2, padding: 1 })),
  over("conv2d, a group a channel", [1, 3, 5, 5], [3, 1, 3, 3])(convolved({ groups: 3, padding: 1, stride: 2 })),
  over("upsampleConv", [1, 2, 3, 4], [3, 2, 3, 3], [3])((x, weight, bias) => upsampleConv(x, { weight, bias })),
  over(
    "upsampleConv of 2 x 2",
    [1, 2, 2, 2],
    [2, 2, 3, 3],
    [2],
  )((x, weight, bias) => upsampleConv(x, { weight, bias })),
  over(
    "multiHeadAttention",
    [2, 3, 4],
    [2, 5, 4],
    [4, 4],
    [4],
  )((x, context, weight, bias) => {
    const map = { weight, bias };
    return multiHeadAttention(x, context, { query: map, key: map, value: map, output: map }, { heads: 2 });
  }),
  over(
    "spatialAttention",
    [2, 3, 2, 2],
    [3, 3, 1, 1],
    [3],
  )((x, weight, bias) => {
    const map = { weight, bias };
    return spatialAttention(x, { query: map, key: map, value: map, output: map });
  }),
];
