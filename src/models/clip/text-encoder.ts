/** CLIP's text tower: a causal transformer whose state at the end token becomes the embedding. */
import { requires } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { constant, type Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { add } from "../../ops/arithmetic.js";
import { reshape } from "../../ops/layout.js";
import { linear } from "../../ops/linear-algebra.js";
import { concat, gather, slice } from "../../ops/movement.js";
import { layerNorm } from "../../ops/normalization.js";
import type { ClipConfig, TextConfig } from "./config.js";
import { type BlockWeights, transformer } from "./transformer.js";

/** The tower without what makes an embedding of its state at the end token. */
export interface TextTowerWeights {
  /** [vocabulary,d] */
  readonly tokens: Tensor;
  /** [L,d] */
  readonly positions: Tensor;
  readonly blocks: readonly BlockWeights[];
  readonly finalNorm: Affine;
}

export interface TextWeights extends TextTowerWeights {
  /** [E,d] */
  readonly projection: Tensor;
}

/**
 * Token ids to embeddings, not normalised. What follows the end token has no influence: tokens look only back.
 *
 * @param ids int64 [b,L], L up to the context length
 * @param end int64 [b]: where each text's end token is
 * @returns [b,E]
 */
export function encodeText(weights: TextWeights, { text }: Pick<ClipConfig, "text">, ids: Tensor, end: Tensor): Tensor {
  const [b, length] = ids.shape as [number, number];
  requires(
    ids.rank === 2 && length <= text.contextLength && end.rank === 1 && end.shape[0] === b,
    "SHAPE_MISMATCH",
    () => `encodeText(): needs ids [b,L<=${text.contextLength}] and end [b], got ${ids} and ${end}`,
  );
  const states = lastStates(weights, text, ids); // [b, L, d]
  // One gather a text: an index into all rows at once would need int64 arithmetic, which GPUs lack.
  const pooled = Array.from({ length: b }, (_, i) =>
    gather(reshape(slice(states, 0, i, i + 1), [length, text.width]), slice(end, 0, i, i + 1)),
  );
  const { weight, bias } = weights.finalNorm;
  return linear(layerNorm(concat(pooled, 0), weight, bias, { epsilon: text.layerNormEpsilon }), weights.projection);
}

/**
 * The state of every token behind the last norm, padding included: what diffusion models are told.
 *
 * @param ids int64 [b,L], L up to the context length
 * @returns [b,L,d]
 */
export function textStates(weights: TextTowerWeights, text: TextConfig, ids: Tensor): Tensor {
  const { weight, bias } = weights.finalNorm;
  return layerNorm(lastStates(weights, text, ids), weight, bias, { epsilon: text.layerNormEpsilon });
}

/** The state of every token before the last block, with no norm behind it: what SDXL's net is told. [b,L,d] */
export function innerStates(weights: TextTowerWeights, text: TextConfig, ids: Tensor): Tensor {
  return lastStates({ ...weights, blocks: weights.blocks.slice(0, -1) }, text, ids);
}

/** [b,L,d] */
function lastStates({ tokens, positions, blocks }: TextTowerWeights, text: TextConfig, ids: Tensor): Tensor {
  const length = ids.shape[1] as number;
  const embedded = add(gather(tokens, ids), slice(positions, 0, 0, length));
  return transformer(embedded, blocks, text, { mask: causalMask(length) }).output;
}

/** 0 where a token may look, so far below every score elsewhere that its share is exactly 0. [l,l] */
function causalMask(length: number): Tensor {
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row++) mask.fill(-1e9, row * length + row + 1, (row + 1) * length);
  return constant(NDArray.float32([length, length], mask));
}
