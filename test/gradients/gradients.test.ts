/** Every derivative against central differences, and every op in ONNX Runtime against the reference evaluator. */
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { definedOps } from "../../src/graph/op.js";
import { printGraph } from "../../src/graph/print.js";
import { constant, input, type Tensor } from "../../src/graph/tensor.js";
import { toposort } from "../../src/graph/toposort.js";
import * as a from "../../src/ops/arithmetic.js";
import { conv2d } from "../../src/ops/convolution.js";
import { clampWithGrad, replaceGrad, stopGradient, straightThrough } from "../../src/ops/gradient-control.js";
import { reshape } from "../../src/ops/layout.js";
import { linear } from "../../src/ops/linear-algebra.js";
import { groupNormSilu } from "../../src/ops/normalization.js";
import { sum } from "../../src/ops/reduction.js";
import { argMax, argMin } from "../../src/ops/selection.js";
import { compile } from "../../src/runtime/program.js";
import { evaluate, evaluators } from "../../src/runtime/reference/evaluate.js";
import { cases, differentiableCases } from "./cases.js";
import { buildCase, gradcheck } from "./gradcheck.js";

const opsOf = (tensors: readonly Tensor[]): string[] => toposort(tensors).flatMap(({ op }) => (op ? [op.name] : []));

test.each(differentiableCases)("gradient of $name", (gradientCase) => {
  expect(gradcheck(gradientCase)).toBeLessThan(2e-6);
});

test("every op with a derivative has a case", () => {
  const covered = new Set(cases.flatMap((gradientCase) => opsOf([buildCase(gradientCase).output])));
  const missing = [...definedOps().values()]
    .filter(({ name, vjp }) => vjp && !covered.has(name))
    .map(({ name }) => name);
  expect(missing).toEqual([]);
});

test("every op has a reference evaluator", () => {
  expect([...definedOps().keys()].filter((name) => !evaluators[name])).toEqual([]);
});

test.each(cases)("ONNX Runtime agrees on $name, forward and backward", async (gradientCase) => {
  const { output, gradients, feeds } = buildCase(gradientCase);
  const outputs = Object.fromEntries([output, ...gradients].map((tensor, i) => [`y${i}`, tensor]));
  const program = await compile(outputs, { threads: 1 });
  const results = await program.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => program.reads(name))));
  await program.dispose();
  evaluate([output, ...gradients], feeds).forEach((expected, i) => {
    const actual = results[`y${i}`] as NDArray;
    const scale = Math.max(1, ...Array.from({ length: expected.size }, (_, k) => Math.abs(expected.at(k))));
    for (let k = 0; k < expected.size; k++) {
      expect(Math.abs(actual.at(k) - expected.at(k)) / scale, `output ${i}, element ${k}`).toBeLessThan(1e-5);
    }
  });
});

test("argMin and argMax take the first of equals, here and in ONNX Runtime", async () => {
  const x = input("x", "float32", [2, 4]);
  const outputs = { low: argMin(x), high: argMax(x, 0, true) };
  const feeds = { x: NDArray.float32([2, 4], [3, 1, 1, 2, 5, 5, 0, 0]) };
  const program = await compile(outputs, { threads: 1 });
  const { low, high } = await program.run(feeds);
  await program.dispose();
  expect(Array.from(low.data, Number)).toEqual([1, 2]);
  expect(Array.from(high.data, Number)).toEqual([1, 1, 0, 0]);
  expect(evaluate(Object.values(outputs), feeds).map(({ data }) => Array.from(data, Number))).toEqual([
    [1, 2],
    [1, 1, 0, 0],
  ]);
});

const x = input("x", "float32", [4]);
const numbers = (tensor: Tensor, ...values: number[]): number[] => {
  const [result] = evaluate([tensor], { x: NDArray.float32([4], values) }) as [NDArray];
  return Array.from({ length: result.size }, (_, i) => result.at(i));
};

test("clampWithGrad blocks only what pushes further out", () => {
  const weights = constant(NDArray.float32([4], [1, -1, 1, -1])); // a descent step goes against the gradient
  const y = clampWithGrad(x, 0, 1);
  const [dx] = grad(sum(a.mul(y, weights)), [x]) as [Tensor];
  expect(numbers(y, 2, 2, -1, -1)).toEqual([1, 1, 0, 0]);
  expect(numbers(dx, 2, 2, -1, -1)).toEqual([1, 0, 0, -1]);
  expect(numbers(dx, 0.5, 0.5, 0, 1)).toEqual([1, -1, 1, -1]);
});

test("straightThrough has the value of one and the gradient of the other; replaceGrad too; stopGradient none", () => {
  const rounded = a.floor(x);
  const through = straightThrough(rounded, x);
  expect(numbers(through, 0.5, 1.5, -0.5, 2)).toEqual([0, 1, -1, 2]);
  expect(numbers((grad(sum(a.mul(through, 3)), [x]) as [Tensor])[0], 1, 2, 3, 4)).toEqual([3, 3, 3, 3]);
  const replaced = replaceGrad(a.mul(x, 10), a.max(x, 0));
  expect(numbers(replaced, -1, 2, -3, 4)).toEqual([-10, 20, -30, 40]);
  expect(numbers((grad(sum(replaced), [x]) as [Tensor])[0], -1, 2, -3, 4)).toEqual([0, 1, 0, 1]);
  expect(numbers((grad(sum(a.mul(stopGradient(x), x)), [x]) as [Tensor])[0], 1, 2, 3, 4)).toEqual([1, 2, 3, 4]);
});

test("grad prunes: weights that nobody asks for get no gradient", () => {
  const w = input("w", "float32", [3, 2, 3, 3]);
  const image = input("image", "float32", [1, 2, 4, 4]);
  const loss = sum(conv2d(image, w, undefined, { padding: 1 }));
  expect(opsOf(grad(loss, [image])).filter((name) => name === "Conv")).toHaveLength(1);
  expect(opsOf(grad(loss, [image, w])).filter((name) => name === "Conv")).toHaveLength(2);
});

test("grad gives zeros where nothing depends, and an error where an op has no derivative", () => {
  const other = input("other", "float32", [2]);
  expect(grad(sum(x), [other])[0]?.shape).toEqual([2]);
  expect(() => grad(sum(a.floor(x)), [x])).toThrow("Floor has no derivative");
  expect(() => grad(x, [x])).toThrow("needs a scalar");
});

test("graphs of twenty thousand ops are walked without recursion", () => {
  let deep: Tensor = x;
  for (let i = 0; i < 20_000; i++) deep = a.add(deep, x);
  expect(numbers((grad(sum(deep), [x]) as [Tensor])[0], 1, 2, 3, 4)).toEqual([20_001, 20_001, 20_001, 20_001]);
});

test("the printed backward pass of convolution, group norm and a linear layer", () => {
  const image = input("image", "float32", [1, 2, 2, 2]);
  const w = constant(NDArray.zeros("float32", [2, 2, 3, 3]));
  const scale = constant(NDArray.float32([2], [1, 2]));
  const h = groupNormSilu(conv2d(image, w, undefined, { padding: 1 }), scale, scale, { groups: 1 });
  const y = linear(reshape(h, [1, 8]), constant(NDArray.zeros("float32", [1, 8])));
  expect(printGraph(grad(sum(y), [image]))).toMatchSnapshot();
});
