import { expect, test } from "vitest";
import { bfloat16ToNumber, halfToNumber, numberToHalf } from "./dtype.js";
import { NDArray } from "./ndarray.js";

test("every half survives the way to a number and back", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = halfToNumber(bits);
    if (!Number.isNaN(value)) expect(numberToHalf(value)).toBe(bits);
  }
});

test("numbers round to the nearest half, ties to even, and overflow to infinity", () => {
  expect(halfToNumber(numberToHalf(1 + 2 ** -11))).toBe(1); // halfway between 1 and the next: to even
  expect(halfToNumber(numberToHalf(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
  expect(halfToNumber(numberToHalf(65519))).toBe(65504);
  expect(halfToNumber(numberToHalf(65520))).toBe(Number.POSITIVE_INFINITY);
  expect(halfToNumber(numberToHalf(2 ** -25))).toBe(0);
  expect(halfToNumber(numberToHalf(1.5 * 2 ** -25))).toBe(2 ** -24);
  expect(halfToNumber(numberToHalf(Number.NaN))).toBeNaN();
});

test("bfloat16 is the upper half of a float32", () => {
  expect(bfloat16ToNumber(0x3f80)).toBe(1);
  expect(bfloat16ToNumber(0xc2f7)).toBe(-123.5);
});

test("arrays are read from misaligned bytes, of a Buffer too, and convert between types", () => {
  const bytes = Buffer.concat([Buffer.from([0]), new Uint8Array(Float32Array.of(1.5, -2).buffer)]).subarray(1);
  const array = NDArray.fromBytes("float32", [2], bytes);
  expect([...array.floats()]).toEqual([1.5, -2]);
  expect(Array.from(array.as("int64").data)).toEqual([1n, -2n]);
  expect(array.as("float16").at(1)).toBe(-2);
  expect(Array.from(array.as("bool").data)).toEqual([1, 1]);
  expect(() => NDArray.float32([3], [1, 2])).toThrow("holds 3 elements, got 2");
  expect(() => NDArray.fromBytes("float32", [3], bytes)).toThrow("needs 12 bytes, got 8");
});
