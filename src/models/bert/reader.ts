/** A transformer of BERT's kind, a pooling and linear maps, as what reads texts. */
import type { Tensor } from "../../graph/tensor.js";
import type { Linear } from "../../nn/layers.js";
import { tanh } from "../../ops/arithmetic.js";
import { linear } from "../../ops/linear-algebra.js";
import { clipTokenizer, knownWords } from "../clip/tokenizer.js";
import type { TextReader, Tokenizing } from "../text-reader.js";
import type { BertConfig } from "./config.js";
import { bertStates, type Pooling, pooled } from "./encoder.js";
import type { BertWeights } from "./weights.js";

/** What follows the pooling: a map, and perhaps a tanh. */
export interface Projection {
  readonly map: Linear;
  readonly tanh?: boolean;
}

/** What texts are tokenized by. */
interface BertTokens {
  readonly config: BertConfig;
  /** Most tokens of a text, start and end included */
  readonly contextLength: number;
  /** The content of `tokenizer.json` */
  readonly tokenizer: unknown;
  /** Its name in messages */
  readonly tokenizerOrigin: string;
  /** What fills texts up, where another file than `tokenizer.json` says it */
  readonly padToken: string | undefined;
}

export interface BertReaderParts extends BertTokens {
  readonly weights: BertWeights;
  readonly pooling: Pooling;
  readonly projections: readonly Projection[];
}

/** @throws BAD_MODEL when the tokenizer is none, or does not fit the transformer */
export function bertReader({ weights, pooling, projections, ...tokens }: BertReaderParts): TextReader {
  const { config } = tokens;
  return {
    ...bertTokenizing(tokens),
    embeddingSize: projections.at(-1)?.map.weight.shape[0] ?? config.width,
    encodeText: (ids, end) => {
      const whole = pooled(bertStates(weights, config, ids, end), end, pooling);
      return projections.reduce<Tensor>((x, { map, tanh: bends }) => {
        const y = linear(x, map.weight, map.bias);
        return bends ? tanh(y) : y;
      }, whole);
    },
  };
}

/** How texts become tokens. @throws BAD_MODEL when the tokenizer is none, or does not fit the transformer */
export function bertTokenizing({
  config,
  contextLength,
  tokenizer,
  tokenizerOrigin,
  padToken,
}: BertTokens): Tokenizing {
  const fits = { contextLength, vocabulary: config.vocabulary, endToken: undefined };
  const tokenize = clipTokenizer(tokenizer, fits, tokenizerOrigin, padToken);
  const words = knownWords(tokenizer, tokenizerOrigin);
  return {
    contextLength,
    ignoresPadding: true,
    // The last token ends a text, whatever a text says of itself in the words of special tokens.
    tokenize: (text) => {
      const read = tokenize(text);
      return { ...read, end: read.length - 1 };
    },
    ...(words && { words }),
  };
}
