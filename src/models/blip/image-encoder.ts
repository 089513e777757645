/** BLIP's image tower: a vision transformer all of whose tokens are looked at by the text's; and timm's names of its arrays. */
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { reshape } from "../../ops/layout.js";
import { layerNorm } from "../../ops/normalization.js";
import type { ImageConfig } from "../clip/config.js";
import { type ImageWeights, type PictureConfig, pictureCount, placedTokens } from "../clip/image-encoder.js";
import { packedAttention } from "../clip/open-clip-weights.js";
import { transformer } from "../clip/transformer.js";
import { countParts, numbered, type WeightTaker } from "../take-weights.js";

export interface BlipImageWeights extends Pick<ImageWeights, "classToken" | "positions" | "blocks" | "postNorm"> {
  /** [d,3,p,p] */
  readonly patches: Affine;
}

/** Channels of a head, in each of timm's that BLIP has. */
const HEAD_WIDTH = 64;
const PATCHES = "patch_embed.proj";

/**
 * The state of every token behind the last norm, the class token first.
 *
 * @param pixels [n,3,S,S] in 0..1
 * @returns [n,1+g*g,d]
 */
export function blipImageStates(weights: BlipImageWeights, config: PictureConfig, pixels: Tensor): Tensor {
  const { image } = config;
  pictureCount(pixels, image.size);
  const { patches, blocks, postNorm } = weights;
  const tokens = placedTokens({ ...weights, patches: patches.weight }, config, pixels, patches.bias);
  const { output } = transformer(tokens, blocks, image);
  return layerNorm(output, postNorm.weight, postNorm.bias, { epsilon: image.layerNormEpsilon });
}

/** Sizes as the shapes of its arrays say them. @param names of all arrays, without the taker's prefix */
export function blipImageConfig(from: WeightTaker, names: readonly string[]): ImageConfig {
  const [width = 0, , patch = 1] = from.shapeOf(`${PATCHES}.weight`) ?? [];
  const [, tokens = 1] = from.shapeOf("pos_embed") ?? [];
  const [mlpWidth = 0] = from.shapeOf("blocks.0.mlp.fc1.weight") ?? [];
  return {
    width,
    mlpWidth,
    layers: countParts(names, "blocks."),
    heads: Math.max(1, Math.floor(width / HEAD_WIDTH)),
    activation: "gelu",
    layerNormEpsilon: 1e-6,
    size: Math.round(Math.sqrt(tokens - 1)) * patch,
    patch,
  };
}

/** Takes the arrays; the caller finishes the taking. */
export function blipImageWeights(
  from: WeightTaker,
  { width, mlpWidth, layers, size, patch }: ImageConfig,
): BlipImageWeights {
  const tokens = (size / patch) ** 2 + 1;
  return {
    patches: from.affine(PATCHES, [width, 3, patch, patch]),
    classToken: reshape(from.take("cls_token", [1, 1, width]), [width]),
    positions: reshape(from.take("pos_embed", [1, tokens, width]), [tokens, width]),
    blocks: numbered(layers, (i) => {
      const key = `blocks.${i}`;
      const names = { weight: "qkv.weight", bias: "qkv.bias", output: "proj" };
      return {
        attentionNorm: from.affine(`${key}.norm1`, [width]),
        attention: packedAttention(from, `${key}.attn`, width, names),
        mlpNorm: from.affine(`${key}.norm2`, [width]),
        expand: from.affine(`${key}.mlp.fc1`, [mlpWidth, width]),
        contract: from.affine(`${key}.mlp.fc2`, [width, mlpWidth]),
      };
    }),
    postNorm: from.affine("norm", [width]),
  };
}
