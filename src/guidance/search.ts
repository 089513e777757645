/** How a run finds out where its loss falls: by its gradient, or by looking at many latents around the one it has. */
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { type OptimizerState, optimizers } from "../optim/optimizer.js";
import { directions, estimated, type PairLosses } from "../optim/pgpe.js";
import type { RunState } from "./run-state.js";
import type { Settings } from "./settings-type.js";

/** What the optimiser keeps before the first step for so many numbers; of a population, how far each spreads. */
export function firstOptimizer(
  { optimizer, search, spread }: Pick<Settings, "optimizer" | "search" | "spread">,
  length: number,
): OptimizerState {
  const begun = optimizers[optimizer].init(length);
  if (search === "gradient") return begun;
  return {
    ...begun,
    arrays: { ...begun.arrays, spread: NDArray.float32([length], new Float32Array(length).fill(spread)) },
  };
}

/** What looking around gives in a gradient's place, of z's shape. */
export interface Surroundings {
  readonly gradient: NDArray;
  /** How far the next population spreads [n] */
  readonly spread: NDArray;
}

/**
 * One population around a state's latent. Which one depends on the seed and the step's number alone; all see the same views.
 *
 * @param lossAt what one of them would lose
 */
export async function lookAround(state: RunState, lossAt: (z: NDArray) => Promise<number>): Promise<Surroundings> {
  const { settings, step, z, optimizer } = state;
  const spread = (optimizer.arrays.spread as NDArray).floats();
  const random = new Random(settings.seed).split(`population of step ${step}`);
  const away = directions(spread, settings.population / 2, random);
  const middle = z.floats();
  const losses: PairLosses[] = [];
  for (const direction of away) {
    const at = (sign: number) => middle.map((value, i) => value + sign * (direction[i] as number));
    const lost = async (sign: number) => numbered(await lossAt(NDArray.float32(z.shape, at(sign))));
    losses.push([await lost(1), await lost(-1)]);
  }
  const found = estimated(away, losses, spread);
  return { gradient: NDArray.float32(z.shape, found.gradient), spread: NDArray.float32([z.size], found.spread) };
}

/** A loss that is no number is the worst. */
const numbered = (loss: number) => (Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss);
