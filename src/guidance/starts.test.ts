import { expect, test } from "vitest";
import { Random } from "../core/random.js";
import { isPictureStart, pictureStarts, startPicture, starts } from "./starts.js";

const size = [24, 16] as const;
const of = (start: (typeof pictureStarts)[number], seed = 1) => startPicture(start, size, new Random(seed));

test.each(pictureStarts)("%s is a picture in 0..1 of its seed", (start) => {
  const picture = of(start);
  expect(picture.shape).toEqual([3, 16, 24]);
  expect(picture.floats().every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(of(start).floats()).toEqual(picture.floats());
  expect(of(start, 2).floats()).not.toEqual(picture.floats());
});

test("which starts are pictures", () => {
  expect(starts.filter((start) => !isPictureStart(start))).toEqual(["codes", "normal"]);
});

test("pixels: mean 1/2 and variance 1/12, neighbours unrelated", () => {
  const values = startPicture("pixels", [64, 64], new Random(5)).floats();
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = (lag: number) =>
    values.reduce((sum, value, i) => sum + (value - mean) * ((values[i + lag] ?? mean) - mean), 0) / values.length;
  expect(mean).toBeCloseTo(0.5, 1.5);
  expect(spread(0)).toBeCloseTo(1 / 12, 2);
  expect(Math.abs(spread(1))).toBeLessThan(0.005);
});

test("gradient: each channel rises by the same amount from pixel to pixel, across and down, channels apart", () => {
  const picture = of("gradient");
  const at = (channel: number, row: number, column: number) => picture.at((channel * 16 + row) * 24 + column);
  const slopes = [0, 1, 2].map((channel) => {
    const [across, down] = [at(channel, 0, 1) - at(channel, 0, 0), at(channel, 1, 0) - at(channel, 0, 0)];
    for (const [row, column] of [
      [3, 9],
      [15, 23],
      [15, 0],
    ] as const) {
      expect(at(channel, row, column)).toBeCloseTo(at(channel, 0, 0) + column * across + row * down, 5);
    }
    return [across, down];
  });
  expect(Math.max(...slopes.flat().map(Math.abs))).toBeGreaterThan(1e-3);
  expect(slopes[0]).not.toEqual(slopes[1]);
});

test("light: between .6 and 1 but for the noise, neighbours alike, far places not", () => {
  const values = startPicture("light", [64, 64], new Random(3)).floats();
  expect(values.every((value) => value > 0.5)).toBe(true);
  const differ = (lag: number) => {
    const pairs = Array.from({ length: 32 }, (_, i) =>
      Math.abs((values[i * 64] as number) - (values[i * 64 + lag] as number)),
    );
    return pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
  };
  expect(differ(1)).toBeLessThan(0.05);
  expect(differ(32)).toBeGreaterThan(1.5 * differ(1));
});
