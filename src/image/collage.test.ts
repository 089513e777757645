import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { collage } from "./collage.js";

/** A flat picture of one grey with another in its middle. */
function framed(edge: number, middle: number): NDArray {
  const values = new Float32Array(3 * 64).fill(edge);
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 2; row < 6; row++) values.fill(middle, channel * 64 + row * 8 + 2, channel * 64 + row * 8 + 6);
  }
  return NDArray.float32([3, 8, 8], values);
}

test("each at its spot, as often as it has spots, on the first one's ground", () => {
  const spots = [[{ x: -0.5, y: 0, scale: 0.5 }], [{ x: 0.5, y: -0.5, scale: 0.5 }, { x: 0.5, y: 0.5, scale: 0.5 }]]; // biome-ignore format: one thought
  const made = collage([framed(1, 0), framed(1, 0.5)], spots, [16, 16]);
  expect(made.shape).toEqual([3, 16, 16]);
  const at = (row: number, column: number) => made.at(row * 16 + column);
  expect(at(8, 4)).toBeCloseTo(0, 1);
  expect(at(4, 12)).toBeCloseTo(0.5, 1);
  expect(at(12, 12)).toBeCloseTo(0.5, 1);
  expect([at(0, 0), at(15, 0), at(8, 8)].map((value) => Math.round(value * 10) / 10)).toEqual([1, 1, 1]);
});

test("a wide canvas keeps them square", () => {
  const made = collage([framed(0.25, 1)], [[{ x: 0, y: 0, scale: 1 }]], [24, 8]);
  expect([0, 7, 16, 23].map((column) => made.at(column))).toEqual([0.25, 0.25, 0.25, 0.25]);
  expect(made.at(4 * 24 + 12)).toBeCloseTo(1, 1);
});

/** White, 8 x 8 pixels, with these levels as grey instead. */
function dotted(levels: Readonly<Record<string, number>>): NDArray {
  const values = new Float32Array(3 * 64).fill(1);
  for (const [place, level] of Object.entries(levels)) {
    const [row, column] = place.split(",").map(Number) as [number, number];
    for (const channel of [0, 1, 2]) values[channel * 64 + row * 8 + column] = level;
  }
  return NDArray.float32([3, 8, 8], values);
}

const whole = [[{ x: 0, y: 0, scale: 1 }]];
const half = NDArray.float32([3, 8, 8], new Float32Array(192).fill(0.5));

test("over a ground, what leads to the edge is not shown, what the thing encloses is", () => {
  const ring = Array.from({ length: 6 }, (_, i) => [`1,${i + 1}`, `6,${i + 1}`, `${i + 1},1`, `${i + 1},6`]).flat();
  const picture = dotted({ ...Object.fromEntries(ring.map((place) => [place, 0.1])), "0,5": 0.98 });
  const made = collage([picture], whole, [8, 8], half);
  const at = (row: number, column: number) => Number(made.at(row * 8 + column).toFixed(4));
  expect([at(0, 0), at(0, 5), at(7, 7), at(1, 3), at(3, 3)]).toEqual([0.5, 0.5, 0.5, 0.1, 1]);
  expect(half.at(0)).toBe(0.5);
});

test("a rim lets the ground through by its distance from the edge's colour, as a share of the thing's", () => {
  const made = collage([dotted({ "3,3": 0.95, "4,4": 0.9, "0,7": 0.96 })], whole, [8, 8], half);
  expect(made.at(4 * 8 + 4)).toBeCloseTo(0.9, 5);
  expect(made.at(3 * 8 + 3)).toBeCloseTo(0.95 - 0.5 * 0.5, 5);
  const alpha = (Math.sqrt(3) * 0.04) / 0.15;
  expect(made.at(7)).toBeCloseTo(0.96 - (1 - alpha) * 0.5, 5);
});

test("each by its own edge, at its spot on a wide ground; a thing may touch the edge", () => {
  const ground = NDArray.float32([3, 8, 16], new Float32Array(384).fill(0.25));
  const touching = dotted({ "0,3": 0, "0,4": 0, "1,3": 0, "1,4": 0 });
  const made = collage([framed(0.75, 0), touching], [[{ x: -0.5, y: 0, scale: 1 }], [{ x: 0.5, y: 0, scale: 1 }]], [16, 8], ground); // biome-ignore format: one thought
  const levels = [0, 3 * 16 + 3, 15, 8 + 3].map((index) => made.at(index).toFixed(3));
  expect(levels).toEqual(["0.250", "0.000", "0.250", "0.000"]);
});
