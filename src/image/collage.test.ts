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
