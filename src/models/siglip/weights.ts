/** Hugging Face's names of SigLIP's arrays (`SiglipModel`), beside ours. */
import type { Tensor } from "../../graph/tensor.js";
import type { AttentionWeights } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { reshape, transpose } from "../../ops/layout.js";
import { gridOf } from "../clip/config.js";
import { packedAttention } from "../clip/open-clip-weights.js";
import type { BlockWeights } from "../clip/transformer.js";
import { blocks } from "../clip/weights.js";
import type { WeightTaker } from "../take-weights.js";
import type { SiglipConfig } from "./config.js";

export interface SiglipTextWeights {
  /** [vocabulary,d] */
  readonly tokens: Tensor;
  /** [L,d] */
  readonly positions: Tensor;
  readonly blocks: readonly BlockWeights[];
  readonly finalNorm: Affine;
  /** [E,d] */
  readonly head: Affine;
}

export interface SiglipImageWeights {
  /** [d,3,p,p] */
  readonly patches: Affine;
  /** [g*g,d] */
  readonly positions: Tensor;
  readonly blocks: readonly BlockWeights[];
  readonly postNorm: Affine;
  /** The learned question of the pooling head [1,1,d] */
  readonly probe: Tensor;
  readonly pooling: AttentionWeights;
  readonly mlpNorm: Affine;
  readonly expand: Affine;
  readonly contract: Affine;
}

export interface SiglipWeights {
  readonly text: SiglipTextWeights;
  readonly image: SiglipImageWeights;
}

/** Not used: positions counted out as numbers, temperature and offset of the training loss. */
const ignored = [/\.position_ids$/, /^logit_(scale|bias)$/];

const PATCHES = "vision_model.embeddings.patch_embedding";

/** A linear map of rows of pixels [d,p*p*3] as the kernels of a convolution [d,3,p,p]. */
function flatKernels(from: WeightTaker, { width, patch }: SiglipConfig["image"]): Affine {
  const { weight, bias } = from.affine(PATCHES, [width, patch * patch * 3]);
  return { weight: transpose(reshape(weight, [width, patch, patch, 3]), [0, 3, 1, 2]), bias };
}

/** @throws BAD_MODEL naming the keys that are missing, surplus, or of another shape */
export function siglipWeights(
  from: WeightTaker,
  { embeddingSize, text, image, flatPatches }: SiglipConfig,
): SiglipWeights {
  const { width, mlpWidth, patch } = image;
  const weights = {
    text: {
      tokens: from.take("text_model.embeddings.token_embedding.weight", [text.vocabulary, text.width]),
      positions: from.take("text_model.embeddings.position_embedding.weight", [text.contextLength, text.width]),
      blocks: blocks(from, "text_model", text),
      finalNorm: from.affine("text_model.final_layer_norm", [text.width]),
      head: from.affine("text_model.head", [embeddingSize, text.width]),
    },
    image: {
      patches: flatPatches ? flatKernels(from, image) : from.affine(PATCHES, [width, 3, patch, patch]),
      positions: from.take("vision_model.embeddings.position_embedding.weight", [gridOf(image) ** 2, width]),
      blocks: blocks(from, "vision_model", image),
      postNorm: from.affine("vision_model.post_layernorm", [width]),
      probe: from.take("vision_model.head.probe", [1, 1, width]),
      pooling: packedAttention(from, "vision_model.head.attention", width),
      mlpNorm: from.affine("vision_model.head.layernorm", [width]),
      expand: from.affine("vision_model.head.mlp.fc1", [mlpWidth, width]),
      contract: from.affine("vision_model.head.mlp.fc2", [width, mlpWidth]),
    },
  };
  from.finish(ignored);
  return weights;
}
