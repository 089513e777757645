import { expect, test } from "vitest";
import { inWords } from "../../examples/browser/in-words.js";

test("unknown words are named with the nearest known ones, where there are any", () => {
  const words = [
    { word: "castel", nearest: ["castle", "pastel"] },
    { word: "zxqvkw", nearest: [] },
  ];
  const text = "a castel on a zxqvkw";
  expect(inWords({ kind: "unknown-words", text, words })).toBe("Unknown: castel (known: castle, pastel); zxqvkw");
});
