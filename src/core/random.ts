/**
 * The one random generator: Philox4x32-10 (Salmon et al. 2011), counter-based, hence seeded, splittable and
 * serialisable as four numbers. Same seed, same numbers, on every machine.
 */
import { type Seed, seedWords } from "./seed.js";

/** `[key0, key1, counterLow, counterHigh, index]`: everything a generator is. */
export type RandomState = readonly [number, number, number, number, number];

export const RANDOM_NAME = "philox4x32-10";

export class Random {
  private key0: number;
  private key1: number;
  private low = 0;
  private high = 0;
  private index = 4;
  private readonly block = new Uint32Array(4);

  /** @throws BAD_ARGUMENT when `seed` is no whole number of 64 bits */
  constructor(seed: Seed) {
    [this.key0, this.key1] = seedWords(seed);
  }

  static fromState(state: RandomState): Random {
    const random = new Random(0);
    [random.key0, random.key1, random.low, random.high, random.index] = state;
    if (random.index < 4) random.refill();
    return random;
  }

  get state(): RandomState {
    return [this.key0, this.key1, this.low, this.high, this.index];
  }

  /** An independent generator that depends on this one's key and `label` only, not on how much was drawn. */
  split(label: string): Random {
    let hash = 0x811c9dc5; // FNV-1a
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
    const block = new Uint32Array(4);
    philox(block, hash, label.length, 0x5b1d, 0xffffffff, this.key0, this.key1);
    const child = new Random(0);
    child.key0 = block[0] as number;
    child.key1 = block[1] as number;
    return child;
  }

  /** A whole number, uniform in 0..2^32-1. */
  uint32(): number {
    if (this.index === 4) {
      this.low = (this.low + 1) >>> 0;
      if (this.low === 0) this.high = (this.high + 1) >>> 0;
      this.refill();
      this.index = 0;
    }
    return this.block[this.index++] as number;
  }

  /** Uniform in [low, high), 53 random bits. */
  uniform(low = 0, high = 1): number {
    const a = this.uint32() >>> 5;
    const b = this.uint32() >>> 6;
    return low + ((high - low) * (a * 67108864 + b)) / 9007199254740992;
  }

  /** A whole number, uniform in 0..bound-1. */
  integer(bound: number): number {
    return Math.floor(this.uniform(0, bound));
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.uniform() < p;
  }

  /** Standard normal, by Box-Muller (one of the pair, so that the state stays four numbers). */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  normals(length: number): Float32Array {
    return Float32Array.from({ length }, () => this.normal());
  }

  private refill(): void {
    philox(this.block, this.low, this.high, 0, 0, this.key0, this.key1);
  }
}

function philox(out: Uint32Array, c0: number, c1: number, c2: number, c3: number, k0: number, k1: number): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of a 32x32-bit product, in exact 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}
