/** Hugging Face's names of the arrays of BERT, XLM-RoBERTa and DistilBERT, beside ours. */
import type { Tensor } from "../../graph/tensor.js";
import type { AttentionWeights } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { numbered, type WeightTaker } from "../take-weights.js";
import type { BertConfig } from "./config.js";

export interface BertWeights {
  /** [vocabulary,d] */
  readonly tokens: Tensor;
  /** [positions,d] */
  readonly positions: Tensor;
  /** [types,d]; absent where there are none */
  readonly tokenTypes?: Tensor;
  readonly norm: Affine;
  readonly blocks: readonly BertBlockWeights[];
}

export interface BertBlockWeights {
  readonly attention: AttentionWeights;
  readonly attentionNorm: Affine;
  /** How tokens look at what is beside the text; absent where they do not */
  readonly beside?: { readonly attention: AttentionWeights; readonly norm: Affine };
  readonly expand: Affine;
  readonly contract: Affine;
  readonly mlpNorm: Affine;
}

/** Not used: positions counted out as numbers, the head that BERT was first trained with, and what guesses words. */
export const ignoredOfBert = [/position_ids$/, /^pooler\./, /^(cls|lm_head|vocab_\w+)\./];

const names = {
  bert: {
    layers: "encoder.layer",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    output: "attention.output.dense",
    attentionNorm: "attention.output.LayerNorm",
    expand: "intermediate.dense",
    contract: "output.dense",
    mlpNorm: "output.LayerNorm",
  },
  distilbert: {
    layers: "transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    output: "attention.out_lin",
    attentionNorm: "sa_layer_norm",
    expand: "ffn.lin1",
    contract: "ffn.lin2",
    mlpNorm: "output_layer_norm",
  },
} satisfies Record<BertConfig["naming"], object>;

/** Takes the arrays; the caller finishes the taking. */
export function bertWeights(from: WeightTaker, config: BertConfig, tower = ""): BertWeights {
  const { width, mlpWidth, vocabulary, positions, tokenTypes, besideWidth, layers, naming } = config;
  const called = names[naming];
  return {
    tokens: from.take(`${tower}embeddings.word_embeddings.weight`, [vocabulary, width]),
    positions: from.take(`${tower}embeddings.position_embeddings.weight`, [positions, width]),
    ...(tokenTypes > 0 && {
      tokenTypes: from.take(`${tower}embeddings.token_type_embeddings.weight`, [tokenTypes, width]),
    }),
    norm: from.affine(`${tower}embeddings.LayerNorm`, [width]),
    blocks: numbered(layers, (i) => {
      const key = `${tower}${called.layers}.${i}`;
      return {
        attention: {
          query: from.affine(`${key}.${called.query}`, [width, width]),
          key: from.affine(`${key}.${called.key}`, [width, width]),
          value: from.affine(`${key}.${called.value}`, [width, width]),
          output: from.affine(`${key}.${called.output}`, [width, width]),
        },
        attentionNorm: from.affine(`${key}.${called.attentionNorm}`, [width]),
        ...(besideWidth !== undefined && { beside: lookingBeside(from, `${key}.crossattention`, width, besideWidth) }),
        expand: from.affine(`${key}.${called.expand}`, [mlpWidth, width]),
        contract: from.affine(`${key}.${called.contract}`, [width, mlpWidth]),
        mlpNorm: from.affine(`${key}.${called.mlpNorm}`, [width]),
      };
    }),
  };
}

function lookingBeside(from: WeightTaker, key: string, width: number, besideWidth: number) {
  return {
    attention: {
      query: from.affine(`${key}.self.query`, [width, width]),
      key: from.affine(`${key}.self.key`, [width, besideWidth]),
      value: from.affine(`${key}.self.value`, [width, besideWidth]),
      output: from.affine(`${key}.output.dense`, [width, width]),
    },
    norm: from.affine(`${key}.output.LayerNorm`, [width]),
  };
}
