import { expect, test } from "vitest";
import type { Settings } from "../guidance/settings.js";
import { newRecord, parseRecord } from "./record.js";
import { checked, pictureSchema } from "./requests.js";
import { summaryOf } from "./views.js";

const addresses = { previewUrl: () => "", promptImageUrl: () => "" };

test("the group of a session is kept with it and told in the list; without one, null", () => {
  const group = { id: "grid-1", values: [["Seed", "4"] as [string, string]] };
  const summary = (request: object) => {
    const settings = { prompts: "a boat", steps: 3, seed: 4 } as Settings;
    const facts = { id: "a", kind: "create", request, promptImages: 0, peakBytes: 1, stepFlops: 1 } as const;
    const kept = parseRecord(JSON.stringify(newRecord({ ...facts, settings })));
    return summaryOf(kept, { position: null, waitSeconds: null, rate: null }, addresses);
  };
  expect(summary(checked(pictureSchema, { prompts: "a boat", group })).group).toEqual(group);
  expect(summary({ prompts: "a boat" }).group).toBeNull();
});

test.each([
  [{ id: "../x", values: [["Seed", "1"]] }, /group.id/],
  [{ id: "x", values: [] }, /group.values/],
  [{ id: "x", values: [["Seed", "1"]], more: 1 }, /group/],
])("%j is no group", (group, words) => {
  expect(() => checked(pictureSchema, { prompts: "a boat", group })).toThrow(words);
});
