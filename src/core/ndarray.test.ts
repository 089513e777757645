import { expect, test } from "vitest";
import { fromBfloat16, NDArray } from "./ndarray.js";

const numbers = (array: NDArray): number[] => Array.from({ length: array.size }, (_, i) => array.at(i));

test("data must fill the shape", () => {
  expect(() => NDArray.float32([2, 3], [1, 2])).toThrow("NDArray(): shape [2,3] holds 6 elements, got 2");
  expect(() => NDArray.fromBytes("float32", [2], new Uint8Array(7))).toThrow("float32[2] needs 8 bytes, got 7");
});

test("scalars of every dtype", () => {
  for (const dtype of ["float64", "float32", "float16", "int64", "int32", "uint8"] as const) {
    const scalar = NDArray.scalar(3, dtype);
    expect([scalar.dtype, scalar.shape, scalar.item()]).toEqual([dtype, [], 3]);
  }
  expect(NDArray.scalar(3, "bool").item()).toBe(1);
  expect(() => NDArray.zeros("float32", [2]).item()).toThrow("needs one element, got shape [2]");
});

test("conversions: halves are decoded, whole numbers cut towards zero, bool is any number but 0", () => {
  const x = NDArray.float32([4], [-1.75, 0, 0.5, 2]);
  expect(numbers(x.as("float16"))).toEqual([-1.75, 0, 0.5, 2]);
  expect(numbers(x.as("float16").as("float32"))).toEqual([-1.75, 0, 0.5, 2]);
  expect([...x.as("int64").data]).toEqual([-1n, 0n, 0n, 2n]);
  expect([...x.as("int32").data]).toEqual([-1, 0, 0, 2]);
  expect([...x.as("bool").data]).toEqual([1, 0, 1, 1]);
  expect(x.as("float32")).toBe(x);
  expect([...NDArray.int64([2], [-5, 7]).floats()]).toEqual([-5, 7]);
});

test("bytes and reshape share memory, clone does not", () => {
  const x = NDArray.float32([2, 2], [1, 2, 3, 4]);
  expect(numbers(NDArray.fromBytes("float32", [4], x.bytes))).toEqual([1, 2, 3, 4]);
  const copy = x.clone();
  const flat = x.reshape([4]);
  flat.data[0] = 9;
  expect([x.at(0), copy.at(0), flat.shape]).toEqual([9, 1, [4]]);
  expect(() => x.reshape([3])).toThrow("holds 3 elements, got 4");
  const part = new NDArray("float32", [2], (x.data as Float32Array).subarray(2));
  expect(part.bytes.byteLength).toBe(8);
});

test("bfloat16 becomes float32", () => {
  expect(numbers(fromBfloat16([2], Uint16Array.of(0x3f80, 0xc000)))).toEqual([1, -2]);
  expect(String(NDArray.zeros("int64", [2, 3]))).toBe("int64[2,3]");
});
