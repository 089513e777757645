import { describe, expect, it } from "vitest";
import { expandAliases } from "./aliases.js";

describe("expandAliases", () => {
  it.each([
    ["-sd 7 -lr 0.1 -cuts 8", "--seed 7 --learning-rate 0.1 --cutouts 8"],
    ["-lr=0.1", "--learning-rate=0.1"],
    ["-s 256 192 -o a.png", "-s 256x192 -o a.png"],
    ["--size 256 192", "--size 256x192"],
    ["-s 256 castle", "-s 256 castle"],
    ["-s 256x192 3", "-s 256x192 3"],
    ["-- -sd -s 1 2", "-- -sd -s 1 2"],
    ["a:-0.5 -o - --constructor", "a:-0.5 -o - --constructor"],
  ])("%s", (before, after) => {
    expect(expandAliases(before.split(" "))).toEqual(after.split(" "));
  });
});
