/** A Hugging Face SiglipModel, read already, as a Perceptor. */
import { type ClipParts, perceptorOf } from "../clip/assemble.js";
import { padTokenOf } from "../clip/pad-token.js";
import type { Perceptor } from "../perceptor.js";
import { WeightTaker } from "../take-weights.js";
import { parseSiglipConfig } from "./config.js";
import { encodeSiglipImage, encodeSiglipText } from "./towers.js";
import { siglipWeights } from "./weights.js";

export interface SiglipParts extends ClipParts {
  /** `tokenizer_config.json`, where there is one: it says what short texts are filled up with, which SigLIP reads too */
  readonly tokenizerConfig?: unknown;
}

/** @throws BAD_MODEL naming the file or key that is missing or wrong */
export function siglipPerceptor({ tokenizerConfig = {}, ...parts }: SiglipParts): Perceptor {
  const config = parseSiglipConfig(parts.config, parts.preprocessor ?? {}, parts.pathOf("config.json"));
  const { text, image } = siglipWeights(new WeightTaker(parts.weights), config);
  const pad = padTokenOf(tokenizerConfig, parts.pathOf("tokenizer_config.json"));
  const towers = {
    encodeText: (ids: Parameters<Perceptor["encodeText"]>[0]) => encodeSiglipText(text, config, ids),
    encodeImageLayers: (pixels: Parameters<Perceptor["encodeImage"]>[0]) => encodeSiglipImage(image, config, pixels),
  };
  return perceptorOf(parts, config, towers, pad);
}
