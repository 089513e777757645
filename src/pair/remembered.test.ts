import { expect, test } from "vitest";
import type { Settings } from "../guidance/settings.js";
import { Remembered } from "./remembered.js";

test("what was counted is counted once, for each pair of models and all but the seed; only so much is kept", () => {
  const counts: string[] = [];
  const remembered = new Remembered<number>();
  const [ours, others] = [{}, {}];
  const of = (models: object, prompts: string, seed = 0) =>
    remembered.of(models, { prompts, seed } as Settings, () => counts.push(prompts));
  expect([of(ours, "a"), of(ours, "a", 7), of(others, "a"), of(ours, "b"), of(ours, "a")]).toEqual([1, 1, 2, 3, 1]);
  for (let i = 0; i < 63; i++) of(ours, `one more ${i}`);
  expect(counts.length).toBe(66);
  expect(of(ours, "a")).toBe(1);
  expect(of(ours, "b")).toBe(67); // used longest ago
});
