import { expect, test } from "vitest";
import { generatorTexts, mainScene } from "./generator-text.js";

test("a generator is told its own text, else each scene's prompts that attract", () => {
  const prompts = "a castle | oil:0.5 | text:-0.3 ^ a ruin | fog:0->1";
  expect(generatorTexts({ prompts, generatorPrompt: null })).toEqual(["a castle, oil", "a ruin, fog"]);
  expect(generatorTexts({ prompts, generatorPrompt: "a photo" })).toEqual(["a photo"]);
  expect(generatorTexts({ prompts, generatorPrompt: "" })).toEqual([""]);
  expect(generatorTexts({ prompts: "", generatorPrompt: null })).toEqual([""]);
});

test("the scene of a step", () => {
  expect([0, 4, 5, 9, 10].map((step) => mainScene(2, step, 10))).toEqual([0, 0, 1, 1, 1]);
  expect(mainScene(1, 0, 0)).toBe(0);
});
