/** The post-norm transformer of BERT's kind: tokens that look both ways, but never at what fills a text up. */
import { requires } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { constant, type Tensor } from "../../graph/tensor.js";
import { multiHeadAttention } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { gelu } from "../../ops/activation.js";
import { add, cast, clip, div, min, mul, sub } from "../../ops/arithmetic.js";
import { reshape } from "../../ops/layout.js";
import { linear } from "../../ops/linear-algebra.js";
import { gather, slice } from "../../ops/movement.js";
import { layerNorm } from "../../ops/normalization.js";
import { sum } from "../../ops/reduction.js";
import type { BertConfig } from "./config.js";
import type { BertWeights } from "./weights.js";

/**
 * y = norm(x + attention(x)); z = norm(y + mlp(y)), block after block, on the sum of tokens, positions and the first segment;
 * between the two y <- norm(y + attention(y, beside)), where tokens look at something beside the text.
 *
 * @param ids int64 [b,L], L up to the context length
 * @param end int64 [b]: the position of each text's last token; nothing behind it has any influence on what stands before
 * @param beside [1,m,`besideWidth`]
 * @returns the state of every token [b,L,d]
 */
export function bertStates(
  weights: BertWeights,
  config: BertConfig,
  ids: Tensor,
  end: Tensor,
  beside?: Tensor,
): Tensor {
  const [b, length] = ids.shape as [number, number];
  const { firstPosition, positions, heads, layerNormEpsilon: epsilon } = config;
  requires(
    ids.rank === 2 && length <= positions - firstPosition && end.rank === 1 && end.shape[0] === b,
    "SHAPE_MISMATCH",
    () => `encodeText(): needs ids [b,L<=${positions - firstPosition}] and end [b], got ${ids} and ${end}`,
  );
  const norm = (h: Tensor, { weight, bias }: Affine) => layerNorm(h, weight, bias, { epsilon });
  const placed = slice(weights.positions, 0, firstPosition, firstPosition + length);
  const { tokenTypes } = weights;
  const offset = tokenTypes ? add(placed, slice(tokenTypes, 0, 0, 1)) : placed; // [L, d]
  const embedded = norm(add(gather(weights.tokens, ids), offset), weights.norm); // [b, L, d]
  // 0 up to the end, then so far below every score that the share is exactly 0.
  const mask = reshape(mul(min(beforeEnd(end, length), 0), 1e9), [b, 1, 1, length]);
  return weights.blocks.reduce((x, block) => {
    const attended = multiHeadAttention(x, x, block.attention, { heads, mask });
    const own = norm(add(x, attended), block.attentionNorm);
    const looks = beside && block.beside;
    const y = looks ? norm(add(own, multiHeadAttention(own, beside, looks.attention, { heads })), looks.norm) : own;
    const hidden = gelu(linear(y, block.expand.weight, block.expand.bias)); // [b, L, 4d]
    return norm(add(y, linear(hidden, block.contract.weight, block.contract.bias)), block.mlpNorm);
  }, embedded);
}

/** How a text's states become one. */
export type Pooling = "first" | "mean";

/** The state of the first token, or the mean over the text's own: [b,L,d], [b] -> [b,d] */
export function pooled(states: Tensor, end: Tensor, pooling: Pooling): Tensor {
  const [b, length, width] = states.shape as [number, number, number];
  if (pooling === "first") return reshape(slice(states, 1, 0, 1), [b, width]);
  const own = clip(add(beforeEnd(end, length), 1), 0, 1); // [b, L]: 1 up to the end
  const total = sum(mul(states, reshape(own, [b, length, 1])), { axes: [1] }); // [b, d]
  return div(total, reshape(sum(own, { axes: [1] }), [b, 1]));
}

/** How far the end is behind each position, negative behind it: float32 [b,L] */
function beforeEnd(end: Tensor, length: number): Tensor {
  const places = constant(
    NDArray.float32(
      [1, length],
      Array.from({ length }, (_, i) => i),
    ),
  );
  return sub(reshape(cast(end, "float32"), [end.shape[0] as number, 1]), places);
}
