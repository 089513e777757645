/** The generator's role in the method: pictures from latents of codes, and back. Any model that fills it can be used. */
import type { NDArray } from "../core/ndarray.js";
import type { Tensor } from "../graph/tensor.js";
import type { ModelFile } from "./model-file.js";

export interface DecodeOptions {
  /** Compute intermediate values again in the backward pass instead of keeping them (default false). */
  readonly recompute?: boolean;
}

export interface Generator {
  readonly name: string;
  /** f: a latent position stands for f x f pixels */
  readonly factor: number;
  /** Side of the square pictures it was trained on; others work too */
  readonly resolution: number;
  /** D: channels of the latent */
  readonly latentChannels: number;
  /** [K,D], on the host */
  readonly codebook: NDArray;
  /** Smallest and largest value of every channel of the codebook, [D] each */
  readonly codebookRange: { readonly low: Float32Array; readonly high: Float32Array };
  /** Whether it can `encode`: a checkpoint may lack the encoder. */
  readonly encodes: boolean;
  /** A picture [n,3,H,W] in -1..1, sides multiples of f -> its latent among the codes [n,D,H/f,W/f] */
  encode(x: Tensor): Tensor;
  /** The latent [n,D,h,w] with the nearest code at every position, gradient passed straight through; int64 [n,h,w] */
  quantize(z: Tensor): { readonly zq: Tensor; readonly indices: Tensor };
  /** A latent [n,D,h,w] -> its picture [n,3,fh,fw], about -1..1 */
  decode(z: Tensor, options?: DecodeOptions): Tensor;
  /** What it was read from, for the record that a picture carries */
  readonly files: readonly ModelFile[];
}
