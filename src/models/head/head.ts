/** A head: numbers that are read off a perceptor's embedding of a picture, by one linear map or several. */
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { gelu, silu, softmax } from "../../ops/activation.js";
import { max, sigmoid, tanh } from "../../ops/arithmetic.js";
import { normalize } from "../../ops/distance.js";
import { linear } from "../../ops/linear-algebra.js";
import type { ModelFile } from "../model-file.js";

/** What stands between two maps of a head, by torch's names. */
export const activations = {
  none: (x: Tensor) => x,
  relu: (x: Tensor) => max(x, 0),
  gelu,
  silu,
  sigmoid,
  tanh,
} as const;

/** What stands between two maps of a head. */
export type Activation = keyof typeof activations;

/** Reads numbers off the embeddings of one perceptor. */
export interface Head {
  readonly name: string;
  /** E: of the embeddings that it reads */
  readonly embeddingSize: number;
  /** What its k numbers are called; none where it gives a single one */
  readonly outputs: readonly string[];
  /** Embeddings [n,E], not normalised -> [n,k] */
  apply(embeddings: Tensor): Tensor;
  /** What it was read from, for the record that a picture carries */
  readonly files: readonly ModelFile[];
}

/** How a head goes from embeddings to numbers. */
export interface HeadForm {
  /** The maps in order: [w,E], .., [k,w'] with their offsets */
  readonly layers: readonly Affine[];
  readonly activation: Activation;
  /** Whether it reads embeddings of length 1 */
  readonly normalized: boolean;
  /** Whether its numbers are shares of classes, which add to 1 */
  readonly softmax: boolean;
}

/** Embeddings [n,E] through a head's maps -> [n,k] */
export function applyHead({ layers, activation, normalized, softmax: isShared }: HeadForm, embeddings: Tensor): Tensor {
  const begun = normalized ? normalize(embeddings) : embeddings;
  const numbers = layers.reduce(
    (x, { weight, bias }, i) => linear(i === 0 ? x : activations[activation](x), weight, bias),
    begun,
  );
  return isShared ? softmax(numbers, 1) : numbers;
}
