import { expect, test } from "vitest";
import { NDArray } from "../../core/ndarray.js";
import { constant, input, weight } from "../../graph/tensor.js";
import { add, cast, div, equal, erf, exp, mul } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import { matmul } from "../../ops/linear-algebra.js";
import { sum } from "../../ops/reduction.js";
import { argMax } from "../../ops/selection.js";
import { evaluate } from "./evaluate.js";

const x = input("x", "float32", [2, 2]);
const feeds = { x: NDArray.float32([2, 2], [1, 2, 3, 4]) };
const numbers = (array: NDArray | undefined) => Array.from(array?.data ?? [], Number);

test("a few results known by heart", () => {
  const kernel = constant(NDArray.float32([1, 1, 1, 2], [1, 10]));
  const picture = constant(NDArray.float32([1, 1, 1, 3], [1, 2, 3]));
  const results = evaluate([matmul(x, x), sum(x, { axes: [0] }), conv2d(picture, kernel), erf(constant(1))], feeds);
  expect(numbers(results[0])).toEqual([7, 10, 15, 22]);
  expect(numbers(results[1])).toEqual([4, 6]);
  expect(numbers(results[2])).toEqual([21, 32]);
  expect(results[3]?.item()).toBeCloseTo(0.842700792949715, 14);
});

test("floats are computed in float64, whole numbers and truths keep their type", () => {
  const third = evaluate([div(constant(1), 3), exp(constant(1))]);
  expect(third.map((array) => [array.dtype, array.item()])).toEqual([
    ["float64", 1 / 3],
    ["float64", Math.E],
  ]);
  const [position, whole, truth] = evaluate([argMax(x), cast(mul(x, 0.7), "int32"), equal(x, 2)], feeds);
  expect([position?.dtype, numbers(position)]).toEqual(["int64", [1, 1]]);
  expect([whole?.dtype, numbers(whole)]).toEqual(["int32", [0, 1, 2, 2]]);
  expect([truth?.dtype, numbers(truth)]).toEqual(["bool", [0, 1, 0, 0]]);
});

test("weights in memory are read; one in a file and a missing feed are errors that name them", () => {
  const type = { dtype: "float16", shape: [2] } as const;
  const held = weight("held", type, { kind: "memory", array: NDArray.float32([2], [0.5, -2]).as("float16") });
  expect(numbers(evaluate([cast(held, "float32")])[0])).toEqual([0.5, -2]);
  const file = weight("head.weight", type, { kind: "file", path: "/nowhere", offset: 0, length: 4 });
  expect(() => evaluate([file])).toThrow("evaluate(): head.weight lies in a file");
  expect(() => evaluate([add(x, 1)])).toThrow('evaluate(): input "x" is missing');
});
