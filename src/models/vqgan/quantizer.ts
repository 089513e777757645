/** Latents to codes: the nearest entry of the codebook, or a Gumbel model's own choice. */
import { requires } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { square } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import { straightThrough } from "../../ops/gradient-control.js";
import { reshape, transpose } from "../../ops/layout.js";
import { gemm } from "../../ops/linear-algebra.js";
import { gather } from "../../ops/movement.js";
import { sum } from "../../ops/reduction.js";
import { argMax, argMin } from "../../ops/selection.js";

export interface QuantizerWeights {
  /** [K,D] */
  readonly codebook: Tensor;
  /** A Gumbel model's map from the encoder's latent to a logit for each code, [K,D,1,1] */
  readonly logits?: Affine;
}

export interface Quantized {
  /** The chosen codes in place of the latent, [n,D,h,w]; the gradient passes to the latent unchanged. */
  readonly zq: Tensor;
  /** int64 [n,h,w] */
  readonly indices: Tensor;
}

/**
 * zq = e[argmin_k |z - e_k|^2] at every position. The distance is |e_k|^2 - 2 z.e_k, one matrix product, because |z|^2
 * is the same for all k. Serves Gumbel models too, on a latent among their codes.
 *
 * @param z [n,D,h,w]
 */
export function quantize({ codebook }: QuantizerWeights, z: Tensor): Quantized {
  const [entries, channels] = codebook.shape as [number, number];
  const [n, d, h, w] = z.shape as [number, number, number, number];
  requires(z.rank === 4 && d === channels, "SHAPE_MISMATCH", () => `quantize(): needs [n,${channels},h,w], got ${z}`);
  const rows = reshape(transpose(z, [0, 2, 3, 1]), [n * h * w, d]);
  const lengths = reshape(sum(square(codebook), { axes: [1] }), [1, entries]);
  const distances = gemm(rows, codebook, lengths, { alpha: -2, transB: 1 }); // [nhw, K]
  const indices = argMin(reshape(distances, [n, h, w, entries]), 3); // not reshaped after: WebGPU moves no int64
  return { zq: straightThrough(lookUp({ codebook }, indices), z), indices };
}

/** The codes themselves. @param indices int64 [n,h,w] @returns [n,D,h,w] */
export function lookUp({ codebook }: QuantizerWeights, indices: Tensor): Tensor {
  return transpose(gather(codebook, indices), [0, 3, 1, 2]);
}

/**
 * The codes a Gumbel model gives to a picture: the largest logit at every position. The noise of its training, which the
 * reference draws in evaluation as well, is left out.
 *
 * @param latent what `encode` returns, [n,D,h,w]
 * @returns int64 [n,h,w]
 */
export function gumbelIndices({ logits }: QuantizerWeights, latent: Tensor): Tensor {
  requires(logits, "BAD_ARGUMENT", () => "gumbelIndices(): the model has no logits, it is no Gumbel model");
  return argMax(transpose(conv2d(latent, logits.weight, logits.bias), [0, 2, 3, 1]), 3);
}

export interface CodebookRange {
  /** Per channel, over all codes [D] */
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** The smallest and the largest value of every channel of a codebook [K,D]. */
export function codebookRange(codebook: NDArray): CodebookRange {
  const channels = codebook.shape[1] as number;
  const low = new Float32Array(channels).fill(Number.POSITIVE_INFINITY);
  const high = new Float32Array(channels).fill(Number.NEGATIVE_INFINITY);
  codebook.floats().forEach((value, i) => {
    const channel = i % channels;
    if (value < (low[channel] as number)) low[channel] = value;
    if (value > (high[channel] as number)) high[channel] = value;
  });
  return { low, high };
}
