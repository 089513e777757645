/** Values of the reference evaluator: everything is a float64 array with a shape; integers are exact up to 2^53. */
import { type Shape, sizeOf } from "../../core/shape.js";
import type { Attributes, TensorType } from "../../graph/tensor.js";

export interface Value {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** What an op computes: the numbers of its output, whose type is inferred already. */
export type Evaluator = (inputs: readonly Value[], attributes: Attributes, output: TensorType) => Float64Array;

/** Calls `visit` with every index of `shape` in row-major order; the array is reused. */
export function forEachIndex(shape: Shape, visit: (index: readonly number[], flat: number) => void): void {
  const index = shape.map(() => 0);
  const size = sizeOf(shape);
  for (let flat = 0; flat < size; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
}

/** The flat position of an index. */
export function flatOf(shape: Shape, index: readonly number[]): number {
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    flat = flat * (shape[axis] as number) + (index[axis] as number);
  }
  return flat;
}

/** The element of `value` that broadcasting pairs with `index` of a larger shape. */
export function broadcastAt({ shape, data }: Value, index: readonly number[]): number {
  const lead = index.length - shape.length;
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis] as number;
    flat = flat * extent + (extent === 1 ? 0 : (index[lead + axis] as number));
  }
  return data[flat] as number;
}

/** A new array filled from the index of each of its elements. */
export function fill(shape: Shape, element: (index: readonly number[]) => number): Float64Array {
  const data = new Float64Array(sizeOf(shape));
  forEachIndex(shape, (index, flat) => {
    data[flat] = element(index);
  });
  return data;
}
