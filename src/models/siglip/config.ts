/** What a Hugging Face SiglipModel folder says about its model, checked, with the defaults that `transformers` fills in. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import type { ClipConfig, TowerConfig } from "../clip/config.js";
import { parsed } from "../parse.js";

export interface SiglipConfig extends ClipConfig {
  /** Whether patches are flattened rows of pixels, colours last, as in `Siglip2Model`, and not kernels of a convolution */
  readonly flatPatches: boolean;
}

const whole = z.int().positive();

const tower = {
  hidden_size: whole.default(768),
  intermediate_size: whole.default(3072),
  num_hidden_layers: whole.default(12),
  num_attention_heads: whole.default(12),
  hidden_act: z.literal("gelu_pytorch_tanh").default("gelu_pytorch_tanh"),
  layer_norm_eps: z.number().positive().default(1e-6),
};

const textSchema = z.object({
  ...tower,
  vocab_size: whole.default(32000),
  max_position_embeddings: whole.default(64),
  projection_size: whole.nullish(),
});

const visionSchema = z.object({
  ...tower,
  image_size: whole.default(224),
  patch_size: whole.default(16),
  num_channels: z.literal(3, "only encoders of RGB pictures can be used").default(3),
  vision_use_head: z.literal(true, "only models with their pooling head can be used").default(true),
});

/** SigLIP 2 with pictures of any shape says how many patches it was trained on; a square of them is looked at. */
const flexibleSchema = visionSchema.omit({ image_size: true }).extend({
  num_patches: whole
    .default(256)
    .refine((count) => Number.isInteger(Math.sqrt(count)), "only square numbers of patches can be used"),
});

const part = z.record(z.string(), z.unknown()).nullish();
const fileSchema = z.object({
  model_type: z.enum(["siglip", "siglip2"]).nullish(),
  text_config: part,
  vision_config: part,
});

const triple = z.array(z.number()).length(3);
const half = [0.5, 0.5, 0.5];
const preprocessorSchema = z.object({ image_mean: triple.default(half), image_std: triple.default(half) });

/**
 * @param config the content of `config.json`
 * @param preprocessor the content of `preprocessor_config.json`; without one, pixels go to -1..1
 * @throws BAD_MODEL, naming `origin`, the key, what it must be and what it is
 */
export function parseSiglipConfig(config: unknown, preprocessor: unknown = {}, origin = "config.json"): SiglipConfig {
  const { model_type, text_config, vision_config } = parsed(fileSchema, config, origin);
  const flatPatches = model_type === "siglip2";
  const text = parsed(textSchema, text_config ?? {}, `${origin}: text_config`);
  const vision = parseVision(vision_config ?? {}, flatPatches, `${origin}: vision_config`);
  const pixels = parsed(preprocessorSchema, preprocessor, `preprocessor of ${origin}`);
  requires(
    vision.image_size >= vision.patch_size,
    "BAD_MODEL",
    () => `${origin}: image_size ${vision.image_size} is less than patch_size ${vision.patch_size}`,
  );
  for (const [name, { hidden_size, num_attention_heads }] of Object.entries({ text, vision })) {
    requires(
      hidden_size % num_attention_heads === 0,
      "BAD_MODEL",
      () => `${origin}: ${name}_config.hidden_size ${hidden_size} does not split into ${num_attention_heads} heads`,
    );
  }
  const embeddingSize = text.projection_size ?? text.hidden_size;
  requires(
    embeddingSize === vision.hidden_size,
    "BAD_MODEL",
    () => `${origin}: texts are embedded in ${embeddingSize} numbers, pictures in ${vision.hidden_size}`,
  );
  return {
    embeddingSize,
    text: {
      ...towerConfig(text),
      vocabulary: text.vocab_size,
      contextLength: text.max_position_embeddings,
      endToken: undefined,
    },
    image: { ...towerConfig(vision), size: vision.image_size, patch: vision.patch_size },
    pixelMean: pixels.image_mean,
    pixelStd: pixels.image_std,
    flatPatches,
  };
}

function parseVision(config: unknown, flatPatches: boolean, origin: string): z.infer<typeof visionSchema> {
  if (!flatPatches) return parsed(visionSchema, config, origin);
  const { num_patches, ...vision } = parsed(flexibleSchema, config, origin);
  return { ...vision, image_size: Math.sqrt(num_patches) * vision.patch_size };
}

function towerConfig(config: z.infer<typeof textSchema> | z.infer<typeof visionSchema>): TowerConfig {
  return {
    width: config.hidden_size,
    mlpWidth: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    activation: "gelu_tanh",
    layerNormEpsilon: config.layer_norm_eps,
  };
}
