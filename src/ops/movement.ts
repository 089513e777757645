/** Moving numbers without computing: reshape, transpose, expand, slice, concat, split, pad, gather, scatter-add. */

import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { broadcastShapes, normalizeAxis, type Shape, sameShape, sizeOf } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import { constant, type Tensor } from "../graph/tensor.js";
import { applyAlong } from "./linear-algebra.js";
import { sumTo } from "./reduction.js";

const ints = (values: readonly number[]): Tensor => constant(NDArray.int64([values.length], values));

/** The numbers of a constant int64 operand (shapes, axes, pads). */
function intsOf(operand: Tensor | undefined): number[] {
  if (operand?.leaf?.kind !== "constant") throw new Error("movement op: shape operands must be constants");
  return Array.from(operand.leaf.value.data as BigInt64Array, Number);
}

const reshapeOp = defineOp("Reshape", {
  infer: ([x, shape]) => ({ dtype: (x as Tensor).dtype, shape: intsOf(shape) }),
  vjp: ({ ct, inputs: [x] }) => [reshape(ct, (x as Tensor).shape), undefined],
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

const transposeOp = defineOp("Transpose", {
  infer: ([x], { perm }) => ({
    dtype: (x as Tensor).dtype,
    shape: (perm as number[]).map((axis) => (x as Tensor).shape[axis] as number),
  }),
  vjp: ({ ct, attributes: { perm } }) => [transpose(ct, invert(perm as number[]))],
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

const expandOp = defineOp("Expand", {
  infer: ([x, shape]) => ({
    dtype: (x as Tensor).dtype,
    shape: broadcastShapes("expand", (x as Tensor).shape, intsOf(shape)),
  }),
  vjp: ({ ct, inputs: [x] }) => [sumTo(ct, (x as Tensor).shape), undefined],
});

/** Repeats along axes of extent 1 up to `shape`. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return expandOp([x, ints(shape)]);
}

const sliceOp = defineOp("Slice", {
  infer: ([x, starts, ends, axes, steps]) => {
    const shape = [...(x as Tensor).shape];
    const [from, to, along, by] = [intsOf(starts), intsOf(ends), intsOf(axes), intsOf(steps)];
    along.forEach((axis, i) => {
      const [start, end, step] = [from[i] as number, to[i] as number, by[i] as number];
      const last = step < 0 && end < -(shape[axis] as number) ? -1 : end;
      shape[axis] = Math.ceil((last - start) / step);
    });
    return { dtype: (x as Tensor).dtype, shape };
  },
  vjp: ({ ct, inputs: [x, starts, ends, axes, steps] }) => {
    const source = x as Tensor;
    const [from, along, by] = [intsOf(starts), intsOf(axes), intsOf(steps)];
    if (by.every((step, i) => step === -1 && from[i] === (source.shape[along[i] as number] as number) - 1))
      return [flip(ct, along)];
    requires(
      by.every((step) => step === 1),
      "BAD_ARGUMENT",
      () => "slice(): only steps of 1 and whole flips have a derivative",
    );
    const before = source.shape.map(() => 0);
    const after = source.shape.map(() => 0);
    const to = intsOf(ends);
    along.forEach((axis, i) => {
      before[axis] = from[i] as number;
      after[axis] = (source.shape[axis] as number) - (to[i] as number);
    });
    return [pad(ct, before, after)];
  },
});

/** Elements start..end-1 along one axis (both may be negative, counted from the end). */
export function slice(
  x: Tensor,
  axis: number,
  start: number,
  end = x.shape[normalizeAxis("slice", axis, x.rank)],
): Tensor {
  const along = normalizeAxis("slice", axis, x.rank);
  const extent = x.shape[along] as number;
  const from = start < 0 ? start + extent : start;
  const to = (end as number) < 0 ? (end as number) + extent : (end as number);
  requires(
    from >= 0 && to <= extent && from < to,
    "SHAPE_MISMATCH",
    () => `slice(): ${start}..${end} leaves axis ${axis} of ${x}`,
  );
  return from === 0 && to === extent ? x : sliceOp([x, ints([from]), ints([to]), ints([along]), ints([1])]);
}

/** Reverses the order along `axes`. */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  const along = axes.map((axis) => normalizeAxis("flip", axis, x.rank));
  const starts = along.map((axis) => (x.shape[axis] as number) - 1);
  return sliceOp([x, ints(starts), ints(along.map(() => -(2 ** 31))), ints(along), ints(along.map(() => -1))]);
}

/** Cuts `x` along `axis` into consecutive parts of the given sizes. */
export function split(x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return slice(x, axis, start - size, start);
  });
}

const concatOp = defineOp("Concat", {
  infer: (inputs, { axis }) => {
    const [first] = inputs as [Tensor];
    const shape = [...first.shape];
    shape[axis as number] = inputs.reduce((total, { shape: part }) => total + (part[axis as number] as number), 0);
    const fits = inputs.every(
      (part) => part.rank === first.rank && part.shape.every((e, i) => i === axis || e === shape[i]),
    );
    requires(fits, "SHAPE_MISMATCH", () => `concat(): shapes differ off axis ${axis}, got ${inputs.join(" and ")}`);
    return { dtype: first.dtype, shape };
  },
  vjp: ({ ct, inputs, attributes: { axis } }) =>
    split(
      ct,
      axis as number,
      inputs.map(({ shape }) => shape[axis as number] as number),
    ),
});

/** Joins along an existing axis. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  requires(first, "BAD_ARGUMENT", () => "concat(): needs at least one tensor");
  return parts.length === 1 ? first : concatOp(parts, { axis: normalizeAxis("concat", axis, first.rank) });
}

export type PadMode = "constant" | "reflect" | "edge";

const padOp = defineOp("Pad", {
  infer: ([x, pads]) => {
    const amounts = intsOf(pads);
    const { dtype, shape, rank } = x as Tensor;
    return { dtype, shape: shape.map((extent, i) => extent + (amounts[i] as number) + (amounts[i + rank] as number)) };
  },
  vjp: ({ ct, inputs: [x, pads], attributes: { mode } }) => {
    const amounts = intsOf(pads);
    let gradient = ct;
    (x as Tensor).shape.forEach((extent, axis) => {
      const before = amounts[axis] as number;
      const after = amounts[axis + (x as Tensor).rank] as number;
      if (before + after > 0) gradient = unpad(gradient, axis, before, extent, after, mode as PadMode);
    });
    return [gradient, undefined];
  },
});

/** The adjoint of padding one axis: the core, plus what each copied border cell sends back to its source. */
function unpad(ct: Tensor, axis: number, before: number, extent: number, after: number, mode: PadMode): Tensor {
  if (mode === "constant") return slice(ct, axis, before, before + extent);
  const sources = Array.from({ length: before + extent + after }, (_, i) => sourceOf(i - before, extent, mode));
  const matrix = new Float32Array(extent * sources.length);
  sources.forEach((source, i) => {
    matrix[source * sources.length + i] = 1;
  });
  return applyAlong(ct, axis, constant(NDArray.float32([extent, sources.length], matrix)));
}

function sourceOf(position: number, extent: number, mode: PadMode): number {
  if (mode === "edge") return Math.min(Math.max(position, 0), extent - 1);
  const reflected = Math.abs(position);
  return reflected < extent ? reflected : 2 * (extent - 1) - reflected;
}

/** Pads every axis; `before` and `after` have one entry an axis. "reflect" does not repeat the border. */
export function pad(
  x: Tensor,
  before: readonly number[],
  after: readonly number[],
  mode: PadMode = "constant",
): Tensor {
  const limit = (axis: number) => (mode === "reflect" ? (x.shape[axis] as number) - 1 : Number.POSITIVE_INFINITY);
  requires(
    before.length === x.rank &&
      after.length === x.rank &&
      x.shape.every((_, i) => Math.max(before[i] as number, after[i] as number) <= limit(i)),
    "SHAPE_MISMATCH",
    () =>
      `pad(): needs one amount an axis${mode === "reflect" ? ", below the extent" : ""}, got [${before}], [${after}] for ${x}`,
  );
  return [...before, ...after].every((amount) => amount === 0) ? x : padOp([x, ints([...before, ...after])], { mode });
}

const gatherOp = defineOp("Gather", {
  infer: ([x, indices], { axis }) => {
    const { dtype, shape } = x as Tensor;
    const at = axis as number;
    return { dtype, shape: [...shape.slice(0, at), ...(indices as Tensor).shape, ...shape.slice(at + 1)] };
  },
  // dx: every gathered row is added back to the row it came from
  vjp: ({ ct, inputs: [x, indices], attributes: { axis } }) => {
    const [source, rows, at] = [x as Tensor, indices as Tensor, axis as number];
    const before = source.shape.slice(0, at);
    const after = source.shape.slice(at + 1);
    const extent = source.shape[at] as number;
    const count = sizeOf(rows.shape);
    const front = transpose(reshape(ct, [sizeOf(before), count, sizeOf(after)]), [1, 0, 2]);
    const flat = reshape(front, [count, sizeOf(before) * sizeOf(after)]);
    const zeros = constant(NDArray.zeros("float32", [extent, flat.shape[1] as number]));
    const summed = scatterAdd(zeros, expand(reshape(rows, [count, 1]), flat.shape), flat, 0);
    const back = transpose(reshape(summed, [extent, sizeOf(before), sizeOf(after)]), [1, 0, 2]);
    return [reshape(back, source.shape), undefined];
  },
});

/** Rows of `x` along `axis` at `indices` (int64, any shape). */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return gatherOp([x, indices], { axis: normalizeAxis("gather", axis, x.rank) });
}

const gatherElementsOp = defineOp("GatherElements", {
  infer: ([x, indices]) => ({ dtype: (x as Tensor).dtype, shape: (indices as Tensor).shape }),
  vjp: ({ ct, inputs: [x, indices], attributes: { axis } }) => [
    scatterAdd(constant(NDArray.zeros("float32", (x as Tensor).shape)), indices as Tensor, ct, axis as number),
    undefined,
  ],
});

/** y[i][j] = x[indices[i][j]][j] for axis 0 (torch.gather). */
export function gatherElements(x: Tensor, indices: Tensor, axis: number): Tensor {
  return gatherElementsOp([x, indices], { axis: normalizeAxis("gatherElements", axis, x.rank) });
}

const scatterElementsOp = defineOp("ScatterElements", {
  infer: ([data]) => data as Tensor,
  vjp: ({ ct, inputs: [, indices], attributes: { axis } }) => [
    ct, // dData
    undefined,
    gatherElements(ct, indices as Tensor, axis as number), // dUpdates
  ],
});

/**
 * data plus `updates`, each added at its index along `axis` (torch.scatter_add). ScatterElements, never ScatterND: the
 * latter's add races on CPU.
 */
export function scatterAdd(data: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor {
  return scatterElementsOp([data, indices, updates], {
    axis: normalizeAxis("scatterAdd", axis, data.rank),
    reduction: "add",
  });
}
