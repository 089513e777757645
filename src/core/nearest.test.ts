import { describe, expect, it } from "vitest";
import { editDistance, nearest, nearestWords } from "./nearest.js";

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

describe("nearestWords", () => {
  const known = ["house", "horse", "keeper", "keep", "use", "castle"];
  it("offers words that are spelt alike before those that are a part of it", () => {
    expect(nearestWords("hourse", known)).toEqual(["horse", "house"]);
    expect(nearestWords("housekeeper", known)).toEqual(["keeper", "house"]);
    expect(nearestWords("castles", [...known, "cast"])).toEqual(["castle", "cast"]);
  });
  it("offers nothing where there is neither", () => {
    expect(nearestWords("submarine", known)).toEqual([]);
  });
});
