import { expect, test } from "vitest";
import { presets } from "../guidance/presets.js";
import { checkSettings } from "../guidance/settings.js";

const fine = { ...presets.paper, prompts: "a castle", targets: [], size: [64, 64], seed: 7 };

test("settings are complete and fine", () => {
  expect(checkSettings(fine)).toMatchObject({ seed: 7 });
  expect(checkSettings({ ...fine, seed: 2n ** 64n - 1n }).seed).toBe("18446744073709551615");
});

test.each([
  [{ seed: Number.NaN }, "seed: expected a whole number from 0 to 18446744073709551615, got NaN"],
  [{ seed: -1 }, "seed: expected a whole number from 0 to 18446744073709551615, got -1"],
  [{ steps: Number.NaN }, "steps: expected a number, got NaN"],
  [{ steps: 1.5 }, "steps: expected a whole number, got 1.5"],
  [{ steps: -1 }, "steps: expected at least 0, got -1"],
  [{ learningRate: 0 }, "learningRate: expected more than 0, got 0"],
  [{ cutPower: 11 }, "cutPower: expected at most 10, got 11"],
  [{ population: 3 }, "population: expected a multiple of 2, got 3"],
  [{ average: "much" }, 'average: expected a number, got "much"'],
  [{ padding: "none" }, 'padding: expected one of border, zeros, grey, got "none"'],
  [{ perceptorWeights: 1 }, "perceptorWeights: expected a list, got 1"],
])("%j: %s", (wrong, message) => {
  expect(() => checkSettings({ ...fine, ...wrong })).toThrow(new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`)); // biome-ignore format: one expectation
});
