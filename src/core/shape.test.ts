import { expect, test } from "vitest";
import { broadcastShapes, normalizeAxes, normalizeAxis, sameShape, sizeOf, stridesOf } from "./shape.js";

test("sizes and strides are row-major; a scalar has one element", () => {
  expect([sizeOf([]), sizeOf([2, 3, 4]), sizeOf([2, 0])]).toEqual([1, 24, 0]);
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect(stridesOf([])).toEqual([]);
});

test("shapes broadcast from the right, ones stretch", () => {
  expect(broadcastShapes("add", [2, 3], [3])).toEqual([2, 3]);
  expect(broadcastShapes("add", [2, 1, 3], [4, 1])).toEqual([2, 4, 3]);
  expect(broadcastShapes("add", [], [5], [1, 1])).toEqual([1, 5]);
  expect(broadcastShapes("add", [1], [7])).toEqual([7]);
  expect(broadcastShapes("add")).toEqual([]);
});

test("shapes that fit neither way are named, with the caller", () => {
  expect(() => broadcastShapes("add", [2, 3], [2])).toThrow("add(): shapes do not broadcast, got [2,3] and [2]");
  expect(() => broadcastShapes("where", [4], [1], [3])).toThrow("where(): shapes do not broadcast");
});

test("axes count from the end when negative", () => {
  expect([normalizeAxis("sum", -1, 3), normalizeAxis("sum", 0, 3), normalizeAxis("sum", -3, 3)]).toEqual([2, 0, 0]);
  expect(normalizeAxes("sum", [-1, 0], 3)).toEqual([0, 2]);
  expect(() => normalizeAxes("sum", [0, -3], 3)).toThrow("sum(): axes [0,-3] name one axis of 3 twice");
  for (const axis of [3, -4, 0.5]) {
    expect(() => normalizeAxis("sum", axis, 3)).toThrow(`sum(): axis ${axis} is outside a tensor of rank 3`);
  }
});

test("shapes are the same with equal ranks and extents", () => {
  expect([sameShape([], []), sameShape([2, 3], [2, 3]), sameShape([2], [2, 1]), sameShape([2, 3], [3, 2])]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
