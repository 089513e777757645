/** Hugging Face's names of CLIP's arrays (`CLIPModel`), beside ours. */
import { numbered, type WeightTaker } from "../take-weights.js";
import { type ClipConfig, gridOf, type ImageConfig, type TextConfig, type TowerConfig } from "./config.js";
import type { ImageWeights } from "./image-encoder.js";
import type { TextTowerWeights, TextWeights } from "./text-encoder.js";
import type { BlockWeights } from "./transformer.js";

export interface ClipWeights {
  readonly text: TextWeights;
  readonly image: ImageWeights;
}

/** Not used: positions counted out as numbers, and the temperature of the training loss. */
export const ignoredOfClip = [/\.position_ids$/, /^logit_scale$/];

/** @throws BAD_MODEL naming the keys that are missing, surplus, or of another shape */
export function clipWeights(from: WeightTaker, { embeddingSize, text, image }: ClipConfig): ClipWeights {
  const weights = {
    text: textWeights(from, text, embeddingSize),
    image: imageWeights(from, image, embeddingSize),
  };
  from.finish(ignoredOfClip);
  return weights;
}

/** The image tower's arrays. */
export function imageWeights(from: WeightTaker, image: ImageConfig, embeddingSize: number): ImageWeights {
  return towerWeights(from, { ...image, cells: gridOf(image) ** 2 }, embeddingSize);
}

/** Those of a tower that looks at so many patches. */
export function towerWeights(
  from: WeightTaker,
  image: TowerConfig & Pick<ImageConfig, "patch"> & { readonly cells: number },
  embeddingSize: number,
): ImageWeights {
  return {
    patches: from.take("vision_model.embeddings.patch_embedding.weight", [image.width, 3, image.patch, image.patch]),
    classToken: from.take("vision_model.embeddings.class_embedding", [image.width]),
    positions: from.take("vision_model.embeddings.position_embedding.weight", [image.cells + 1, image.width]),
    preNorm: from.affine("vision_model.pre_layrnorm", [image.width]), // the published name, letter for letter
    blocks: blocks(from, "vision_model", image),
    postNorm: from.affine("vision_model.post_layernorm", [image.width]),
    projection: from.take("visual_projection.weight", [embeddingSize, image.width]),
  };
}

/** The text tower's arrays. */
export function textWeights(from: WeightTaker, text: TextConfig, embeddingSize: number): TextWeights {
  return {
    ...textTowerWeights(from, text),
    projection: from.take("text_projection.weight", [embeddingSize, text.width]),
  };
}

/** Those of a tower without a projection. */
export function textTowerWeights(from: WeightTaker, text: TextConfig): TextTowerWeights {
  return {
    tokens: from.take("text_model.embeddings.token_embedding.weight", [text.vocabulary, text.width]),
    positions: from.take("text_model.embeddings.position_embedding.weight", [text.contextLength, text.width]),
    blocks: blocks(from, "text_model", text),
    finalNorm: from.affine("text_model.final_layer_norm", [text.width]),
  };
}

/** A tower's blocks by the names that Hugging Face gives them. */
export function blocks(from: WeightTaker, tower: string, { layers, width, mlpWidth }: TowerConfig): BlockWeights[] {
  return numbered(layers, (i) => {
    const key = `${tower}.encoder.layers.${i}`;
    return {
      attentionNorm: from.affine(`${key}.layer_norm1`, [width]),
      attention: {
        query: from.affine(`${key}.self_attn.q_proj`, [width, width]),
        key: from.affine(`${key}.self_attn.k_proj`, [width, width]),
        value: from.affine(`${key}.self_attn.v_proj`, [width, width]),
        output: from.affine(`${key}.self_attn.out_proj`, [width, width]),
      },
      mlpNorm: from.affine(`${key}.layer_norm2`, [width]),
      expand: from.affine(`${key}.mlp.fc1`, [mlpWidth, width]),
      contract: from.affine(`${key}.mlp.fc2`, [width, mlpWidth]),
    };
  });
}
