import { expect, test } from "vitest";
import { NDArray } from "../../core/ndarray.js";
import { Random } from "../../core/random.js";
import { edgePlaces } from "./from-picture.js";

/** A dark red disc of radius 12 in the middle of 40 x 40 light pixels. */
const disc = NDArray.float32(
  [3, 40, 40],
  Float32Array.from({ length: 4800 }, (_, i) => {
    const [channel, x, y] = [Math.floor(i / 1600), (i % 40) + 0.5, Math.floor((i % 1600) / 40) + 0.5];
    return Math.hypot(x - 20, y - 20) < 12 ? ([0.6, 0.1, 0.1][channel] as number) : 0.9;
  }),
);

test("paths lie along edges, spread over them, and the same for the same seed", () => {
  const places = edgePlaces(disc, 8, 7, 2, new Random(2));
  expect(places).toHaveLength(8);
  for (const { path } of places) {
    expect(path).toHaveLength(14);
    for (let i = 0; i < 14; i += 2) {
      expect(Math.abs(Math.hypot((path[i] as number) - 20, (path[i + 1] as number) - 20) - 12)).toBeLessThan(4);
    }
    const step = Math.hypot((path[2] as number) - (path[0] as number), (path[3] as number) - (path[1] as number));
    expect(step).toBeCloseTo(2, 5);
    expect(
      Math.hypot((path[12] as number) - (path[0] as number), (path[13] as number) - (path[1] as number)),
    ).toBeGreaterThan(6); // it goes on, not to and fro
  }
  const sides = new Set(places.map(({ path }) => `${(path[6] as number) > 20},${(path[7] as number) > 20}`));
  expect(sides.size).toBeGreaterThan(2);
  expect(edgePlaces(disc, 8, 7, 2, new Random(2))).toEqual(places);
});

test("a plain picture has places too", () => {
  const plain = NDArray.float32([3, 9, 7], new Float32Array(189).fill(0.25));
  for (const { path, colour } of edgePlaces(plain, 3, 4, 1, new Random(1))) {
    expect(path.every(Number.isFinite)).toBe(true);
    expect(colour).toEqual([0.25, 0.25, 0.25]);
  }
});
