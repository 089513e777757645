/** Prompts that follow a sound: their weights become keyframes that the grammar of prompts reads. */
import { expect, test } from "vitest";
import { parsePrompts, plainPrompt } from "../prompts/prompt.js";
import { weightAt } from "../prompts/weight.js";
import { frameSteps, parseLines, promptsOfLines, withKeyframes, withoutFormulas } from "./follow.js";
import type { Tracks } from "./tracks.js";

const track = (...values: number[]) => Float64Array.from(values);
const still = track(0, 0, 0, 0, 0);
const tracks: Tracks = {
  bass: track(0, 0.5, 1, 1, 1),
  mid: still,
  high: still,
  loudness: track(1, 1, 1, 1, 0),
  beat: still,
};
const steps = frameSteps(5, 20, 10); // 0, 20, 30, 40, 50

test("formulas behind colons become keyframes at the steps where frames begin; everything else stays", () => {
  expect(steps).toEqual([0, 20, 30, 40, 50]);
  const text = withKeyframes("fog:bass*0.8+0.2 | a bass:0.5 ^ time 10\\:bass : loudness :-1", tracks, steps);
  expect(text).toBe("fog:0.2@0->0.6@20->1@30->1@50 | a bass:0.5 ^ time 10\\:bass :1@0->1@40->0@50 :-1");
  const [fog, bass, time] = parsePrompts(text);
  expect([0, 10, 20, 30, 55].map((step) => weightAt((fog as NonNullable<typeof fog>).weight, step, 60))).toEqual([0.2, 0.4, 0.6, 1, 1]); // biome-ignore format: one thought
  expect(bass).toMatchObject({ text: "a bass", weight: 0.5 });
  expect(time).toMatchObject({ text: "time 10:bass", stop: -1 });
  expect(withoutFormulas("fog:bass*0.8+0.2|a:0.3")).toBe("fog:1|a:0.3");
});

test("wrong formulas and such as are always 0 are refused", () => {
  expect(() => withKeyframes("fog:bass*", tracks, steps)).toThrow('formula: "bass*": it ends too early');
  expect(() => withoutFormulas("fog:(bass")).toThrow("it ends too early");
  expect(() => withKeyframes("fog:mid*2", tracks, steps)).toThrow('"mid*2" is 0 in every frame');
  expect(() => withKeyframes("fog:1/mid", tracks, steps)).toThrow("is not finite");
});

test("lines of a song are prompts at their times", () => {
  const lines = parseLines('time,text\n0,a boat\n0:02,"rain: ""grey"", cold"\n3.5,\n', "song.csv");
  expect(lines).toEqual([
    { seconds: 0, text: "a boat" },
    { seconds: 2, text: 'rain: "grey", cold' },
    { seconds: 3.5, text: "" },
  ]);
  const prompts = promptsOfLines(lines, 1, steps, plainPrompt);
  const parsed = parsePrompts(prompts.join(" | "));
  expect(parsed.map(({ text }) => text)).toEqual(["a boat", 'rain: "grey", cold']);
  const shown = steps.map((step) => parsed.map(({ weight }) => weightAt(weight, step, 60)));
  expect(shown).toEqual([[1, 0], [1, 0], [0, 1], [0, 0], [0, 0]]); // biome-ignore format: one thought
  expect(() => parseLines("a\nb", "song.csv")).toThrow("song.csv: line 2: expected time,text");
  expect(() => parseLines("5,a\n4,b", "song.csv")).toThrow("line 2: 4 seconds come after 5");
  expect(() => parseLines("", "song.csv")).toThrow("0 lines");
});

test("a misspelt name in a formula is told; words with a sign are words", () => {
  expect(() => withKeyframes("fog:bas*0.8", tracks, steps)).toThrow('"bas" is no name');
  expect(() => withoutFormulas("fog: 2*beet ")).toThrow('"beet" is no name');
  for (const text of ["a ratio:bus/2", "fog:base", "fog:a bas", "16:9", "rock:metal*2"]) {
    expect(withKeyframes(text, tracks, steps)).toBe(text);
  }
});
