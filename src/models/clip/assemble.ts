/** A Hugging Face CLIPModel, read already, as a Perceptor. */
import type { StateDict } from "../../weights/state-dict.js";
import type { ModelFile } from "../model-file.js";
import type { Perceptor } from "../perceptor.js";
import { WeightTaker } from "../take-weights.js";
import { parseClipConfig } from "./config.js";
import { encodeImage, encodeImageLayers } from "./image-encoder.js";
import { encodeText } from "./text-encoder.js";
import { clipTokenizer, knownWords } from "./tokenizer.js";
import { clipWeights } from "./weights.js";

/** What the files of a CLIPModel folder hold. */
export interface ClipParts {
  readonly name: string;
  /** `config.json` */
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

/** @throws BAD_MODEL naming the file or key that is missing or wrong */
export function clipPerceptor({ name, files, pathOf, ...parts }: ClipParts): Perceptor {
  const config = parseClipConfig(parts.config, parts.preprocessor ?? {}, pathOf("config.json"));
  const tokenize = clipTokenizer(parts.tokenizer, config.text, pathOf("tokenizer.json"));
  const words = knownWords(parts.tokenizer, pathOf("tokenizer.json"));
  const weights = clipWeights(new WeightTaker(parts.weights), config);
  return {
    name,
    inputSize: config.image.size,
    embeddingSize: config.embeddingSize,
    contextLength: config.text.contextLength,
    tokenize,
    ...(words && { words }),
    encodeImage: (pixels) => encodeImage(weights.image, config, pixels),
    encodeImageLayers: (pixels) => encodeImageLayers(weights.image, config, pixels),
    encodeText: (ids, end) => encodeText(weights.text, config, ids, end),
    files,
  };
}
