/** From a latent to its picture, as a run's step and its exported part both have it. */
import { input, type Tensor } from "../graph/tensor.js";
import type { DecodeOptions, Generator } from "../models/generator.js";
import { add, mul, sub } from "../ops/arithmetic.js";
import type { Settings } from "./settings.js";

/** The picture that an edit is held against, or that is repainted: input `original` [1,3,H,W] in 0..1. */
export function originalInput([width, height]: Settings["size"]): Tensor {
  return input("original", "float32", [1, 3, height, width]);
}

/**
 * The picture [1,3,H,W] of a latent, or the views of a shape, of which the first is its picture; 0..1 but not held there; what the generator draws goes in as input `generatorText`.
 *
 * @param original [1,3,H,W] in 0..1, for generators that repaint it
 */
export function decodedPicture(
  generator: Generator,
  latent: Tensor,
  options: Pick<DecodeOptions, "recompute" | "size" | "noising">,
  original: Tensor | undefined,
): Tensor {
  const told = generator.text && { text: input("generatorText", "float32", [1, generator.text.embeddingSize]) };
  const repainted = generator.repaints && original && { source: sub(mul(original, 2), 1) };
  return mul(add(generator.decode(latent, { ...options, ...told, ...repainted }), 1), 0.5);
}
