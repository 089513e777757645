import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { type ResampleFilter, resamplingMatrix, resizePicture } from "./resize.js";

/** What torch's F.interpolate(antialias=True, align_corners=False) does to one axis, by row of the output. */
const torch: readonly [ResampleFilter, number, number, readonly number[][]][] = [
  [
    "bilinear",
    7,
    3,
    [
      [0.357143, 0.428571, 0.214286, 0, 0, 0, 0],
      [0, 0.058824, 0.235294, 0.411765, 0.235294, 0.058824, 0],
      [0, 0, 0, 0, 0.214286, 0.428571, 0.357143],
    ],
  ],
  [
    "bilinear",
    3,
    5,
    [
      [1, 0, 0],
      [0.6, 0.4, 0],
      [0, 1, 0],
      [0, 0.4, 0.6],
      [0, 0, 1],
    ],
  ],
  [
    "bicubic",
    7,
    3,
    [
      [0.383065, 0.439516, 0.21371, 0, -0.032258, -0.004032, 0],
      [-0.030525, 0.045177, 0.275946, 0.418803, 0.275946, 0.045177, -0.030525],
      [0, -0.004032, -0.032258, 0, 0.21371, 0.439516, 0.383065],
    ],
  ],
];

test.each(torch)("%s from %i to %i is torch's", (filter, inSize, outSize, expected) => {
  const matrix = resamplingMatrix(inSize, outSize, filter);
  expect(matrix.shape).toEqual([outSize, inSize]);
  expected.flat().forEach((value, i) => {
    expect(matrix.at(i)).toBeCloseTo(value, 5);
  });
});

test.each(["bilinear", "bicubic", "lanczos3"] as const)("%s leaves a flat picture flat", (filter) => {
  const flat = NDArray.float32([3, 9, 6], new Float32Array(3 * 9 * 6).fill(0.25));
  const resized = resizePicture(flat, 4, 11, filter);
  expect(resized.shape).toEqual([3, 4, 11]);
  for (const value of resized.floats()) expect(value).toBeCloseTo(0.25, 6);
});

test("rows and columns are resized each on their own", () => {
  const picture = NDArray.float32([1, 2, 2], [0, 1, 2, 3]);
  expect([...resizePicture(picture, 1, 2).floats()]).toEqual([1, 2]);
  expect([...resizePicture(picture, 2, 1).floats()]).toEqual([0.5, 2.5]);
  expect(resizePicture(picture, 2, 2)).toBe(picture);
});
