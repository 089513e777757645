/** From a latent to its picture, as a run's step, its finished picture and its exported part have it. */
import { input, type Tensor } from "../graph/tensor.js";
import type { DecodeOptions, Finishing, Generator } from "../models/generator.js";
import { add, mul, sub } from "../ops/arithmetic.js";
import type { Settings } from "./settings.js";

/** The picture that an edit is held against, or that is repainted: input `original` [1,3,H,W] in 0..1. */
export function originalInput([width, height]: Settings["size"]): Tensor {
  return input("original", "float32", [1, 3, height, width]);
}

/** A latent's picture. */
export interface Decoded {
  /** [1,3,H,W], or views [V,3,H,W]; 0..1 but not held there */
  readonly picture: Tensor;
  /** What another autoencoder draws the finished picture of [1,D,h,w]; absent where it is this one. */
  readonly inner?: Tensor;
}

/**
 * What a latent is decoded to: its picture, or the views of a shape, of which the first is its picture; what the generator draws goes in as input `generatorText`.
 *
 * @param original [1,3,H,W] in 0..1, for generators that repaint it
 */
export function decoded(
  generator: Generator,
  latent: Tensor,
  options: Pick<DecodeOptions, "recompute" | "size" | "noising" | "room">,
  original: Tensor | undefined,
): Decoded {
  const told = generator.text && { text: input("generatorText", "float32", [1, generator.text.embeddingSize]) };
  const repainted = generator.repaints && original && { source: sub(mul(original, 2), 1) };
  const ways = { ...options, ...told, ...repainted };
  const { finishing } = generator;
  if (!finishing) return { picture: inUnits(generator.decode(latent, ways)) };
  const inner = finishing.inner(latent, ways);
  return { picture: inUnits(finishing.draw(inner, ways)), inner };
}

/** The finished picture [1,3,H,W], 0..1 but not held there, where another autoencoder draws it. */
export function finalPicture({ by }: Finishing, inner: Tensor): Tensor {
  return inUnits(by.decode(inner));
}

/** -1..1 -> 0..1 */
const inUnits = (x: Tensor): Tensor => mul(add(x, 1), 0.5);
