/** What a Hugging Face CLIPModel folder says about its model, checked, with the defaults that `transformers` fills in. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { parsed } from "../parse.js";

/** What both towers have. */
export interface TowerConfig {
  /** Channels d of a token */
  readonly width: number;
  readonly mlpWidth: number;
  readonly layers: number;
  readonly heads: number;
  readonly activation: "quick_gelu" | "gelu" | "gelu_tanh";
  readonly layerNormEpsilon: number;
}

export interface TextConfig extends TowerConfig {
  readonly vocabulary: number;
  /** Most tokens of a text, start and end included */
  readonly contextLength: number;
  /** Undefined: by the rule of the first CLIP checkpoints, the end token is the one with the highest id. */
  readonly endToken: number | undefined;
}

export interface ImageConfig extends TowerConfig {
  /** Side S of the pictures it looks at */
  readonly size: number;
  /** Side p of a patch */
  readonly patch: number;
}

/** Patches along a side; what is left of the picture behind the last whole one is not looked at. */
export function gridOf({ size, patch }: Pick<ImageConfig, "size" | "patch">): number {
  return Math.floor(size / patch);
}

/** What pixels in 0..1 are normalised with, a number a channel. */
export interface PixelScale {
  readonly pixelMean: readonly number[];
  readonly pixelStd: readonly number[];
}

export interface ClipConfig extends PixelScale {
  readonly embeddingSize: number;
  readonly text: TextConfig;
  readonly image: ImageConfig;
}

const whole = z.int().positive();

const tower = {
  num_hidden_layers: whole.default(12),
  hidden_act: z.enum(["quick_gelu", "gelu"]).default("quick_gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
};

const textSchema = z.object({
  ...tower,
  vocab_size: whole.default(49408),
  hidden_size: whole.default(512),
  intermediate_size: whole.default(2048),
  num_attention_heads: whole.default(8),
  max_position_embeddings: whole.default(77),
  eos_token_id: z.int().nonnegative().default(49407),
});

const visionSchema = z.object({
  ...tower,
  hidden_size: whole.default(768),
  intermediate_size: whole.default(3072),
  num_attention_heads: whole.default(12),
  image_size: whole.default(224),
  patch_size: whole.default(32),
  num_channels: z.literal(3, "only encoders of RGB pictures can be used").default(3),
});

/** Every `model_type` of a whole CLIP that is read. */
const clipTypes = ["clip", "siglip", "siglip2", "chinese_clip", "convolutional_clip"];

export function isClipType(type: unknown): boolean {
  return clipTypes.includes(type as string);
}

/** Older folders repeat the towers' settings in `..._config_dict`, which then counts. */
const clipSchema = z.object({
  model_type: z
    .literal("clip", `only model_type ${clipTypes.map((type) => `"${type}"`).join(", ")} can be used`)
    .optional(),
  projection_dim: whole.default(512),
  text_config: z.record(z.string(), z.unknown()).nullish(),
  text_config_dict: z.record(z.string(), z.unknown()).nullish(),
  vision_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config_dict: z.record(z.string(), z.unknown()).nullish(),
});

const triple = z.array(z.number()).length(3);

/** What OpenAI normalised the pixels of its training pictures with. */
export const openAiPixels = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };

const preprocessorSchema = z.object({
  do_normalize: z.boolean().default(true),
  image_mean: triple.default(openAiPixels.mean),
  image_std: triple.default(openAiPixels.std),
  crop_size: z.union([whole, z.object({ height: whole, width: whole })]).optional(),
});

/**
 * @param config the content of `config.json`
 * @param preprocessor the content of `preprocessor_config.json`; without one, OpenAI CLIP's mean and deviation hold
 * @throws BAD_MODEL, naming `origin`, the key, what it must be and what it is
 */
export function parseClipConfig(config: unknown, preprocessor: unknown = {}, origin = "config.json"): ClipConfig {
  const { projection_dim, ...parts } = parsed(clipSchema, config, origin);
  const text = parseTextConfig({ ...parts.text_config, ...parts.text_config_dict }, origin);
  const vision = { ...parts.vision_config, ...parts.vision_config_dict };
  return { embeddingSize: projection_dim, text, ...parseImageConfig(vision, preprocessor, origin) };
}

/** @param config a `vision_config` @throws BAD_MODEL as `parseClipConfig` does */
export function parseImageConfig(
  config: unknown,
  preprocessor: unknown,
  origin: string,
): Pick<ClipConfig, "image" | keyof PixelScale> {
  const vision = parsed(visionSchema, config, `${origin}: vision_config`);
  const pixels = parsePixelScale(preprocessor, vision.image_size, origin);
  requires(
    vision.image_size % vision.patch_size === 0,
    "BAD_MODEL",
    () => `${origin}: image_size ${vision.image_size} is not a multiple of patch_size ${vision.patch_size}`,
  );
  requiresWholeHeads("vision_config", vision, origin);
  return { image: { ...towerConfig(vision), size: vision.image_size, patch: vision.patch_size }, ...pixels };
}

/** @param config a `text_config` @throws BAD_MODEL as `parseClipConfig` does */
export function parseTextConfig(config: unknown, origin: string): TextConfig {
  const text = parsed(textSchema, config, `${origin}: text_config`);
  requiresWholeHeads("text_config", text, origin);
  return {
    ...towerConfig(text),
    vocabulary: text.vocab_size,
    contextLength: text.max_position_embeddings,
    endToken: text.eos_token_id === 2 ? undefined : text.eos_token_id, // as `transformers` reads that old mistake
  };
}

/**
 * @param preprocessor the content of `preprocessor_config.json`
 * @param size side of the pictures that the tower looks at
 * @throws BAD_MODEL also where it prepares pictures of another side
 */
export function parsePixelScale(preprocessor: unknown, size: number, origin: string): PixelScale {
  const pixels = parsed(preprocessorSchema, preprocessor, `preprocessor of ${origin}`);
  const { crop_size: crop = size } = pixels;
  const [height, width] = typeof crop === "number" ? [crop, crop] : [crop.height, crop.width];
  requires(
    height === size && width === size,
    "BAD_MODEL",
    () => `${origin}: vision_config.image_size is ${size}, preprocessor's crop_size ${width}x${height}`,
    "the two files seem to come from different models",
  );
  return {
    pixelMean: pixels.do_normalize ? pixels.image_mean : [0, 0, 0],
    pixelStd: pixels.do_normalize ? pixels.image_std : [1, 1, 1],
  };
}

type HeadsConfig = Pick<z.infer<typeof textSchema>, "hidden_size" | "num_attention_heads">;

function requiresWholeHeads(key: string, { hidden_size, num_attention_heads }: HeadsConfig, origin: string): void {
  requires(
    hidden_size % num_attention_heads === 0,
    "BAD_MODEL",
    () => `${origin}: ${key}.hidden_size ${hidden_size} does not split into ${num_attention_heads} heads`,
  );
}

function towerConfig(config: z.infer<typeof textSchema> | z.infer<typeof visionSchema>): TowerConfig {
  return {
    width: config.hidden_size,
    mlpWidth: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    activation: config.hidden_act,
    layerNormEpsilon: config.layer_norm_eps,
  };
}
