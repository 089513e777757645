/** A CLIP, read already, as a Perceptor: in the form of Hugging Face, or of OpenAI and OpenCLIP. */
import type { Tensor } from "../../graph/tensor.js";
import type { StateDict } from "../../weights/state-dict.js";
import type { ModelFile } from "../model-file.js";
import type { ImageLayers, Perceptor } from "../perceptor.js";
import { WeightTaker } from "../take-weights.js";
import type { TextReader } from "../text-reader.js";
import { parseClipConfig, type TextConfig } from "./config.js";
import { encodeImageLayers } from "./image-encoder.js";
import { parseOpenClipConfig } from "./open-clip-config.js";
import { openClipWeights } from "./open-clip-weights.js";
import { encodeResNet } from "./resnet.js";
import { encodeText } from "./text-encoder.js";
import { clipTokenizer, knownWords } from "./tokenizer.js";
import { clipWeights } from "./weights.js";

/** What the files of a model hold. */
export interface ClipParts {
  readonly name: string;
  /** `config.json`, or `open_clip_config.json` */
  readonly config: unknown;
  /** `preprocessor_config.json`, where there is one */
  readonly preprocessor?: unknown;
  /** `tokenizer.json` */
  readonly tokenizer: unknown;
  /** `model.safetensors` */
  readonly weights: StateDict;
  readonly files: readonly ModelFile[];
  /** What to call one of these files in messages. */
  readonly pathOf: (file: string) => string;
}

/** A Hugging Face CLIPModel. @throws BAD_MODEL naming the file or key that is missing or wrong */
export function clipPerceptor(parts: ClipParts): Perceptor {
  const config = parseClipConfig(parts.config, parts.preprocessor ?? {}, parts.pathOf("config.json"));
  const weights = clipWeights(new WeightTaker(parts.weights), config);
  return perceptorOf(parts, config, {
    encodeText: (ids, end) => encodeText(weights.text, config, ids, end),
    encodeImageLayers: (pixels) => encodeImageLayers(weights.image, config, pixels),
  });
}

/** A CLIP as OpenAI and OpenCLIP save it. @throws BAD_MODEL naming the file or key that is missing or wrong */
export function openClipPerceptor(parts: ClipParts): Perceptor {
  const config = parseOpenClipConfig(parts.config, parts.pathOf("open_clip_config.json"));
  const { text, image } = openClipWeights(new WeightTaker(parts.weights), config);
  const { pixelMean, pixelStd } = config;
  return perceptorOf(parts, config, {
    encodeText: (ids, end) => encodeText(text, config, ids, end),
    encodeImageLayers: (pixels) =>
      "resnet" in image
        ? encodeResNet(image.resnet, { image: image.config, pixelMean, pixelStd }, pixels)
        : encodeImageLayers(image.transformer, { image: image.config, pixelMean, pixelStd }, pixels),
  });
}

interface CommonConfig {
  readonly embeddingSize: number;
  readonly text: TextConfig;
  readonly image: { readonly size: number };
}

interface Towers {
  encodeText(ids: Tensor, end: Tensor): Tensor;
  encodeImageLayers(pixels: Tensor): ImageLayers;
}

/** @param padToken what texts are filled up with, where another file than `tokenizer.json` says it */
export function perceptorOf(
  parts: ClipParts,
  { embeddingSize, text, image }: CommonConfig,
  { encodeText, encodeImageLayers }: Towers,
  padToken?: string,
): Perceptor {
  const { tokenizer, pathOf } = parts;
  const tokenize = clipTokenizer(tokenizer, text, pathOf("tokenizer.json"), padToken);
  const words = knownWords(tokenizer, pathOf("tokenizer.json"));
  const reader = { embeddingSize, contextLength: text.contextLength, tokenize, ...(words && { words }), encodeText };
  return perceptorWith(parts, reader, image.size, encodeImageLayers);
}

/** An image tower beside what reads the texts. */
export function perceptorWith(
  { name, files, weights }: Pick<ClipParts, "name" | "files" | "weights">,
  reader: TextReader,
  inputSize: number,
  encodeImageLayers: Towers["encodeImageLayers"],
): Perceptor {
  return {
    name,
    inputSize,
    ...reader,
    encodeImage: (pixels) => encodeImageLayers(pixels).embedding,
    encodeImageLayers,
    ...(weights.has("logit_scale") && {
      cosineScale: async () => Math.exp((await weights.read("logit_scale")).floats()[0] as number),
    }),
    files,
  };
}
