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

test("a name that is none is told before what is missing for it, with the one that was meant", () => {
  const refusal = (value: unknown) => {
    try {
      return checked(pictureSchema, value);
    } catch (error) {
      const { message, hint } = error as Error & { hint?: string };
      return [message, hint];
    }
  };
  expect(refusal({ prompt: "a boat" })).toEqual(['request: there is no "prompt"', "did you mean prompts?"]);
  expect(refusal({})).toEqual(["prompts: it is missing", undefined]);
  expect(refusal({ prompts: "a boat", zzz: 1 })).toEqual(['request: there is no "zzz"', undefined]);
});
