/** What OpenCLIP's `open_clip_config.json` says about a model; for OpenAI's archives the same, read off the arrays. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { sameShape } from "../../core/shape.js";
import type { StateDict } from "../../weights/state-dict.js";
import { parsed } from "../parse.js";
import { countParts } from "../take-weights.js";
import { type ImageConfig, openAiPixels, type TextConfig, type TowerConfig } from "./config.js";
import type { ResNetConfig } from "./resnet.js";

export interface OpenClipConfig {
  readonly embeddingSize: number;
  readonly text: TextConfig;
  readonly image: ImageConfig | ResNetConfig;
  readonly pixelMean: readonly number[];
  readonly pixelStd: readonly number[];
  /** Of the repository whose tokenizer reads its texts; undefined where that is CLIP's own. */
  readonly tokenizerName: string | undefined;
}

const whole = z.int().positive();

/** Keys that are not here change the architecture, and are refused. */
const visionSchema = z.strictObject({
  image_size: whole.default(224),
  /** Four numbers: the blocks of a ResNet's stages */
  layers: z.union([whole, z.array(whole).length(4)]).default(12),
  width: whole.default(768),
  head_width: whole.default(64),
  patch_size: whole.default(16),
  mlp_ratio: z.number().positive().default(4),
  pool_type: z.literal("tok").optional(),
  pos_embed_type: z.literal("learnable").optional(),
  patch_dropout: z.number().optional(),
});

const textSchema = z.strictObject({
  context_length: whole.default(77),
  vocab_size: whole.default(49408),
  width: whole.default(512),
  heads: whole.default(8),
  layers: whole.default(12),
  mlp_ratio: z.number().positive().default(4),
  pool_type: z.literal("argmax").optional(),
  proj_type: z.literal("linear").optional(),
  pad_id: z.int().optional(),
  eos_id: z.int().optional(),
  hf_tokenizer_name: z.string().optional(),
  tokenizer_kwargs: z.unknown().optional(),
});

const modelSchema = z.strictObject({
  embed_dim: whole,
  quick_gelu: z.boolean().default(false),
  vision_cfg: z.record(z.string(), z.unknown()),
  text_cfg: z.record(z.string(), z.unknown()),
  init_logit_scale: z.number().optional(),
  init_logit_bias: z.number().optional(),
});

const OTHER_TOWERS =
  "of OpenCLIP's models those with OpenAI's towers are read; SigLIP from folders such as google/siglip-base-patch16-224";

const triple = z.array(z.number()).length(3);

const fileSchema = z.object({
  model_cfg: z.record(z.string(), z.unknown()),
  preprocess_cfg: z.object({ mean: triple.optional(), std: triple.optional() }).nullish(),
});

/**
 * @param file the content of `open_clip_config.json`
 * @throws BAD_MODEL, naming `origin`, the key, what it must be and what it is
 */
export function parseOpenClipConfig(file: unknown, origin = "open_clip_config.json"): OpenClipConfig {
  const { model_cfg, preprocess_cfg } = parsed(fileSchema, file, origin);
  const model = parsed(modelSchema, stated(model_cfg), `${origin}: model_cfg`, OTHER_TOWERS);
  const vision = parsed(visionSchema, stated(model.vision_cfg), `${origin}: model_cfg.vision_cfg`, OTHER_TOWERS);
  const text = parsed(textSchema, stated(model.text_cfg), `${origin}: model_cfg.text_cfg`, OTHER_TOWERS);
  const { layers, width, head_width: headWidth, image_size: size, patch_size: patch } = vision;
  const tower = (of: typeof text | typeof vision, depth: number, heads: number): TowerConfig => ({
    width: of.width,
    mlpWidth: Math.floor(of.width * of.mlp_ratio),
    layers: depth,
    heads,
    activation: model.quick_gelu ? "quick_gelu" : "gelu",
    layerNormEpsilon: 1e-5,
  });
  const isResNet = typeof layers !== "number";
  const channels = isResNet ? 32 * width : width; // of the tokens that the tower attends to
  const cell = isResNet ? 32 : patch;
  requires(
    size % cell === 0 && channels % headWidth === 0 && text.width % text.heads === 0,
    "BAD_MODEL",
    () =>
      `${origin}: image_size ${size} must be a multiple of ${cell}, ${channels} channels of head_width ${headWidth}, ` +
      `the text's width ${text.width} of its ${text.heads} heads`,
  );
  return {
    embeddingSize: model.embed_dim,
    text: {
      ...tower(text, text.layers, text.heads),
      vocabulary: text.vocab_size,
      contextLength: text.context_length,
      endToken: undefined,
    },
    image: isResNet
      ? { size, width, blocks: layers, heads: channels / headWidth }
      : { ...tower(vision, layers, channels / headWidth), size, patch },
    pixelMean: preprocess_cfg?.mean ?? openAiPixels.mean,
    pixelStd: preprocess_cfg?.std ?? openAiPixels.std,
    tokenizerName: text.hf_tokenizer_name,
  };
}

/** Without what is null or false: both say that something is not there. */
function stated(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== false));
}

/** OpenAI's heads have 64 channels each, in every model. */
const HEAD_WIDTH = 64;

/** Whether the arrays are of a ViT-H/14, which OpenAI never made: HPS is one, and comes without a config. */
export function isHuge({ entries }: StateDict): boolean {
  return sameShape(entries.get("visual.conv1.weight")?.shape ?? [], [1280, 3, 14, 14]);
}

/**
 * The content of the `open_clip_config.json` that OpenAI's archives and OpenCLIP's ViT-H/14 lack, from the shapes of their arrays.
 *
 * @throws BAD_MODEL naming the array that is not there
 */
export function configOfArrays(weights: StateDict): unknown {
  const extent = (key: string, axis: number) => weights.get(key).shape[axis] as number;
  const parts = (prefix: string) => countParts(weights.names, prefix);
  const grid = (key: string) => Math.round(Math.sqrt(extent(key, 0) - 1));
  const textWidth = extent("ln_final.weight", 0);
  const patch = weights.has("visual.proj") ? extent("visual.conv1.weight", 3) : undefined;
  return {
    model_cfg: {
      embed_dim: extent("text_projection", 1),
      quick_gelu: !isHuge(weights),
      vision_cfg: patch
        ? {
            image_size: patch * grid("visual.positional_embedding"),
            layers: parts("visual.transformer.resblocks."),
            width: extent("visual.conv1.weight", 0),
            head_width: isHuge(weights) ? 80 : HEAD_WIDTH,
            patch_size: patch,
          }
        : {
            image_size: 32 * grid("visual.attnpool.positional_embedding"),
            layers: [1, 2, 3, 4].map((stage) => parts(`visual.layer${stage}.`)),
            width: extent("visual.layer1.0.conv1.weight", 0),
          },
      text_cfg: {
        context_length: extent("positional_embedding", 0),
        vocab_size: extent("token_embedding.weight", 0),
        width: textWidth,
        heads: Math.floor(textWidth / HEAD_WIDTH),
        layers: parts("transformer.resblocks."),
      },
    },
  };
}
