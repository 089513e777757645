import { expect, test } from "vitest";
import { Random } from "../core/random.js";
import { drawViews } from "./augmentations.js";
import { presets } from "./presets.js";
import { checkSettings } from "./settings.js";

test("preset das looks through windows of two thirds, anywhere in the picture, under uniform noise of one level", () => {
  const { cutMethod, augmentations, cutPower } = presets.das;
  const geometry = { method: cutMethod, power: cutPower, width: 336, height: 336, cutSize: 224 };
  const { homographies, noise, noiseLevels } = drawViews(200, geometry, augmentations, new Random(1));
  const values = homographies.floats();
  const shifts = Array.from({ length: 200 }, (_, i) => [values[9 * i + 2], values[9 * i + 5]] as [number, number]);
  for (let i = 0; i < 200; i++) for (const at of [0, 4]) expect(values[9 * i + at]).toBeCloseTo(2 / 3, 6);
  const [low, high] = [Math.min(...shifts.flat()), Math.max(...shifts.flat())];
  expect(low).toBeGreaterThanOrEqual(-1 / 3 - 1e-6); // 56 of 168 pixels
  expect(high).toBeLessThanOrEqual(1 / 3 + 1e-6);
  expect(high - low).toBeGreaterThan(0.6);
  expect(new Set(noiseLevels.floats())).toEqual(new Set([Math.fround(0.2)]));
  const field = noise.floats();
  expect(field.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(field.reduce((sum, value) => sum + value, 0) / field.length).toBeCloseTo(0.5, 1);
});

test("noise and grain do not go together", () => {
  const settings = { ...presets.das, prompts: "a", size: [32, 32], seed: 1 };
  const both = [...presets.das.augmentations, { kind: "noise", level: 0.1 }];
  expect(checkSettings(settings).cutMethod).toBe("shifted");
  expect(() => checkSettings({ ...settings, augmentations: both })).toThrow("noise and grain are two of one thing");
});
