/** What configurations say of transformers of BERT's kind: BERT, XLM-RoBERTa and DistilBERT, with `transformers`' defaults. */
import * as z from "zod";
import { requires, VqganClipError } from "../../core/errors.js";
import type { TowerConfig } from "../clip/config.js";
import { parsed } from "../parse.js";

export interface BertConfig extends TowerConfig {
  readonly vocabulary: number;
  /** Rows of the table of positions */
  readonly positions: number;
  /** The row of a text's first token: RoBERTa's kind keeps those up to its padding's id free. */
  readonly firstPosition: number;
  /** Kinds of segments, of which the first is read; 0 where the model has none */
  readonly tokenTypes: number;
  /** Channels of what its tokens look at beside each other, where they do */
  readonly besideWidth?: number;
  /** What its arrays are called */
  readonly naming: "bert" | "distilbert";
}

const whole = z.int().positive();

const bertSchema = z.object({
  vocab_size: whole.default(30522),
  hidden_size: whole.default(768),
  num_hidden_layers: whole.default(12),
  num_attention_heads: whole.default(12),
  intermediate_size: whole.default(3072),
  hidden_act: z.literal("gelu").default("gelu"),
  max_position_embeddings: whole.default(512),
  type_vocab_size: z.int().nonnegative().default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  pad_token_id: z.int().nonnegative().nullish(),
  position_embedding_type: z.literal("absolute", "only absolute positions are read").nullish(),
});

const distilSchema = z.object({
  vocab_size: whole.default(30522),
  dim: whole.default(768),
  n_layers: whole.default(6),
  n_heads: whole.default(12),
  hidden_dim: whole.default(3072),
  activation: z.literal("gelu").default("gelu"),
  max_position_embeddings: whole.default(512),
});

/** Whose texts begin behind the padding's id. */
const robertaTypes = ["xlm-roberta", "roberta", "camembert"];
const bertTypes = ["bert", ...robertaTypes, "distilbert"];

/** Whether `type` is a `model_type` that `parseBertConfig` reads. */
export function isBertType(type: unknown): boolean {
  return bertTypes.includes(type as string);
}

/**
 * @param config the content of `config.json`, or the `text_config` of one
 * @param type its `model_type`
 * @throws BAD_MODEL, naming `origin`, the key, what it must be and what it is
 */
export function parseBertConfig(config: unknown, type: string, origin: string): BertConfig {
  if (type === "distilbert") {
    const distil = parsed(distilSchema, config, origin);
    return checked(origin, {
      width: distil.dim,
      mlpWidth: distil.hidden_dim,
      layers: distil.n_layers,
      heads: distil.n_heads,
      activation: distil.activation,
      layerNormEpsilon: 1e-12,
      vocabulary: distil.vocab_size,
      positions: distil.max_position_embeddings,
      firstPosition: 0,
      tokenTypes: 0,
      naming: "distilbert",
    });
  }
  if (!isBertType(type)) {
    throw new VqganClipError(
      "BAD_MODEL",
      `${origin}: model_type "${type}" is none of BERT's kind`,
      `one of ${bertTypes.join(", ")} would do`,
    );
  }
  const bert = parsed(bertSchema, config, origin);
  return checked(origin, {
    width: bert.hidden_size,
    mlpWidth: bert.intermediate_size,
    layers: bert.num_hidden_layers,
    heads: bert.num_attention_heads,
    activation: bert.hidden_act,
    layerNormEpsilon: bert.layer_norm_eps,
    vocabulary: bert.vocab_size,
    positions: bert.max_position_embeddings,
    firstPosition: robertaTypes.includes(type) ? (bert.pad_token_id ?? 1) + 1 : 0,
    tokenTypes: bert.type_vocab_size,
    naming: "bert",
  });
}

function checked(origin: string, config: BertConfig): BertConfig {
  const { width, heads, positions, firstPosition } = config;
  requires(width % heads === 0, "BAD_MODEL", () => `${origin}: ${width} channels do not split into ${heads} heads`);
  requires(
    positions > firstPosition + 1,
    "BAD_MODEL",
    () => `${origin}: max_position_embeddings ${positions} leaves no room behind position ${firstPosition}`,
  );
  return config;
}
