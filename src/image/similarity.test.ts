import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { edgeSsim, psnr, ssim } from "./similarity.js";

const shape = [3, 13, 17];
const made = (value: (i: number) => number) =>
  NDArray.float32(
    shape,
    Float32Array.from({ length: 3 * 13 * 17 }, (_, i) => value(i)),
  );
const picture = made((i) => ((i * 37) % 101) / 100);
const other = made((i) => ((i * 53) % 97) / 96);
const faded = made((i) => (((i * 37) % 101) / 100) * 0.8 + 0.05);

// Literal values: the definitions written out in NumPy, 2-D windows, float64; torchmetrics gives the same 0.9702.
test("unlike and like pictures score as the definitions say", () => {
  expect(psnr(picture, other)).toBeCloseTo(7.818477735, 5);
  expect(psnr(picture, faded)).toBeCloseTo(22.302583191, 5);
  expect(ssim(picture, other)).toBeCloseTo(-0.050136996, 6);
  expect(ssim(picture, faded)).toBeCloseTo(0.970153238, 6);
});

test("equal pictures are as alike as can be", () => {
  expect(psnr(picture, picture)).toBe(Number.POSITIVE_INFINITY);
  expect(ssim(picture, picture)).toBeCloseTo(1, 12);
  const flat = NDArray.zeros("float32", [1, 11, 11]);
  expect(ssim(flat, flat)).toBe(1);
});

test("PSNR of a constant difference: 20 dB for 0.1, 0 dB for black and white", () => {
  const [black, grey] = [made(() => 0), made(() => 0.1)];
  expect(psnr(black, grey)).toBeCloseTo(20, 5);
  expect(
    psnr(
      black,
      made(() => 1),
    ),
  ).toBe(0);
});

test("neither depends on the order of the two", () => {
  expect(psnr(other, picture)).toBe(psnr(picture, other));
  expect(ssim(other, picture)).toBeCloseTo(ssim(picture, other), 12);
});

test("shapes must agree, and hold one window", () => {
  const small = NDArray.zeros("float32", [3, 10, 11]);
  expect(() => psnr(picture, small)).toThrow(/needs two pictures of one shape, got float32\[3,13,17\] and/);
  expect(() => ssim(picture, small)).toThrow(/needs two pictures of one shape/);
  expect(() => ssim(small, small)).toThrow(/at least 11x11, got float32\[3,10,11\]/);
  const nothing = NDArray.zeros("float32", [3, 0, 4]);
  expect(() => psnr(nothing, nothing)).toThrow(/needs two pictures/);
});

test("edges are alike whatever the colours and the contrast, and unlike where they lie elsewhere", () => {
  const bars = (every: number, low: number, high: number) => made((i) => ((i % 17) % every < every / 2 ? low : high));
  expect(edgeSsim(bars(8, 0.1, 0.9), bars(8, 0.1, 0.9))).toBeCloseTo(1, 12);
  expect(edgeSsim(bars(8, 0.1, 0.9), bars(8, 0.8, 0.5))).toBeCloseTo(1, 4);
  expect(edgeSsim(bars(8, 0.1, 0.9), bars(5, 0.1, 0.9))).toBeLessThan(0.5);
});
