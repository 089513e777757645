import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "./nearest.js";

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["", "abc", 3],
    ["apple", "apple", 0],
    ["aple", "apple", 1],
    ["paple", "apple", 1],
    ["kitten", "sitting", 3],
  ])("%s -> %s is %i", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe("nearest", () => {
  const known = ["apple", "ample", "maple", "castle", "candle"];
  it("orders by distance, then by name", () => {
    expect(nearest("aple", known)).toEqual(["ample", "apple", "maple"]);
  });
  it("offers nothing far away", () => {
    expect(nearest("submarine", known)).toEqual([]);
  });
});
