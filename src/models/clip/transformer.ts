/** The pre-norm transformer that both towers of CLIP are made of. */
import type { Tensor } from "../../graph/tensor.js";
import { type AttentionWeights, multiHeadAttention } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { gelu, geluTanh, quickGelu } from "../../ops/activation.js";
import { add } from "../../ops/arithmetic.js";
import { linear } from "../../ops/linear-algebra.js";
import { slice } from "../../ops/movement.js";
import { layerNorm } from "../../ops/normalization.js";
import type { TowerConfig } from "./config.js";

export interface BlockWeights {
  readonly attentionNorm: Affine;
  readonly attention: AttentionWeights;
  readonly mlpNorm: Affine;
  readonly expand: Affine;
  readonly contract: Affine;
}

const activations = { gelu, gelu_tanh: geluTanh, quick_gelu: quickGelu } satisfies Record<
  TowerConfig["activation"],
  (x: Tensor) => Tensor
>;

export interface TransformerOptions {
  readonly mask?: Tensor;
  /** How many leading tokens the caller will read; the last block computes no other (default all). */
  readonly kept?: number;
}

/** What a transformer computes on its way. */
export interface TransformerStates {
  /** [n,kept,d] */
  readonly output: Tensor;
  /** What each block's attention reads, norm(x) [n,l,d] */
  readonly contexts: readonly Tensor[];
}

/**
 * y = x + attention(norm(x)); z = y + mlp(norm(y)), block after block.
 *
 * @param x [n,l,d]
 */
export function transformer(
  x: Tensor,
  blocks: readonly BlockWeights[],
  config: TowerConfig,
  { mask, kept = x.shape[1] as number }: TransformerOptions = {},
): TransformerStates {
  const { heads, layerNormEpsilon: epsilon } = config;
  const activation = activations[config.activation];
  const norm = (h: Tensor, { weight, bias }: Affine) => layerNorm(h, weight, bias, { epsilon });
  const contexts: Tensor[] = [];
  const output = blocks.reduce((h, block, index) => {
    const wanted = index === blocks.length - 1 ? kept : (x.shape[1] as number);
    const context = norm(h, block.attentionNorm);
    contexts.push(context);
    const queries = slice(context, 1, 0, wanted);
    const options = mask ? { heads, mask } : { heads };
    const y = add(slice(h, 1, 0, wanted), multiHeadAttention(queries, context, block.attention, options));
    const hidden = activation(linear(norm(y, block.mlpNorm), block.expand.weight, block.expand.bias)); // [n, wanted, 4d]
    return add(y, linear(hidden, block.contract.weight, block.contract.bias));
  }, x);
  return { output, contexts };
}
