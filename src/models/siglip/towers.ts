/** SigLIP's towers: no class token but a learned question that attends to all patches; texts that are read both ways. */
import { requires } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import { multiHeadAttention } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { geluTanh } from "../../ops/activation.js";
import { add } from "../../ops/arithmetic.js";
import { expand, reshape } from "../../ops/layout.js";
import { linear } from "../../ops/linear-algebra.js";
import { gather, slice } from "../../ops/movement.js";
import { layerNorm } from "../../ops/normalization.js";
import { embedPatches, evenly, pictureCount } from "../clip/image-encoder.js";
import { transformer } from "../clip/transformer.js";
import type { ImageLayers } from "../perceptor.js";
import type { SiglipConfig } from "./config.js";
import type { SiglipImageWeights, SiglipTextWeights } from "./weights.js";

/**
 * Pictures to embeddings, not normalised, and the patches between blocks.
 *
 * @param pixels [n,3,S,S] in 0..1; the encoder's own mean and deviation are applied here
 */
export function encodeSiglipImage(weights: SiglipImageWeights, config: SiglipConfig, pixels: Tensor): ImageLayers {
  const { image } = config;
  const n = pictureCount(pixels, image.size);
  const norm = (h: Tensor, { weight, bias }: Affine) => layerNorm(h, weight, bias, { epsilon: image.layerNormEpsilon });
  const { patches, positions, probe } = weights;
  const tokens = embedPatches(patches.weight, add(positions, patches.bias), config, pixels); // [n, g*g, d]
  const { output, contexts } = transformer(tokens, weights.blocks, image);
  const question = expand(probe, [n, 1, image.width]);
  const answer = multiHeadAttention(question, norm(output, weights.postNorm), weights.pooling, { heads: image.heads });
  const hidden = geluTanh(linear(norm(answer, weights.mlpNorm), weights.expand.weight, weights.expand.bias));
  const pooled = add(answer, linear(hidden, weights.contract.weight, weights.contract.bias)); // [n, 1, d]
  return { embedding: reshape(pooled, [n, image.width]), layers: evenly(contexts.slice(1)) };
}

/**
 * Token ids to embeddings, not normalised: the state at the last position, padding included, as it was trained.
 *
 * @param ids int64 [b,L], L the context length
 * @returns [b,E]
 */
export function encodeSiglipText(weights: SiglipTextWeights, { text }: SiglipConfig, ids: Tensor): Tensor {
  const [b, length] = ids.shape as [number, number];
  requires(
    ids.rank === 2 && length === text.contextLength,
    "SHAPE_MISMATCH",
    () => `encodeText(): needs ids [b,${text.contextLength}], got ${ids}`,
  );
  const embedded = add(gather(weights.tokens, ids), weights.positions); // [b, L, d]
  const { output } = transformer(embedded, weights.blocks, text);
  const last = reshape(slice(output, 1, length - 1, length), [b, text.width]);
  const { weight, bias } = weights.finalNorm;
  const normal = layerNorm(last, weight, bias, { epsilon: text.layerNormEpsilon });
  return linear(normal, weights.head.weight, weights.head.bias);
}
