import { expect, test } from "vitest";
import { presets } from "./presets.js";
import { regularizerWeight, restartsAt } from "./regularizer.js";

test("the regularised notebook: five stages of fifty steps from 1.5/2 to 0, a restart at the end of each", () => {
  const { regularizer } = presets.mse;
  const weights = [0, 49, 50, 249, 250, 399].map((step) => Number(regularizerWeight(regularizer, step).toFixed(6)));
  expect(weights).toEqual([0.75, 0.75, 0.6, 0.15, 0, 0]);
  const restarts = Array.from({ length: 401 }, (_, step) => step).filter((step) => step > 0 && restartsAt(regularizer, step)); // biome-ignore format: one list
  expect(restarts).toEqual([50, 100, 150, 200, 250]);
});

test("without restart there is none", () => {
  expect(restartsAt(presets.paper.regularizer, 1)).toBe(false);
});
