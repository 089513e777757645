/** A running average of the latent (Polyak averaging, as the EMA notebooks do it): smoother than where the run stands. */
import { NDArray } from "../core/ndarray.js";

export interface Average {
  /** sum of (1 - decay) decay^age z, over the latents so far: without correction for its beginning at 0 */
  readonly biased: NDArray;
  /** How many latents are in it. */
  readonly count: number;
}

/** An average that has seen nothing. */
export function newAverage(z: NDArray): Average {
  return { biased: NDArray.zeros("float32", z.shape), count: 0 };
}

/** The average of z alone, as part of a run's state; nothing where `decay` is 0 and so there is no average. */
export function averageFrom(z: NDArray, decay: number): { average?: Average } {
  return decay > 0 ? { average: withLatent(newAverage(z), z, decay) } : {};
}

/** One latent more. */
export function withLatent({ biased, count }: Average, z: NDArray, decay: number): Average {
  const values = z.floats();
  const next = biased.floats().map((value, i) => decay * value + (1 - decay) * (values[i] as number));
  return { biased: NDArray.float32(z.shape, next), count: count + 1 };
}

/** biased / (1 - decay^count): the mean of the latents so far, each weighted by how recent it is. */
export function averaged({ biased, count }: Average, decay: number): NDArray {
  const weight = 1 - decay ** count;
  return NDArray.float32(
    biased.shape,
    biased.floats().map((value) => value / weight),
  );
}
