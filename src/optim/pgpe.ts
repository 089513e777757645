/**
 * PGPE (Sehnke et al. 2010): a gradient from values alone. What is sought is the middle of a normal distribution and its
 * spread in each number; both move to where pairs of points, mirrored at the middle, did better. Values count by their ranks.
 */
import type { Random } from "../core/random.js";

/** How a step finds out where the loss falls. */
export const searches = ["gradient", "pgpe"] as const;

/** Share of its gradient by which the spread moves, and of itself by which it moves at most. */
const [SPREAD_RATE, MOST_CHANGE] = [0.1, 0.2];

/** How far points lie from the middle: `pairs` draws from a normal distribution of that spread. @param spread [n] */
export function directions(spread: Float32Array, pairs: number, random: Random): Float32Array[] {
  return Array.from({ length: pairs }, () => {
    const normals = random.normals(spread.length);
    return normals.map((value, i) => value * (spread[i] as number));
  });
}

/** The losses at the middle plus a direction and minus it. */
export type PairLosses = readonly [plus: number, minus: number];

/** Where to, as far as a population tells. */
export interface Estimate {
  /** Of the loss by ranks, at the middle [n] */
  readonly gradient: Float32Array;
  /** The spread of the next population [n] */
  readonly spread: Float32Array;
}

/**
 * What a population tells of where the loss falls. Ranks go evenly from -1/2, the lowest loss, to 1/2.
 *
 * @param away the direction of each pair [n]
 * @param losses of each pair, none NaN
 */
export function estimated(
  away: readonly Float32Array[],
  losses: readonly PairLosses[],
  spread: Float32Array,
): Estimate {
  const ranks = centredRanks(losses.flat());
  const [gradient, grown] = [new Float64Array(spread.length), new Float64Array(spread.length)];
  away.forEach((direction, pair) => {
    const [plus, minus] = [ranks[2 * pair] as number, ranks[2 * pair + 1] as number];
    const [slope, level] = [(plus - minus) / 2 / away.length, (plus + minus) / 2 / away.length];
    for (let i = 0; i < spread.length; i++) {
      const [way, width] = [direction[i] as number, spread[i] as number];
      gradient[i] = (gradient[i] as number) + way * slope;
      grown[i] = (grown[i] as number) + ((way * way - width * width) / width) * level;
    }
  });
  return {
    gradient: Float32Array.from(gradient),
    spread: spread.map((width, i) => {
      const most = MOST_CHANGE * width;
      return width - Math.min(most, Math.max(-most, SPREAD_RATE * (grown[i] as number)));
    }),
  };
}

/** From -1/2 for the lowest to 1/2 for the highest; of equals, the first is the lower. */
function centredRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
  const ranks = new Array<number>(values.length);
  order.forEach((index, rank) => {
    ranks[index] = rank / (values.length - 1) - 0.5;
  });
  return ranks;
}
