import { expect, test } from "vitest";
import { parseRewardName, parseRewards } from "./reward-list.js";

test("names, outputs and axes, with weights as prompts have them", () => {
  expect(parseRewards("aesthetic:0.1 | calm <-> tense:0->0.5 | vad/valence | hps-v2.1:-2 | pick:0")).toEqual([
    { kind: "model", name: "aesthetic", output: null, weight: 0.1 },
    { kind: "axis", from: "calm", to: "tense", weight: "0@0%->0.5@100%" },
    { kind: "model", name: "vad", output: "valence", weight: 1 },
    { kind: "model", name: "hps-v2.1", output: null, weight: -2 },
    { kind: "model", name: "pick", output: null, weight: 0 },
  ]);
  expect(parseRewards(" none ")).toEqual([]);
  expect(parseRewardName("a photo, at 10:30 <-> a sketch")).toEqual({
    kind: "axis",
    from: "a photo, at 10:30",
    to: "a sketch",
  });
});

test("what is none says what may be written", () => {
  expect(() => parseRewardName("a <-> b <-> c")).toThrow('"a <-> b <-> c" is none');
  expect(() => parseRewardName("very nice")).toThrow('"very nice" is none');
  expect(() => parseRewards("aesthetic:1:0.5")).toThrow("a reward has no stop");
  expect(() => parseRewards("aesthetic |")).toThrow();
});
