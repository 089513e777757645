/** Cases of moving numbers, picking them, and reducing them. */
import { NDArray } from "../../../src/core/ndarray.js";
import { constant, type Tensor } from "../../../src/graph/tensor.js";
import { softmax } from "../../../src/ops/activation.js";
import { cast, mul } from "../../../src/ops/arithmetic.js";
import * as l from "../../../src/ops/layout.js";
import * as m from "../../../src/ops/movement.js";
import { broadcastTo, logSumExp, mean, reduceMax, sum, sumTo } from "../../../src/ops/reduction.js";
import { argMax, argMin } from "../../../src/ops/selection.js";
import { over } from "../gradcheck.js";

const indices = (shape: number[], ...values: number[]): Tensor => constant(NDArray.int64(shape, values));
const table = constant(NDArray.float32([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]));
const valuesOnly = { differentiable: false };

const moves = [
  over("reshape", [2, 6])((x) => l.reshape(x, [3, -1])),
  over("transpose", [2, 3, 4])((x) => l.transpose(x, [2, 0, 1])),
  over("transpose of the last two", [2, 3, 4])((x) => l.transpose(x)),
  over("expand", [2, 1, 3])((x) => l.expand(x, [4, 2, 5, 3])),
  over("expand of a scalar", [])((x) => l.expand(x, [2, 3])),
  over("slice", [3, 5])((x) => m.slice(m.slice(x, 1, 1, -1), 0, -2)),
  over("flip", [2, 3, 4])((x) => m.flip(x, [0, 2])),
  over("flip of one axis", [2, 3])((x) => m.flip(x, [-1])),
  over("concat", [2, 1], [2, 3])((x, y) => m.concat([x, y, x], 1)),
  over("concat along the first", [1, 3], [2, 3])((x, y) => m.concat([y, x], -2)),
  over(
    "split",
    [2, 5],
  )((x) => {
    const [first, second] = m.split(x, 1, [2, 3]) as [Tensor, Tensor];
    return mul(sum(first), second);
  }),
  over("pad, constant", [2, 3])((x) => m.pad(x, [1, 0], [0, 2])),
  over("pad, reflect", [3, 4])((x) => m.pad(x, [2, 1], [1, 3], "reflect")),
  over("pad, reflect the sides of pictures", [1, 2, 3, 4])((x) => m.pad(x, [0, 0, 2, 1], [0, 0, 1, 3], "reflect")),
  over("pad, edge", [2, 3])((x) => m.pad(x, [1, 2], [2, 1], "edge")),
  over("gather, rows twice", [4, 3])((x) => m.gather(x, indices([2, 2], 0, 3, 3, 1))),
  over("gather along the middle", [2, 4, 3])((x) => m.gather(x, indices([3], 2, 0, 2), 1)),
  over("gather along the last", [2, 4])((x) => m.gather(x, indices([2, 2], 1, 1, 0, 3), -1)),
  over("gather of one", [3, 2])((x) => m.gather(x, indices([], 1))),
  over("gatherElements", [3, 2])((x) => m.gatherElements(x, indices([2, 2], 0, 2, 2, 2), 0)),
  over(
    "gatherElements along the last, of fewer rows",
    [3, 2],
  )((x) => m.gatherElements(x, indices([2, 3], 0, 1, 1, 0, 0, 0), -1)),
  over("scatterAdd", [3, 2], [4, 2])((x, y) => m.scatterAdd(x, indices([4, 2], 0, 1, 2, 1, 0, 0, 0, 2), y, 0)),
  over(
    "scatterAdd along the last, of fewer rows",
    [3, 4],
    [2, 3],
  )((x, y) => m.scatterAdd(x, indices([2, 3], 0, 3, 3, 1, 1, 1), y, -1)),
];

const reductions = [
  over("sum", [2, 3])((x) => sum(x)),
  over("sum over the middle", [2, 3, 2])((x) => sum(x, { axes: [1], keepDims: true })),
  over("sum over the first and last", [2, 3, 2])((x) => sum(x, { axes: [-1, 0] })),
  over("sumTo", [4, 2, 3])((x) => sumTo(x, [2, 1])),
  over("broadcastTo", [2, 1])((x) => broadcastTo(x, [4, 2, 3])),
  over("mean", [2, 3, 2])((x) => mean(x, { axes: [0, -1] })),
  over("mean, dimensions kept", [2, 3, 2])((x) => mean(x, { axes: [1, 2], keepDims: true })),
  over("mean of all", [2, 3])((x) => mean(x)),
  over("reduceMax", [3, 4])((x) => reduceMax(x, { axes: [1] })),
  over("reduceMax over two axes, dimensions kept", [2, 3, 2])((x) => reduceMax(x, { axes: [0, 2], keepDims: true })),
  over("reduceMax of all", [2, 3])((x) => reduceMax(x)),
  over("reduceMax over an axis of one", [3, 1])((x) => reduceMax(x, { axes: [1] })),
  over("reduceMax, ties", [2, 3])((x) => reduceMax(m.concat([x, x], 1), { axes: [1] })),
  over("logSumExp", [2, 4])((x) => logSumExp(mul(x, 30), -1)),
  over("logSumExp, dimensions kept", [2, 4])((x) => logSumExp(x, 0, true)),
  over("softmax", [2, 3, 2])((x) => softmax(x, 1)),
  over("softmax along the last", [2, 5])((x) => softmax(mul(x, 3))),
];

const positions = [
  over("argMin, as the rows of a table", [3, 4])((x) => m.gather(table, argMin(x)), valuesOnly),
  over("argMax, as the rows of a table", [4, 3])((x) => m.gather(table, argMax(x, 0)), valuesOnly),
  over("argMin, as rows, dimensions kept", [3, 4])((x) => m.gather(table, argMin(x, 1, true)), valuesOnly),
  over("argMin as numbers", [3, 4])((x) => cast(argMin(x), "float32"), {
    differentiable: false,
    notOnWebgpu: "it takes int64 as indices only",
  }),
];

export const movement = [...moves, ...reductions, ...positions];
