import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { mul } from "../ops/arithmetic.js";
import { transpose } from "../ops/layout.js";
import { gemm } from "../ops/linear-algebra.js";
import { sum } from "../ops/reduction.js";
import { printGraph } from "./print.js";
import { constant, input, type Tensor, weight } from "./tensor.js";

test("leaves first, then one op a line with its attributes, then what is returned", () => {
  const x = input("x", "float32", [2, 3]);
  const w = weight(
    "head.weight",
    { dtype: "float32", shape: [3, 2] },
    { kind: "memory", array: NDArray.zeros("float32", [3, 2]) },
  );
  const y = mul(gemm(x, w, undefined, { alpha: 0.5 }), 2);
  expect(`\n${printGraph([transpose(y), y, sum(x, { axes: [1], keepDims: true })])}\n`).toMatchInlineSnapshot(`
    "
    x:float32[2,3] (input)
    head.weight:float32[3,2] (weight)
    k2:int64[1] (constant)
    a:float32[2,2] = Gemm x head.weight alpha=0.5 transA=0 transB=0
    b:float32[2,2] = Mul a 2
    c:float32[2,2] = Transpose b perm=[1,0]
    d:float32[2,1] = ReduceSum x k2 keepdims=1
    return c b d
    "
  `);
});

test("shared values are printed once, and the text of equal graphs is equal", () => {
  const build = (): Tensor => {
    const x = input("x", "float32", [2]);
    const square = mul(x, x);
    return mul(square, square);
  };
  expect(printGraph([build()])).toBe(printGraph([build()]));
  expect(printGraph([build()])).toMatchInlineSnapshot(`
    "x:float32[2] (input)
    a:float32[2] = Mul x x
    b:float32[2] = Mul a a
    return b"
  `);
});

test("names go on past z", () => {
  let y = input("x", "float32", []);
  for (let i = 0; i < 703; i++) y = mul(y, y);
  const names = printGraph([y])
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split(":")[0]);
  expect([names[0], names[25], names[26], names[51], names[52], names[701], names[702]]).toEqual([
    "a",
    "z",
    "aa",
    "az",
    "ba",
    "zz",
    "aaa",
  ]);
  expect(new Set(names).size).toBe(names.length);
});

test("an output that is a leaf", () => {
  expect(printGraph([constant(2), input("x", "int64", [1])])).toBe("x:int64[1] (input)\nreturn 2 x");
});
