import { expect, test } from "vitest";
import { checked, editSchema, pictureSchema } from "./requests.js";

test("what a request leaves out stays out, for presets and strength to decide", () => {
  for (const schema of [pictureSchema, editSchema])
    expect(checked(schema, { prompts: "a boat" })).toEqual({ prompts: "a boat" });
  expect(checked(editSchema, { prompts: "a boat", noising: 0.5, generatorPrompt: null })).toEqual({
    prompts: "a boat",
    noising: 0.5,
    generatorPrompt: null,
  });
});

test("a client names rewards as any setting, and a wrong one is told in its field's name", () => {
  const rewards = [{ kind: "axis", from: "calm", to: "tense", weight: 0.5 }];
  expect(checked(pictureSchema, { prompts: "a boat", rewards })).toEqual({ prompts: "a boat", rewards });
  expect(() => checked(pictureSchema, { prompts: "a boat", rewards: [{ kind: "axis", from: "calm" }] })).toThrow(
    /^rewards\.0\.to: /,
  );
});
