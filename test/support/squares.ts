/** A generator without weights, codebook or encoder: the smallest continuous latent. */
import type { Generator } from "../../src/models/generator.js";
import { resizeNearest } from "../../src/ops/pooling.js";

/** A latent of three channels of this deviation, each position a 4 x 4 square of its colour. */
export function squaresOf(deviation: number): Generator {
  return {
    name: "squares",
    factor: 4,
    resolution: 32,
    deviation,
    latentShape: ([height, width]) => [1, 3, height / 4, width / 4],
    decode: (z) => resizeNearest(z, 4),
    files: [],
  };
}
