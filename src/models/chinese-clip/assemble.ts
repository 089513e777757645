/** A Hugging Face ChineseCLIPModel, read already, as a Perceptor: a BERT for texts beside CLIP's image tower. */
import * as z from "zod";
import { parseBertConfig } from "../bert/config.js";
import { bertReader } from "../bert/reader.js";
import { bertWeights, ignoredOfBert } from "../bert/weights.js";
import { type ClipParts, perceptorWith } from "../clip/assemble.js";
import { parseImageConfig } from "../clip/config.js";
import { encodeImageLayers } from "../clip/image-encoder.js";
import { padTokenOf } from "../clip/pad-token.js";
import { ignoredOfClip, imageWeights } from "../clip/weights.js";
import { parsed } from "../parse.js";
import type { Perceptor } from "../perceptor.js";
import { WeightTaker } from "../take-weights.js";

/** Tokens of a text that it was trained with; its table of positions goes further, untrained. */
const CONTEXT = 52;

const part = z.record(z.string(), z.unknown()).default({});
const schema = z.object({
  projection_dim: z.int().positive().default(512),
  text_config: part,
  vision_config: part,
});

export interface ChineseClipParts extends ClipParts {
  /** `tokenizer_config.json`, where there is one */
  readonly tokenizerConfig?: unknown;
}

/** @throws BAD_MODEL naming the file or key that is missing or wrong */
export function chineseClipPerceptor({ tokenizerConfig = {}, ...parts }: ChineseClipParts): Perceptor {
  const { pathOf, preprocessor = {}, tokenizer } = parts;
  const origin = pathOf("config.json");
  const { projection_dim, text_config, vision_config } = parsed(schema, parts.config, origin);
  const config = parseBertConfig({ vocab_size: 21128, ...text_config }, "bert", `${origin}: text_config`);
  const looks = parseImageConfig(vision_config, preprocessor, origin);
  const from = new WeightTaker(parts.weights);
  const weights = bertWeights(from, config, "text_model.");
  const map = { weight: from.take("text_projection.weight", [projection_dim, config.width]) };
  const image = imageWeights(from, looks.image, projection_dim);
  from.finish([...ignoredOfClip, /^text_model\.pooler\./, ...ignoredOfBert]);
  const reader = bertReader({
    config,
    weights,
    pooling: "first",
    projections: [{ map }],
    contextLength: Math.min(CONTEXT, config.positions),
    tokenizer,
    tokenizerOrigin: pathOf("tokenizer.json"),
    padToken: padTokenOf(tokenizerConfig, pathOf("tokenizer_config.json")),
  });
  return perceptorWith(parts, reader, looks.image.size, (pixels) => encodeImageLayers(image, looks, pixels));
}
