/** The perceptor's role in the method: texts and pictures to one space. Any model that fills it can be used. */
import type { Tensor } from "../graph/tensor.js";
import type { ModelFile } from "./model-file.js";
import type { TextReader } from "./text-reader.js";

/** What a perceptor saw, and what led it there. */
export interface ImageLayers {
  /** [n,E], not normalised */
  readonly embedding: Tensor;
  /** Features of some inner layers [n,positions,channels] each, early ones first */
  readonly layers: readonly Tensor[];
}

/** A model that sees texts and pictures in one space. */
export interface Perceptor extends TextReader {
  /** Where no file tells it from others, its name has to: it goes into pictures and sessions. */
  readonly name: string;
  /** S: side of the pictures it looks at */
  readonly inputSize: number;
  /** Pictures [n,3,S,S] in 0..1 -> embeddings [n,E], not normalised */
  encodeImage(pixels: Tensor): Tensor;
  /** The same with its inner layers; absent where it shows none */
  readonly encodeImageLayers?: (pixels: Tensor) => ImageLayers;
  /** What its makers multiply cosines by, exp(logit_scale); absent where its files do not say */
  readonly cosineScale?: () => Promise<number>;
  /** What it was read from, for the record that a picture carries */
  readonly files: readonly ModelFile[];
}
