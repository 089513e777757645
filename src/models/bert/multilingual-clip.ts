/** M-CLIP's form: a transformer under its base model's name, the mean over a text's tokens and one linear map. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import type { StateDict } from "../../weights/state-dict.js";
import { parsed } from "../parse.js";
import { countParts, WeightTaker } from "../take-weights.js";
import { type BertConfig, parseBertConfig } from "./config.js";
import type { BertReaderParts } from "./reader.js";
import { bertWeights, ignoredOfBert } from "./weights.js";

const whole = z.int().positive();

const schema = z.object({
  modelBase: z.string().default("xlm-roberta-large"),
  numDims: whole.default(768),
  transformerDimensions: whole.default(1024),
  num_attention_heads: whole.optional(),
});

/** Channels of a head in every base model that was published. */
const HEAD = 64;
const TOWER = "transformer.";
const MAP = "LinearTransformation.";

/**
 * The configuration names the base model alone; layers and widths are those of the arrays.
 *
 * @throws BAD_MODEL naming the key or array that is missing or wrong
 */
export function multilingualClip(
  file: unknown,
  dict: StateDict,
  origin: string,
): Pick<BertReaderParts, "config" | "weights" | "pooling" | "projections"> {
  const { modelBase, numDims, transformerDimensions: width, num_attention_heads } = parsed(schema, file, origin);
  const config = bertConfigOf(dict, modelBase, width, num_attention_heads ?? width / HEAD, origin);
  const tower = new WeightTaker(dict, TOWER);
  const weights = bertWeights(tower, config);
  tower.finish(ignoredOfBert);
  const last = new WeightTaker(dict, MAP);
  const map = { weight: last.take("weight", [numDims, width]), bias: last.take("bias", [numDims]) };
  last.finish([]);
  return { config, weights, pooling: "mean", projections: [{ map }] };
}

function bertConfigOf(dict: StateDict, modelBase: string, width: number, heads: number, origin: string): BertConfig {
  const rows = (key: string) => dict.entries.get(`${TOWER}${key}`)?.shape[0];
  const vocabulary = rows("embeddings.word_embeddings.weight");
  requires(
    vocabulary !== undefined,
    "BAD_MODEL",
    () => `${dict.origin}: missing: ${TOWER}embeddings.word_embeddings.weight`,
    `${origin} says that this is M-CLIP: its files hold the transformer under "${TOWER}" and the map under "${MAP}"`,
  );
  const isRoberta = /roberta/i.test(modelBase);
  const layers = countParts(dict.names, `${TOWER}encoder.layer.`);
  return parseBertConfig(
    {
      vocab_size: vocabulary,
      hidden_size: width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      intermediate_size: rows("encoder.layer.0.intermediate.dense.weight"),
      max_position_embeddings: rows("embeddings.position_embeddings.weight"),
      type_vocab_size: rows("embeddings.token_type_embeddings.weight"),
      layer_norm_eps: isRoberta ? 1e-5 : 1e-12,
    },
    isRoberta ? "xlm-roberta" : "bert",
    `${origin}, arrays of ${dict.origin}`,
  );
}
