import { expect, test } from "vitest";
import { VqganClip } from "../vqgan-clip.js";

test("what of prompts will not be read as written is told without a run, as a run tells it", async () => {
  const vq = await VqganClip.fromPretrained();
  const long = "a red apple and a green apple ".repeat(30).trim();
  const prompts = `a qwertzuiop:0.5 | ${long}`;
  const generatorPrompt = null;
  const [unknown, cut] = vq.textNotices({ prompts, generatorPrompt, longPrompts: "cut" });
  expect(unknown).toMatchObject({ kind: "unknown-words", text: "a qwertzuiop", words: [{ word: "qwertzuiop" }] });
  expect(cut).toMatchObject({ kind: "truncated", text: long });
  expect(cut?.kind === "truncated" && `${cut.kept}${cut.cut}`).toBe(long);
  expect(vq.textNotices({ prompts: long, generatorPrompt, longPrompts: "average" })).toMatchObject([
    { kind: "averaged" },
  ]);
  expect(vq.textNotices({ prompts: "a red apple", generatorPrompt, longPrompts: "cut" })).toEqual([]);
  expect(vq.textNotices({ prompts: "", generatorPrompt, longPrompts: "cut" })).toEqual([]);
});
