import { expect, test } from "vitest";
import { allocate, bfloat16ToNumber, bytesPerElement, halfToNumber, numberToHalf, viewBytes } from "./dtype.js";

test("every half that is a number survives the way to a number and back", () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = halfToNumber(bits);
    if (Number.isNaN(value)) expect((bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0).toBe(true);
    else if (numberToHalf(value) !== bits) expect.fail(`0x${bits.toString(16)} came back as ${numberToHalf(value)}`);
  }
});

test("halves of landmarks", () => {
  const landmarks: [bits: number, value: number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x03ff, 1023 * 2 ** -24],
    [0x0001, 2 ** -24],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ];
  for (const [bits, value] of landmarks) {
    expect(halfToNumber(bits)).toBe(value);
    expect(numberToHalf(value)).toBe(bits);
  }
  expect(halfToNumber(0x7e00)).toBeNaN();
  expect(halfToNumber(numberToHalf(Number.NaN))).toBeNaN();
});

test("a number between two halves goes to the nearer, a tie to the even one", () => {
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [halfToNumber(bits), halfToNumber(bits + 1)];
    const middle = (low + high) / 2;
    const even = bits & 1 ? bits + 1 : bits;
    const got = [numberToHalf(middle), numberToHalf(-middle), numberToHalf(low + (middle - low) * 0.99)];
    const wanted = [even, even | 0x8000, bits];
    if (got.join() !== wanted.join()) expect.fail(`around 0x${bits.toString(16)}: ${got}, not ${wanted}`);
  }
});

test("a double a hair from a tie is not rounded twice", () => {
  expect(numberToHalf(1 + 2 ** -11)).toBe(0x3c00);
  expect(numberToHalf(1 + 2 ** -11 + 2 ** -40)).toBe(0x3c01);
  expect(numberToHalf(1 + 3 * 2 ** -11 - 2 ** -40)).toBe(0x3c01);
  expect(numberToHalf(2 ** -25)).toBe(0);
  expect(numberToHalf(2 ** -25 * (1 + 2 ** -30))).toBe(1);
});

test("halves overflow to infinity from 65520 on, and underflow to a signed zero", () => {
  expect(numberToHalf(65519.99)).toBe(0x7bff);
  expect(numberToHalf(65520)).toBe(0x7c00);
  expect(numberToHalf(-1e10)).toBe(0xfc00);
  expect(numberToHalf(1e300)).toBe(0x7c00);
  expect(numberToHalf(1e-8)).toBe(0);
  expect(numberToHalf(-1e-300)).toBe(0x8000);
});

test("bfloat16 is the upper half of a float32", () => {
  expect([0x3f80, 0xc000, 0x4049, 0x0000, 0x7f80].map(bfloat16ToNumber)).toEqual([1, -2, 3.140625, 0, Infinity]);
});

test("bytes are read in place where alignment allows, else from a copy", () => {
  const bytes = new Uint8Array(Float32Array.of(0, 1.5, -2).buffer);
  const shared = viewBytes("float32", bytes.subarray(4), 2);
  expect([...shared]).toEqual([1.5, -2]);
  expect(shared.buffer).toBe(bytes.buffer);
  const shifted = new Uint8Array(9);
  shifted.set(bytes.subarray(4), 1);
  const copied = viewBytes("float32", Buffer.from(shifted.buffer).subarray(1), 2);
  expect([...copied]).toEqual([1.5, -2]);
  expect(copied.buffer).not.toBe(shifted.buffer);
});

test("storage is zeroed and of the dtype's width", () => {
  expect([...allocate("int64", 2)]).toEqual([0n, 0n]);
  expect((["float64", "float32", "float16", "int64", "int32", "uint8", "bool"] as const).map(bytesPerElement)).toEqual([
    8, 4, 2, 8, 4, 1, 1,
  ]);
});
