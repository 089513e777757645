/** The way of an edit as it is written on a command line. */
import { expect, test } from "vitest";
import { parseDirection } from "./direction-form.js";

test("two texts and a weight, the prompts as *, and fields behind", () => {
  expect(parseDirection("a photo <-> a sketch:5")).toEqual({ from: "a photo", to: "a sketch", weight: 5 });
  expect(parseDirection("a photo <-> a sketch")).toEqual({ from: "a photo", to: "a sketch", weight: 1 });
  expect(parseDirection("a photo <-> red, blue:2")).toEqual({ from: "a photo", to: "red, blue", weight: 2 });
  expect(parseDirection("a photo <-> *:9, threshold=0.7,against=whole,whole=.5")).toEqual({
    ...{ from: "a photo", to: null, weight: 9 },
    ...{ threshold: 0.7, against: "whole", whole: 0.5 },
  });
  expect(parseDirection("none")).toBeNull();
});

test.each(["a photo", "a <-> b <-> c", " <-> b", "a <-> b:0->1", "a <-> b:1:0.4"])("%j is none", (text) => {
  expect(() => parseDirection(text)).toThrow(`direction: "${text.trim()}" is none`);
});
