/** Reductions over axes, their inverse (broadcastTo) and the un-broadcasting sum of the reverse walk. */
import { normalizeAxes, type Shape, sameShape, sizeOf } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { add, cast, div, equal, exp, log, mul, sub } from "./arithmetic.js";
import { expand, reshape } from "./layout.js";
import { ints, numbersOf } from "./operands.js";

export interface ReduceOptions {
  /** Axes to reduce, negative from the end; default all. */
  axes?: readonly number[];
  /** Keep reduced axes with extent 1 (default false). */
  keepDims?: boolean;
}

function reduction(name: string, derivative: (ct: Tensor, x: Tensor, y: Tensor, count: number) => Tensor) {
  const apply = defineOp<[x: Tensor, axes: Tensor], { keepdims: 1 }>(name, {
    infer: ([{ dtype, shape }, axes]) => {
      const along = numbersOf(axes);
      return { dtype, shape: shape.map((extent, axis) => (along.includes(axis) ? 1 : extent)) };
    },
    vjp: ({ ct, inputs: [x], output }) => [derivative(ct, x, output, sizeOf(x.shape) / sizeOf(output.shape))],
  });
  return (x: Tensor, { axes, keepDims = false }: ReduceOptions = {}): Tensor => {
    const along = axes ? normalizeAxes(name, axes, x.rank) : x.shape.map((_, axis) => axis);
    if (along.length === 0) return x;
    const kept = apply([x, ints(along)], { keepdims: 1 });
    return keepDims ? kept : reshape(kept, withoutAxes(x.shape, along));
  };
}

const withoutAxes = (shape: Shape, axes: readonly number[]): number[] =>
  shape.filter((_, axis) => !axes.includes(axis));

/** dx = dy, stretched over the reduced axes */
export const sum = reduction("ReduceSum", (ct, x) => broadcastTo(ct, x.shape));
/** dx = dy / count */
export const mean = reduction("ReduceMean", (ct, x, _y, count) => broadcastTo(mul(ct, 1 / count), x.shape));
/** Ties share the gradient equally: dx = [x = y] dy / (number of ties) */
export const reduceMax = reduction("ReduceMax", (ct, x, y) => {
  const hits = cast(equal(x, y), x.dtype);
  return mul(hits, div(ct, sumTo(hits, y.shape)));
});

/** Stretches axes of extent 1 (and missing leading axes) to `shape`. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : expand(x, shape);
}

/** Sums `x` down to `shape`, which broadcasts to x's: the adjoint of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const axes = x.shape.flatMap((extent, axis) =>
    axis < lead || (shape[axis - lead] === 1 && extent !== 1) ? [axis] : [],
  );
  return reshape(sum(x, { axes, keepDims: true }), shape);
}

/** log(sum(exp(x))) along `axis`, shifted by the maximum so that it does not overflow. */
export function logSumExp(x: Tensor, axis: number, keepDims = false): Tensor {
  const along = { axes: [axis], keepDims: true };
  const shift = reduceMax(x, along);
  const total = add(log(sum(exp(sub(x, shift)), along)), shift);
  return keepDims ? total : reshape(total, withoutAxes(x.shape, normalizeAxes("logSumExp", [axis], x.rank)));
}
