/** Seeds: whole numbers of 64 bits, as PyTorch prints them. What a number cannot hold exactly is decimal text. */
import { requires } from "./errors.js";

/** A whole number from 0; above 2^53 - 1 the text of its digits, up to 2^64 - 1. */
export type Seed = number | string;

const LARGEST = 2n ** 64n - 1n;

export const SEED_FORM = `a whole number from 0 to ${LARGEST}`;

/** The one form of a seed: `7` of "007", and text only where a number would round. Undefined when it is none. */
export function seedFrom(value: unknown): Seed | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const isText = typeof value === "string" && /^\d{1,40}$/.test(value);
  if (!isText && typeof value !== "bigint") return undefined;
  const exact = BigInt(value);
  if (exact < 0n || exact > LARGEST) return undefined;
  return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact.toString();
}

/** The seed that comes `offset` after one, from the largest on at 0. @throws BAD_ARGUMENT when it is none */
export function seedAfter(seed: Seed, offset: number): Seed {
  return seedFrom((exactSeed(seed) + BigInt(offset)) % (LARGEST + 1n)) as Seed;
}

/** Its lower and its upper 32 bits. @throws BAD_ARGUMENT when it is none */
export function seedWords(seed: Seed): [low: number, high: number] {
  const exact = exactSeed(seed);
  return [Number(exact & 0xffffffffn), Number(exact >> 32n)];
}

/** As one number, exactly. @throws BAD_ARGUMENT when it is none */
export function exactSeed(seed: Seed): bigint {
  const checked = seedFrom(seed);
  requires(checked !== undefined, "BAD_ARGUMENT", () => `seed: expected ${SEED_FORM}, got ${seed}`);
  return BigInt(checked);
}

/** Seeds as people list them: `1..8`, `3,5,9`, or both. Undefined when it is no list of at most `most`, or has one twice. */
export function seedList(text: string, most: number): Seed[] | undefined {
  const seeds: Seed[] = [];
  for (const part of text.split(",")) {
    const [, first, last = first] = /^\s*(\d+)(?:\.\.(\d+))?\s*$/.exec(part) ?? [];
    const [low, high] = [seedFrom(first), seedFrom(last)];
    const count = low === undefined || high === undefined ? 0n : exactSeed(high) - exactSeed(low) + 1n;
    if (low === undefined || count < 1n || count > most) return undefined;
    for (let i = 0; i < count; i++) seeds.push(seedAfter(low, i));
  }
  return seeds.length <= most && new Set(seeds).size === seeds.length ? seeds : undefined;
}
