/**
 * How urgent a session is. Higher ones go first; one moves up by one for each ten minutes that it waits, and is then behind
 * those that are there already: nobody waits for ever. Owners take turns among what is as urgent.
 */

/** From the last to the first. */
export const priorities = ["low", "normal", "high"] as const;
export type Priority = (typeof priorities)[number];

/** Milliseconds of waiting after which a session counts as one higher. */
const MOVES_UP_AFTER = 600_000;

export interface Rank {
  /** 0 goes first. */
  readonly rank: number;
  /** For how many milliseconds it has had it. */
  readonly for: number;
}

/** @param waited milliseconds */
export function rankOf(priority: Priority = "normal", waited = 0): Rank {
  const below = priorities.length - 1 - priorities.indexOf(priority);
  const moves = Math.min(below, Math.floor(waited / MOVES_UP_AFTER));
  return { rank: below - moves, for: waited - moves * MOVES_UP_AFTER };
}

export const isHigher = (one: Priority, other: Priority): boolean =>
  priorities.indexOf(one) > priorities.indexOf(other);
