/** A CLIP, read already, as a Perceptor: in the form of Hugging Face, or of OpenAI and OpenCLIP. */
import type { Tensor } from "../../graph/tensor.js";
import type { StateDict } from "../../weights/state-dict.js";
import type { ModelFile } from "../model-file.js";
import type { ImageLayers, Perceptor } from "../perceptor.js";
import { WeightTaker } from "../take-weights.js";
import { parseClipConfig, type TextConfig } from "./config.js";
import { encodeImageLayers } from "./image-encoder.js";
import { parseOpenClipConfig } from "./open-clip-config.js";
import { openClipWeights } from "./open-clip-weights.js";
import { encodeResNet } from "./resnet.js";
import { encodeText, type TextWeights } from "./text-encoder.js";
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
  return perceptorOf(parts, config, weights.text, (pixels) => encodeImageLayers(weights.image, config, pixels));
}

/** A CLIP as OpenAI and OpenCLIP save it. @throws BAD_MODEL naming the file or key that is missing or wrong */
export function openClipPerceptor(parts: ClipParts): Perceptor {
  const config = parseOpenClipConfig(parts.config, parts.pathOf("open_clip_config.json"));
  const { text, image } = openClipWeights(new WeightTaker(parts.weights), config);
  const { pixelMean, pixelStd } = config;
  return perceptorOf(parts, config, text, (pixels) =>
    "resnet" in image
      ? encodeResNet(image.resnet, { image: image.config, pixelMean, pixelStd }, pixels)
      : encodeImageLayers(image.transformer, { image: image.config, pixelMean, pixelStd }, pixels),
  );
}

interface CommonConfig {
  readonly embeddingSize: number;
  readonly text: TextConfig;
  readonly image: { readonly size: number };
}

function perceptorOf(
  { name, files, pathOf, tokenizer }: ClipParts,
  { embeddingSize, text, image }: CommonConfig,
  textWeights: TextWeights,
  encodeLayers: (pixels: Tensor) => ImageLayers,
): Perceptor {
  const tokenize = clipTokenizer(tokenizer, text, pathOf("tokenizer.json"));
  const words = knownWords(tokenizer, pathOf("tokenizer.json"));
  return {
    name,
    inputSize: image.size,
    embeddingSize,
    contextLength: text.contextLength,
    tokenize,
    ...(words && { words }),
    encodeImage: (pixels) => encodeLayers(pixels).embedding,
    encodeImageLayers: encodeLayers,
    encodeText: (ids, end) => encodeText(textWeights, { text }, ids, end),
    files,
  };
}
