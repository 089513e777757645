/** What encoders of sound have in common. */
import type { NDArray } from "../core/ndarray.js";
import type { Tensor } from "../graph/tensor.js";

/** What a kind of encoder is made of. */
export interface SoundNet {
  readonly embeddingSize: number;
  /** Samples a second of what it hears */
  readonly rate: number;
  /** What its net sees of samples at that rate */
  seen(samples: Float32Array): NDArray;
  /** @returns [1,E] */
  encode(seen: Tensor): Tensor;
}
