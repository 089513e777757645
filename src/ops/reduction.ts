/** Reductions over axes, their inverse (broadcastTo) and the un-broadcasting sum of the reverse walk. */
import { NDArray } from "../core/ndarray.js";
import { normalizeAxes, type Shape, sameShape, sizeOf } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import { constant, type Tensor } from "../graph/tensor.js";
import { add, cast, div, equal, exp, log, mul, sub } from "./arithmetic.js";
import { expand, reshape } from "./movement.js";

export interface ReduceOptions {
  /** Axes to reduce, negative from the end; default all. */
  axes?: readonly number[];
  /** Keep reduced axes with extent 1 (default false). */
  keepDims?: boolean;
}

function reduction(name: string, derivative: (ct: Tensor, x: Tensor, y: Tensor, count: number) => Tensor) {
  const apply = defineOp(name, {
    infer: ([x, axes]) => ({ dtype: (x as Tensor).dtype, shape: reducedShape((x as Tensor).shape, axesOf(axes)) }),
    vjp: ({ ct, inputs: [x, axes], output }) => {
      const reduced = x as Tensor;
      const count = axesOf(axes).reduce((n, axis) => n * (reduced.shape[axis] as number), 1);
      return [derivative(ct, reduced, output, count), undefined];
    },
  });
  return (x: Tensor, { axes, keepDims = false }: ReduceOptions = {}): Tensor => {
    const along = axes ? normalizeAxes(name, axes, x.rank) : x.shape.map((_, axis) => axis);
    if (along.length === 0) return x;
    const kept = apply([x, constant(NDArray.int64([along.length], along))], { keepdims: 1 });
    return keepDims
      ? kept
      : reshape(
          kept,
          x.shape.filter((_, axis) => !along.includes(axis)),
        );
  };
}

/** The axes operand is always a constant in our graphs. */
function axesOf(axes: Tensor | undefined): number[] {
  if (axes?.leaf?.kind !== "constant") throw new Error("reduction: axes must be a constant");
  return Array.from(axes.leaf.value.data as BigInt64Array, Number);
}

function reducedShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
}

/** dx = ct, stretched over the reduced axes */
export const sum = reduction("ReduceSum", (ct, x) => broadcastTo(ct, x.shape));
/** dx = ct / count */
export const mean = reduction("ReduceMean", (ct, x, _y, count) => broadcastTo(mul(ct, 1 / count), x.shape));
/** Ties share the gradient equally. */
export const reduceMax = reduction("ReduceMax", (ct, x, y) => {
  const hits = cast(equal(x, y), x.dtype);
  const axes = x.shape.flatMap((extent, axis) => (y.shape[axis] === extent ? [] : [axis]));
  return mul(hits, div(ct, axes.length > 0 ? sum(hits, { axes, keepDims: true }) : hits));
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
  const shift = reduceMax(x, { axes: [axis], keepDims: true });
  const total = add(log(sum(exp(sub(x, shift)), { axes: [axis], keepDims: true })), shift);
  return keepDims
    ? total
    : reshape(
        total,
        sizeOf(x.shape) === 0 ? [] : x.shape.filter((_, i) => i !== normalizeAxes("logSumExp", [axis], x.rank)[0]),
      );
}
