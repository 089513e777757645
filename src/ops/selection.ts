/** Positions of extremes. They have no gradient. */
import { normalizeAxis } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { reshape } from "./movement.js";

function positionOf(name: string) {
  const apply = defineOp<[x: Tensor], { axis: number; keepdims: number }>(name, {
    infer: ([x], { axis }) => ({ dtype: "int64", shape: x.shape.map((extent, i) => (i === axis ? 1 : extent)) }),
  });
  return (x: Tensor, axis = -1, keepDims = false): Tensor => {
    const along = normalizeAxis(name, axis, x.rank);
    const kept = apply([x], { axis: along, keepdims: 1 });
    return keepDims
      ? kept
      : reshape(
          kept,
          x.shape.filter((_, i) => i !== along),
        );
  };
}

/** Position of the smallest element along `axis`, int64; the first of equals. */
export const argMin = positionOf("ArgMin");
/** Position of the largest element along `axis`, int64; the first of equals. */
export const argMax = positionOf("ArgMax");
