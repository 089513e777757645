import { expect, test } from "vitest";
import { add, exp, mul } from "../ops/arithmetic.js";
import { input, type Tensor } from "./tensor.js";
import { toposort } from "./toposort.js";

const [x, y] = [input("x", "float32", [2]), input("y", "float32", [2])];

test("every tensor stands once, after all it depends on", () => {
  const shared = mul(x, y);
  const left = exp(shared);
  const right = add(shared, left);
  const root = mul(right, add(left, x));
  const order = toposort([root, left]);
  expect(new Set(order).size).toBe(order.length);
  expect(order).toHaveLength(7);
  for (const tensor of order) {
    for (const source of tensor.inputs) expect(order.indexOf(source)).toBeLessThan(order.indexOf(tensor));
  }
});

test("operands of one op come in their order, and only what is asked for", () => {
  const unused = exp(y);
  expect(toposort([add(x, y)]).slice(0, 2)).toEqual([x, y]);
  expect(toposort([add(y, x)]).slice(0, 2)).toEqual([y, x]);
  expect(toposort([add(x, y)])).not.toContain(unused);
  expect(toposort([])).toEqual([]);
  expect(toposort([x, x])).toEqual([x]);
});

test("other dependencies than the inputs can be walked", () => {
  const a = exp(x);
  const b = exp(y);
  const c = add(a, y);
  const dependencies = (tensor: Tensor) => (tensor === c ? [b] : tensor.inputs);
  expect(toposort([c], dependencies)).toEqual([y, b, c]);
});

test("fifty thousand ops deep, and a lattice of 2^60 paths", () => {
  let deep = x;
  for (let i = 0; i < 50_000; i++) deep = exp(deep);
  expect(toposort([deep])).toHaveLength(50_001);
  let lattice = x;
  for (let i = 0; i < 60; i++) lattice = add(lattice, lattice);
  expect(toposort([lattice])).toHaveLength(61);
});
