import { expect, test } from "vitest";
import { axisFrom, seedsFrom, variantOf } from "./grid-axis.js";

test("seeds are lists and ranges", () => {
  expect(seedsFrom("1..3,9")).toEqual([1, 2, 3, 9]);
  for (const text of ["", "3..1", "a", "1,1", "1..2000000000"]) expect(() => seedsFrom(text)).toThrow();
});

test("an axis is a word of the prompts, the last weight, a preset or a setting", () => {
  const request = { prompts: ["a castle", "fog"] };
  expect(axisFrom("style:oil, thick;ink")).toEqual({ name: "style", values: ["oil, thick", "ink"] });
  const prompts = (axis: string, given = request) => {
    const read = axisFrom(axis);
    return read.values.map((value) => variantOf(given, read, value).prompts);
  };
  expect(prompts("weight:0.3,1")).toEqual([
    ["a castle", "fog:0.3"],
    ["a castle", "fog:1"],
  ]);
  expect(prompts("x:0.3,1", { prompts: ["a castle:{x}", "fog"] })).toEqual([
    ["a castle:0.3", "fog"],
    ["a castle:1", "fog"],
  ]);
  expect(variantOf(request, axisFrom("learning-rate:0.1"), "0.1")).toEqual({ ...request, learningRate: 0.1 });
  expect(variantOf(request, axisFrom("preset:ema"), "ema")).toEqual({ ...request, preset: "ema" });
  expect(() => prompts("weight:1", { prompts: ["fog:0.5"] })).toThrow(/has a weight/);
  expect(() => prompts("colour:red")).toThrow(/no setting/);
  expect(() => prompts("cutouts:none")).toThrow(/cutouts none: expected/);
});
