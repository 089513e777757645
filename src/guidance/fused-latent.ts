/** A latent that is a mixture of several (FuseDream, Liu et al. 2021): what is mixed and the shares are both optimised. */
import { NDArray } from "../core/ndarray.js";
import type { Random } from "../core/random.js";
import type { Shape } from "../core/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { softmax } from "../ops/activation.js";
import { mul } from "../ops/arithmetic.js";
import { slice } from "../ops/movement.js";
import { sum } from "../ops/reduction.js";

/** The shape of what is optimised: `basis` latents of a shape [1,...], then as many arrays of logits. */
export function fusedShape([, ...rest]: Shape, basis: number): Shape {
  return [2 * basis, ...rest];
}

/** The latent [1,...] of what is optimised [2k,...]: sum_i softmax_i(logits) * z_i, every number by shares of its own. */
export function fused(variable: Tensor): Tensor {
  const basis = (variable.shape[0] as number) / 2;
  const shares = softmax(slice(variable, 0, basis, 2 * basis), 0);
  return sum(mul(shares, slice(variable, 0, 0, basis)), { axes: [0], keepDims: true });
}

/** The latents [1,...] with standard normal logits: what a fused latent begins with. @returns [2k,...] */
export function fusedStart(latents: readonly NDArray[], random: Random): NDArray {
  const [first] = latents as readonly [NDArray];
  const values = new Float32Array(2 * latents.length * first.size);
  for (const [i, latent] of latents.entries()) values.set(latent.floats(), i * first.size);
  values.set(random.normals(latents.length * first.size), latents.length * first.size);
  return NDArray.float32(fusedShape(first.shape, latents.length), values);
}

/** The latents of what is optimised, without its logits: a part of the same memory. */
export function basisOf(values: Float32Array): Float32Array {
  return values.subarray(0, values.length / 2);
}
