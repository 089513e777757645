/** Moving numbers without computing: slice, concat, split, pad, gather, scatter-add. */
import { requires } from "../core/errors.js";
import { normalizeAxis, sameShape, sizeOf } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { expand, reshape, transpose } from "./layout.js";
import { applyAlong } from "./linear-algebra.js";
import { floats, ints, numbersOf, zeros } from "./operands.js";

type SliceInputs = readonly [x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor, steps: Tensor];

const sliceOp = defineOp<SliceInputs>("Slice", {
  infer: ([x, ...operands]) => {
    const [starts, ends, axes, steps] = operands.map(numbersOf) as [number[], number[], number[], number[]];
    const shape = [...x.shape];
    axes.forEach((axis, i) => {
      const [start, end, step] = [starts[i] as number, ends[i] as number, steps[i] as number];
      shape[axis] = step < 0 ? start + 1 : end - start; // steps are 1, or -1 down to the first
    });
    return { dtype: x.dtype, shape };
  },
  // dx = the same flip of dy, or dy with zeros where the slice was cut out
  vjp: ({ ct, inputs: [x, starts, ends, axes, steps] }) => {
    const along = numbersOf(axes);
    if (numbersOf(steps).every((step) => step === -1)) return [flip(ct, along)];
    const [axis, start, end] = [along[0], numbersOf(starts)[0], numbersOf(ends)[0]] as [number, number, number];
    const only = (amount: number) => x.shape.map((_, i) => (i === axis ? amount : 0));
    return [pad(ct, only(start), only((x.shape[axis] as number) - end))];
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

const concatOp = defineOp<readonly [Tensor, ...Tensor[]], { axis: number }>("Concat", {
  infer: (parts, { axis }) => {
    const [{ dtype, rank, shape: first }] = parts;
    const total = parts.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
    const shape = first.map((extent, i) => (i === axis ? total : extent));
    requires(
      parts.every((part) => part.rank === rank && part.dtype === dtype) &&
        parts.every((part) => part.shape.every((extent, i) => i === axis || extent === shape[i])),
      "SHAPE_MISMATCH",
      () => `concat(): shapes differ off axis ${axis}, got ${parts.join(" and ")}`,
    );
    return { dtype, shape };
  },
  vjp: ({ ct, inputs, attributes: { axis } }) =>
    split(
      ct,
      axis,
      inputs.map(({ shape }) => shape[axis] as number),
    ),
});

/** Joins along an existing axis. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const [first, ...rest] = parts;
  requires(first, "BAD_ARGUMENT", () => "concat(): needs at least one tensor");
  return rest.length === 0 ? first : concatOp([first, ...rest], { axis: normalizeAxis("concat", axis, first.rank) });
}

export type PadMode = "constant" | "reflect" | "edge";

const padOp = defineOp<[x: Tensor, pads: Tensor], { mode: PadMode }>("Pad", {
  infer: ([{ dtype, shape, rank }, pads]) => {
    const amounts = numbersOf(pads);
    return { dtype, shape: shape.map((extent, i) => extent + (amounts[i] as number) + (amounts[i + rank] as number)) };
  },
  vjp: ({ ct, inputs: [x, pads], attributes: { mode } }) => {
    const amounts = numbersOf(pads);
    let gradient = ct;
    x.shape.forEach((extent, axis) => {
      const before = amounts[axis] as number;
      const after = amounts[axis + x.rank] as number;
      if (before + after > 0) gradient = unpad(gradient, axis, before, extent, after, mode);
    });
    return [gradient];
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
  return applyAlong(ct, axis, floats([extent, sources.length], matrix));
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

const gatherOp = defineOp<[x: Tensor, indices: Tensor], { axis: number }>("Gather", {
  infer: ([{ dtype, shape }, indices], { axis }) => {
    requires(
      indices.dtype === "int64" || indices.dtype === "int32",
      "SHAPE_MISMATCH",
      () => `gather(): indices must be whole numbers, got ${indices}`,
    );
    return { dtype, shape: [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)] };
  },
  // dx: every gathered row is added back to the row it came from
  vjp: ({ ct, inputs: [x, indices], attributes: { axis } }) => {
    const before = sizeOf(x.shape.slice(0, axis));
    const after = sizeOf(x.shape.slice(axis + 1));
    const extent = x.shape[axis] as number;
    const count = sizeOf(indices.shape);
    const front = transpose(reshape(ct, [before, count, after]), [1, 0, 2]);
    const rows = reshape(front, [count, before * after]);
    const places = expand(reshape(indices, [count, 1]), rows.shape);
    const summed = scatterAdd(zeros([extent, before * after]), places, rows, 0);
    return [reshape(transpose(reshape(summed, [extent, before, after]), [1, 0, 2]), x.shape)];
  },
});

/** Rows of `x` along `axis` at `indices` (int64, any shape). */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return gatherOp([x, indices], { axis: normalizeAxis("gather", axis, x.rank) });
}

const gatherElementsOp = defineOp<[x: Tensor, indices: Tensor], { axis: number }>("GatherElements", {
  infer: ([x, indices], { axis }) => {
    requires(
      x.rank === indices.rank && indices.shape.every((extent, i) => i === axis || extent <= (x.shape[i] as number)),
      "SHAPE_MISMATCH",
      () => `gatherElements(): indices ${indices} leave ${x} off axis ${axis}`,
    );
    return { dtype: x.dtype, shape: indices.shape };
  },
  vjp: ({ ct, inputs: [x, indices], attributes: { axis } }) => [scatterAdd(zeros(x.shape), indices, ct, axis)],
});

/** y[i][j] = x[indices[i][j]][j] for axis 0 (torch.gather). */
export function gatherElements(x: Tensor, indices: Tensor, axis: number): Tensor {
  return gatherElementsOp([x, indices], { axis: normalizeAxis("gatherElements", axis, x.rank) });
}

type ScatterInputs = readonly [data: Tensor, indices: Tensor, updates: Tensor];

const scatterElementsOp = defineOp<ScatterInputs, { axis: number; reduction: "add" }>("ScatterElements", {
  infer: ([data, indices, updates], { axis }) => {
    requires(
      sameShape(indices.shape, updates.shape) &&
        data.rank === updates.rank &&
        updates.shape.every((extent, i) => i === axis || extent <= (data.shape[i] as number)),
      "SHAPE_MISMATCH",
      () => `scatterAdd(): updates ${updates} at ${indices} do not fit ${data} off axis ${axis}`,
    );
    return data;
  },
  vjp: ({ ct, inputs: [, indices], attributes: { axis } }) => [
    ct, // dData
    undefined,
    gatherElements(ct, indices, axis), // dUpdates
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
