import { expect, test } from "vitest";
import { followsLength, formatWeight, parseWeight, strongest, weightAt, weightOf } from "./weight.js";

const over = (text: string, steps: number) =>
  Array.from({ length: steps }, (_, step) => Number(weightAt(weightOf(text), step, steps).toFixed(6)));

test("values run linearly from the first step to the last", () => {
  expect(over("0->1", 5)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(over("1->0->-1", 5)).toEqual([1, 0.5, 0, -0.5, -1]);
  expect(over("0->1", 1)).toEqual([1]);
});

test("places are steps or shares of the run; before the first and after the last, the weight stays", () => {
  expect(over("0@1->1@3", 6)).toEqual([0, 0, 0.5, 1, 1, 1]);
  expect(over("0.5@25%->1@75%", 5)).toEqual([0.5, 0.5, 0.75, 1, 1]);
  expect(over("0->1@2->0.5@100%", 5)).toEqual([0, 0.5, 1, 0.75, 0.5]);
  expect(over("0@50%->1@1", 5)).toEqual([0, 1, 1, 1, 1]); // places cross in a short run: the later written holds
});

test.each(["", "x", "0->0", "1->", "1@3", "0@2->1@1", "0@0%->1@101%", "0->1->2@50%->3", "1e999->0", "0@1.5->1@2"])(
  "%s is no weight",
  (text) => expect(parseWeight(text)).toBeUndefined(),
);

test("writing is the inverse of reading", () => {
  for (const text of ["0.3", "0->1", "0@10%->1@33.3%->0@400"]) {
    const weight = weightOf(text);
    expect(parseWeight(formatWeight(weight))).toEqual(weight);
  }
  expect(() => weightOf("soon")).toThrow('weight: "soon" is none');
});

test("what is strongest, and what depends on the length of the run", () => {
  expect(strongest(weightOf("0.5->-1->0.2"))).toBe(-1);
  expect([0.5, weightOf("0->1"), weightOf("0@1->1@2")].map(followsLength)).toEqual([false, true, false]);
});
