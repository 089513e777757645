/** Attention from plain matrix products: multi-head over tokens, and single-head over the positions of a picture. */
import { requires } from "../core/errors.js";
import type { Tensor } from "../graph/tensor.js";
import { softmax } from "../ops/activation.js";
import { add, mul } from "../ops/arithmetic.js";
import { conv2d } from "../ops/convolution.js";
import { reshape, transpose } from "../ops/layout.js";
import { linear, matmul } from "../ops/linear-algebra.js";
import type { Linear } from "./layers.js";

export interface AttentionWeights {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
}

export interface AttentionOptions {
  readonly heads: number;
  /** Added to the scores, broadcast to [n,heads,l,m]; very negative where a token must not look. */
  readonly mask?: Tensor;
}

/**
 * softmax(Q K^T / sqrt(d/heads) + mask) V, then the output map, where Q comes from `x` and K, V from `context`.
 *
 * The scale is folded into the query's weight, a constant, and keys are laid out transposed at once, so that the only
 * moves of data are those into and out of heads.
 *
 * @param x [n,l,d]
 * @param context [n,m,d'], d' as keys and values take it, or [1,m,d'] for all; `x` itself for self-attention
 * @returns [n,l,d]
 */
export function multiHeadAttention(
  x: Tensor,
  context: Tensor,
  { query, key, value, output }: AttentionWeights,
  { heads, mask }: AttentionOptions,
): Tensor {
  const [n, l, d] = x.shape as [number, number, number];
  const [c, m] = context.shape as [number, number];
  requires(d % heads === 0, "SHAPE_MISMATCH", () => `multiHeadAttention(): ${d} channels do not split into ${heads}`);
  const e = d / heads;
  const scaled = scale(query, e ** -0.5);
  const q = transpose(reshape(linear(x, scaled.weight, scaled.bias), [n, l, heads, e]), [0, 2, 1, 3]); // [n, heads, l, e]
  const k = transpose(reshape(linear(context, key.weight, key.bias), [c, m, heads, e]), [0, 2, 3, 1]); // [c, heads, e, m]
  const v = transpose(reshape(linear(context, value.weight, value.bias), [c, m, heads, e]), [0, 2, 1, 3]); // [c, heads, m, e]
  const scores = matmul(q, k); // [n, heads, l, m]
  const mixed = matmul(softmax(mask ? add(scores, mask) : scores), v); // [n, heads, l, e]
  return linear(reshape(transpose(mixed, [0, 2, 1, 3]), [n, l, d]), output.weight, output.bias);
}

/**
 * The same with one head over all positions of a picture and 1x1 convolutions as maps. Channels stay in front: the
 * transposed operands of the products cost nothing, the engine fuses them.
 *
 * @param x [n,c,h,w]
 * @returns [n,c,h,w]
 */
export function spatialAttention(x: Tensor, { query, key, value, output }: AttentionWeights): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const positions = (map: Linear) => reshape(conv2d(x, map.weight, map.bias), [n, c, h * w]); // [n, c, hw]
  const scores = matmul(transpose(positions(scale(query, c ** -0.5))), positions(key)); // [n, hw, hw]: query, key
  const mixed = matmul(positions(value), transpose(softmax(scores))); // [n, c, hw]
  return conv2d(reshape(mixed, [n, c, h, w]), output.weight, output.bias);
}

const scale = ({ weight, bias }: Linear, factor: number): Linear => ({
  weight: mul(weight, factor),
  ...(bias && { bias: mul(bias, factor) }),
});
