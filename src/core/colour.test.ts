/** Colours and their hexadecimal digits. */
import { expect, test } from "vitest";
import { colourOfHex, hexOf } from "./colour.js";

test("six digits are a colour, with or without #, whatever their case; nothing else is", () => {
  expect(colourOfHex("#ff8000")).toEqual([1, 128 / 255, 0]);
  expect(colourOfHex("FF8000")).toEqual([1, 128 / 255, 0]);
  for (const text of ["", "#fff", "ff80001", "red", " ff8000", "#gg0000"]) expect(colourOfHex(text)).toBeUndefined();
});

test("there and back", () => {
  for (const text of ["#000000", "#ffffff", "#0a80fe"]) expect(hexOf(colourOfHex(text) ?? [9, 9, 9])).toBe(text);
});
