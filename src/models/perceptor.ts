/** The perceptor's role in the method: texts and pictures to one space. Any model that fills it can be used. */
import type { Tensor } from "../graph/tensor.js";
import type { ModelFile } from "./model-file.js";

/** A text as the perceptor reads it. */
export interface TokenizedText {
  /** As many as the context is long: start, text, end, padding */
  readonly ids: readonly number[];
  /** Tokens before the padding */
  readonly length: number;
  /** Position of the end token, where `encodeText` reads the embedding */
  readonly end: number;
  /** Set when the text is longer than the context: what is read whole, and what is not. Together they are the text. */
  readonly truncated?: { readonly kept: string; readonly cut: string };
  /** Words that the vocabulary has no token for, in order, each once */
  readonly unknown: readonly string[];
}

/** What a perceptor saw, and what led it there. */
export interface ImageLayers {
  /** [n,E], not normalised */
  readonly embedding: Tensor;
  /** Features of some inner layers [n,positions,channels] each, early ones first */
  readonly layers: readonly Tensor[];
}

/** A model that sees texts and pictures in one space. */
export interface Perceptor {
  /** Where no file tells it from others, its name has to: it goes into pictures and sessions. */
  readonly name: string;
  /** S: side of the pictures it looks at */
  readonly inputSize: number;
  /** E */
  readonly embeddingSize: number;
  /** L: tokens of a text */
  readonly contextLength: number;
  /** A text as it is read; of one that is too long, as much as fits. */
  tokenize(text: string): TokenizedText;
  /** All words it knows, where the vocabulary is one of words; undefined where it spells any text from pieces */
  readonly words?: readonly string[];
  /** Pictures [n,3,S,S] in 0..1 -> embeddings [n,E], not normalised */
  encodeImage(pixels: Tensor): Tensor;
  /** The same with its inner layers; absent where it shows none */
  readonly encodeImageLayers?: (pixels: Tensor) => ImageLayers;
  /** int64 ids [b,L] and positions of the end token [b] -> embeddings [b,E], not normalised */
  encodeText(ids: Tensor, end: Tensor): Tensor;
  /** What it was read from, for the record that a picture carries */
  readonly files: readonly ModelFile[];
}
