/** How a net is told the time of a step: where that is known beforehand, all that is made of it is folded. */
import { NDArray } from "../../core/ndarray.js";
import { constant, type Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { silu } from "../../ops/activation.js";
import { add } from "../../ops/arithmetic.js";
import { linear } from "../../ops/linear-algebra.js";

/** Sines and cosines of a number at falling frequencies. */
export interface Sinusoids {
  /** Cosines before sines */
  readonly cosineFirst: boolean;
  /** Frequencies are exp(-ln(10000) i / (half - shift)), i = 0..half-1 */
  readonly shift: number;
}

/** Those of `value`, [1,width]. */
export function sinusoids(value: number, width: number, { cosineFirst, shift }: Sinusoids): NDArray {
  const half = Math.floor(width / 2);
  const angles = Array.from({ length: half }, (_, i) => value * Math.exp((-Math.log(10_000) * i) / (half - shift)));
  const [sines, cosines] = [angles.map(Math.sin), angles.map(Math.cos)];
  const values = cosineFirst ? [...cosines, ...sines] : [...sines, ...cosines];
  return NDArray.float32([1, width], [...values, ...(width % 2 === 1 ? [0] : [])]);
}

interface TimeWeights {
  readonly first: Affine;
  readonly second: Affine;
  /** From the embedding of the guidance, where the net is told it: [C,G] */
  readonly guidance?: Tensor;
  /** Of what is told beside the time, where something is */
  readonly beside?: { readonly first: Affine; readonly second: Affine };
}

/** What a step tells the net beside the noise. */
export interface StepFacts {
  /** Itself, or where it changes from step to step its sinusoids [1,C], an input */
  readonly timestep: number | Tensor;
  /** How much the text counts, for nets that learnt to be told. */
  readonly guidance: number;
  /** What is told beside the time, for nets that learnt to be told it: [1,A] */
  readonly beside?: Tensor | undefined;
}

/** Numbers of a picture's size, or the like, side by side: [1,width of all] */
export function numbersTold(values: readonly number[], width: number, form: Sinusoids): Tensor {
  const each = values.flatMap((value) => Array.from(sinusoids(value, width, form).floats()));
  return constant(NDArray.float32([1, each.length], each));
}

/** What a net of latent consistency is told unless somebody says otherwise: its pipeline's own standard. */
export const USUAL_GUIDANCE = 8.5;

/**
 * silu(second(silu(first(sinusoids)))) [1,4C], with the same of what is told beside the time added in the outer silu: what every
 * residual block makes its shift of.
 *
 * @param width C of the sinusoids
 * @param guidanceWidth G
 */
export function timeEmbedding(
  { first, second, guidance, beside }: TimeWeights,
  facts: StepFacts,
  width: number,
  form: Sinusoids,
  guidanceWidth = 0,
): Tensor {
  const { timestep } = facts;
  const when = typeof timestep === "number" ? constant(sinusoids(timestep, width, form)) : timestep;
  const told = guidance
    ? add(when, linear(constant(guidanceSinusoids(facts.guidance, guidanceWidth)), guidance))
    : when;
  const mapped = (x: Tensor, by: { readonly first: Affine; readonly second: Affine }) =>
    linear(silu(linear(x, by.first.weight, by.first.bias)), by.second.weight, by.second.bias);
  const time = mapped(told, { first, second });
  return silu(beside && facts.beside ? add(time, mapped(facts.beside, beside)) : time);
}

/** A guidance of 1 is none. */
function guidanceSinusoids(guidance: number, width: number): NDArray {
  return sinusoids(1000 * (guidance - 1), width, { cosineFirst: false, shift: 1 });
}
