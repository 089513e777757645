import { expect, test } from "vitest";
import { Random, type RandomState } from "./random.js";

/** Philox4x32-10 in whole-number arithmetic: the definition of Salmon et al. 2011, written a second time. */
function philoxByDefinition(counter: readonly number[], key: readonly number[]): number[] {
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  const word = (value: bigint) => value & 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const [a, b] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
    [c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, word(b), (a >> 32n) ^ c3 ^ k1, word(a)];
    [k0, k1] = [word(k0 + 0x9e3779b9n), word(k1 + 0xbb67ae85n)];
  }
  return [c0, c1, c2, c3].map(Number);
}

const draw = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.uint32());
const hex = (words: readonly number[]): string => words.map((word) => word.toString(16).padStart(8, "0")).join(" ");

test("the definition gives the known answers of the Random123 suite", () => {
  const full = 0xffffffff;
  expect(hex(philoxByDefinition([0, 0, 0, 0], [0, 0]))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  expect(hex(philoxByDefinition([full, full, full, full], [full, full]))).toBe("408f276d 41c83b0e a20bc7c6 6d5451fd");
  const pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  expect(hex(philoxByDefinition(pi, [0xa4093822, 0x299f31d0]))).toBe("d16cfe09 94fdcceb 5001e420 24126ea1");
});

test("a generator is Philox4x32-10 over its counter", () => {
  expect(hex(draw(Random.fromState([0, 0, 0, 0, 0]), 4))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  const states: RandomState[] = [
    [1, 2, 3, 4, 0],
    [0xffffffff, 0x80000000, 0xffffffff, 7, 0],
    [0xdeadbeef, 0x12345678, 0x9abcdef0, 0xffffffff, 0],
  ];
  for (const state of states) {
    const [key0, key1, low, high] = state;
    expect(draw(Random.fromState(state), 4)).toEqual(philoxByDefinition([low, high, 0, 0], [key0, key1]));
  }
});

test("the counter carries from its low word into its high word", () => {
  const random = Random.fromState([5, 6, 0xffffffff, 9, 4]);
  expect(draw(random, 4)).toEqual(philoxByDefinition([0, 10, 0, 0], [5, 6]));
});

test("all 53 bits of a seed count, and a seed that is none is refused", () => {
  expect(new Random(2 ** 32 + 3).state).toEqual([3, 1, 0, 0, 4]);
  expect(draw(new Random(3), 4)).not.toEqual(draw(new Random(2 ** 32 + 3), 4));
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new Random(seed)).toThrow("seed: expected");
});

test("a saved state goes on with the same numbers, wherever it was taken", () => {
  for (const drawn of [0, 1, 3, 4, 5, 8, 13]) {
    const random = new Random(42);
    draw(random, drawn);
    const restored = Random.fromState(JSON.parse(JSON.stringify(random.state)) as RandomState);
    expect(draw(restored, 11)).toEqual(draw(random, 11));
  }
});

test("a split depends on key and label alone, and streams do not repeat each other", () => {
  const parent = new Random(7);
  const before = draw(parent.split("noise"), 8);
  draw(parent, 100);
  expect(draw(parent.split("noise"), 8)).toEqual(before);
  const streams = [
    draw(new Random(7), 500),
    draw(new Random(8), 500),
    ...["noise", "cutouts", "cutoutt", "", "a", "b"].map((label) => draw(new Random(7).split(label), 500)),
    draw(new Random(8).split("noise"), 500),
    draw(new Random(7).split("noise").split("noise"), 500),
  ];
  const all = streams.flat();
  expect(all.length - new Set(all).size).toBeLessThan(5); // two of 5000 draws of 2^32 meet once in 300 runs
  for (let i = 1; i < streams.length; i++) expect(Math.abs(correlation(streams[i - 1], streams[i]))).toBeLessThan(0.2);
});

function correlation(a: readonly number[] = [], b: readonly number[] = []): number {
  const centred = (values: readonly number[]) => {
    const mean = values.reduce((x, y) => x + y, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [x, y] = [centred(a), centred(b)];
  const dot = (p: readonly number[], q: readonly number[]) =>
    p.reduce((total, v, i) => total + v * (q[i] as number), 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

const moment = (values: readonly number[], power: number): number =>
  values.reduce((total, value) => total + value ** power, 0) / values.length;

test("uniform numbers fill [low, high) evenly", () => {
  const random = new Random(11);
  const values = Array.from({ length: 20_000 }, () => random.uniform());
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  for (const power of [1, 2, 3]) expect(moment(values, power)).toBeCloseTo(1 / (power + 1), 2);
  const shifted = Array.from({ length: 2000 }, () => random.uniform(-3, 5));
  expect(Math.min(...shifted)).toBeGreaterThanOrEqual(-3);
  expect(Math.max(...shifted)).toBeLessThan(5);
  expect(moment(shifted, 1)).toBeCloseTo(1, 0);
});

test("normal numbers have the moments 0, 1, 0, 3", () => {
  const random = new Random(12);
  const values = Array.from({ length: 40_000 }, () => random.normal());
  expect(moment(values, 1)).toBeCloseTo(0, 1);
  expect(moment(values, 2)).toBeCloseTo(1, 1);
  expect(Math.abs(moment(values, 3))).toBeLessThan(0.1);
  expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(0.2);
  const shifted = Array.from({ length: 4000 }, () => random.normal(10, 0.5));
  expect(moment(shifted, 1)).toBeCloseTo(10, 1);
  const [a, b] = [new Random(3), new Random(3)];
  expect(a.normals(3)).toEqual(Float32Array.of(b.normal(), b.normal(), b.normal()));
});

test("integer and chance", () => {
  const random = new Random(13);
  const counts = [0, 0, 0];
  for (let i = 0; i < 6000; i++) {
    const face = random.integer(3);
    counts[face] = (counts[face] as number) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  let hits = 0;
  for (let i = 0; i < 4000; i++) hits += Number(random.chance(0.25));
  expect(Math.abs(hits - 1000)).toBeLessThan(120);
  expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
});
