import { expect, test } from "vitest";
import { Random } from "./random.js";
import { seedAfter, seedFrom, seedWords } from "./seed.js";

test.each([
  [7, 7],
  ["007", 7],
  ["9007199254740991", 9007199254740991],
  ["9007199254740993", "9007199254740993"],
  ["18446744073709551615", "18446744073709551615"],
  [2n ** 64n - 1n, "18446744073709551615"],
] as const)("%s is the seed %s", (given, seed) => {
  expect(seedFrom(given)).toBe(seed);
});

test.each([-1, Number.NaN, 1.5, 2 ** 53, "18446744073709551616", "-1", "1e3", "", " 1", null, undefined, -1n])(
  "%s is none",
  (given) => {
    expect(seedFrom(given)).toBeUndefined();
  },
);

test("64 bits are the generator's key; neighbours above 2^53 differ, and seeds after the largest begin at 0", () => {
  expect(seedWords("18446744073709551615")).toEqual([0xffffffff, 0xffffffff]);
  expect(seedWords(2 ** 32 + 5)).toEqual([5, 1]);
  const first = (seed: string) => new Random(seed).uint32();
  expect(first("9007199254740992")).not.toBe(first("9007199254740993"));
  expect(seedAfter(Number.MAX_SAFE_INTEGER, 2)).toBe("9007199254740993");
  expect(seedAfter("18446744073709551615", 1)).toBe(0);
  expect(() => new Random(-1)).toThrow("expected a whole number from 0 to 18446744073709551615, got -1");
});
