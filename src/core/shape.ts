/** Shapes as lists of whole numbers: sizes, strides, broadcasting (NumPy rules) and axis arithmetic. */
import { requires } from "./errors.js";

export type Shape = readonly number[];

/** Number of elements; 1 for a scalar `[]`. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** The shape both operands stretch to. Throws SHAPE_MISMATCH, naming `caller`, when an axis fits neither. */
export function broadcastShapes(caller: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const lead = rank - shape.length;
    shape.forEach((extent, axis) => {
      const known = result[lead + axis] as number;
      requires(
        extent === known || extent === 1 || known === 1,
        "SHAPE_MISMATCH",
        () => `${caller}(): shapes do not broadcast, got ${shapes.map((s) => `[${s}]`).join(" and ")}`,
      );
      if (known === 1) result[lead + axis] = extent;
    });
  }
  return result;
}

/** Maps a possibly negative axis to 0..rank-1. */
export function normalizeAxis(caller: string, axis: number, rank: number): number {
  requires(
    Number.isInteger(axis) && axis >= -rank && axis < rank,
    "SHAPE_MISMATCH",
    () => `${caller}(): axis ${axis} is outside a tensor of rank ${rank}`,
  );
  return axis < 0 ? axis + rank : axis;
}

export function normalizeAxes(caller: string, axes: readonly number[], rank: number): number[] {
  const sorted = axes.map((axis) => normalizeAxis(caller, axis, rank)).sort((a, b) => a - b);
  requires(
    new Set(sorted).size === sorted.length,
    "SHAPE_MISMATCH",
    () => `${caller}(): axes [${axes}] name one axis of ${rank} twice`,
  );
  return sorted;
}
