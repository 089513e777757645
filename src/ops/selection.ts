/** Positions of extremes. They have no gradient. */
import { normalizeAxis } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";

function positionOf(name: string) {
  const apply = defineOp<[x: Tensor], { axis: number; keepdims: 0 | 1 }>(name, {
    infer: ([{ shape }], { axis, keepdims }) => ({
      dtype: "int64",
      shape: [...shape.slice(0, axis), ...(keepdims ? [1] : []), ...shape.slice(axis + 1)],
    }),
  });
  return (x: Tensor, axis = -1, keepDims = false): Tensor =>
    apply([x], { axis: normalizeAxis(name, axis, x.rank), keepdims: keepDims ? 1 : 0 });
}

/** Position of the smallest element along `axis`, int64; the first of equals. */
export const argMin = positionOf("ArgMin");
/** Position of the largest element along `axis`, int64; the first of equals. */
export const argMax = positionOf("ArgMax");
