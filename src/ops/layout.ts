/** The same numbers in another shape or order: reshape, transpose, expand. */
import { requires } from "../core/errors.js";
import { broadcastShapes, type Shape, sameShape, sizeOf } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { ints, numbersOf } from "./operands.js";

const reshapeOp = defineOp<[x: Tensor, shape: Tensor]>("Reshape", {
  infer: ([x, shape]) => ({ dtype: x.dtype, shape: numbersOf(shape) }),
  vjp: ({ ct, inputs: [x] }) => [reshape(ct, x.shape)],
});

/** Same elements, row-major, other shape; one extent may be -1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const full = shape.map((extent) => (extent === -1 ? sizeOf(x.shape) / known : extent));
  requires(
    sizeOf(full) === sizeOf(x.shape) && full.every(Number.isInteger),
    "SHAPE_MISMATCH",
    () => `reshape(): sizes differ, got ${x} and [${shape}]`,
  );
  return sameShape(full, x.shape) ? x : reshapeOp([x, ints(full)]);
}

const transposeOp = defineOp<[x: Tensor], { perm: readonly number[] }>("Transpose", {
  infer: ([x], { perm }) => ({ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis] as number) }),
  vjp: ({ ct, attributes: { perm } }) => [transpose(ct, invert(perm))],
});

const invert = (perm: readonly number[]): number[] => perm.map((_, axis) => perm.indexOf(axis));

/** Permutes axes; default swaps the last two. */
export function transpose(x: Tensor, perm?: readonly number[]): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const order = perm ?? [...axes.slice(0, -2), x.rank - 1, x.rank - 2];
  requires(
    order.length === x.rank && axes.every((axis) => order.includes(axis)),
    "SHAPE_MISMATCH",
    () => `transpose(): [${order}] is no permutation of the axes of ${x}`,
  );
  return order.every((axis, i) => axis === i) ? x : transposeOp([x], { perm: order });
}

const expandOp = defineOp<[x: Tensor, shape: Tensor]>("Expand", {
  infer: ([x, shape]) => ({ dtype: x.dtype, shape: broadcastShapes("expand", x.shape, numbersOf(shape)) }),
  vjp: ({ ct }) => [ct], // the reverse walk sums what was repeated
});

/** Repeats along axes of extent 1 up to `shape`. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return expandOp([x, ints(shape)]);
}
