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
  const tokenizer = lowercases(tokenizerConfig) ? inLowercase(parts.tokenizer) : parts.tokenizer;
  const pad = padTokenOf(tokenizerConfig, parts.pathOf("tokenizer_config.json"));
  const towers = {
    encodeText: (ids: Parameters<Perceptor["encodeText"]>[0]) => encodeSiglipText(text, config, ids),
    encodeImageLayers: (pixels: Parameters<Perceptor["encodeImage"]>[0]) => encodeSiglipImage(image, config, pixels),
  };
  return perceptorOf({ ...parts, tokenizer }, config, towers, pad);
}

/** SigLIP 2 was trained on texts in lower case, and reads them by Gemma's tokenizer, whose file does not say so. */
function lowercases(tokenizerConfig: unknown): boolean {
  const name = (tokenizerConfig as { tokenizer_class?: unknown } | null)?.tokenizer_class;
  return typeof name === "string" && /^(Gemma|Siglip2)Tokenizer/.test(name);
}

function inLowercase(tokenizer: unknown): unknown {
  if (typeof tokenizer !== "object" || tokenizer === null) return tokenizer; // refused where it is read
  const { normalizer } = tokenizer as { normalizer?: unknown };
  const normalizers = [{ type: "Lowercase" }, ...(normalizer ? [normalizer] : [])];
  return { ...tokenizer, normalizer: { type: "Sequence", normalizers } };
}
