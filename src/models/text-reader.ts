/** Who reads texts: a perceptor, which compares pictures with them, or a generator that draws what it is told. */
import type { Tensor } from "../graph/tensor.js";

/** A text as it is read. */
export interface TokenizedText {
  /** As many as the context is long: start, text, end, padding */
  readonly ids: readonly number[];
  /** Tokens before the padding */
  readonly length: number;
  /** Position of the end token */
  readonly end: number;
  /** Set when the text is longer than the context: what is read whole, and what is not. Together they are the text. */
  readonly truncated?: { readonly kept: string; readonly cut: string };
  /** Words that the vocabulary has no token for, in order, each once */
  readonly unknown: readonly string[];
}

/** How texts become tokens. */
export interface Tokenizing {
  /** L: tokens of a text */
  readonly contextLength: number;
  /** How many nets read it, each its own tokens, one after the other among the L (default 1) */
  readonly readings?: number;
  /** A text as it is read; of one that is too long, as much as fits. */
  tokenize(text: string): TokenizedText;
  /** Set where nothing depends on what texts are filled up with: shorter rows than the context will do. */
  readonly ignoresPadding?: true;
  /** All words it knows, where the vocabulary is one of words; undefined where it spells any text from pieces */
  readonly words?: readonly string[];
}

export interface TextReader extends Tokenizing {
  /** E: numbers that it makes of a text */
  readonly embeddingSize: number;
  /** int64 ids [b,L] and positions of the end token [b] -> embeddings [b,E], not normalised */
  encodeText(ids: Tensor, end: Tensor): Tensor;
}
