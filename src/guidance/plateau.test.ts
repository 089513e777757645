import { expect, test } from "vitest";
import { isAtRest, type LossWatch, watchLoss } from "./plateau.js";

const plateau = { patience: 3, delta: 0.01, smoothing: 0.5 };

/** How many losses are seen until the run rests. */
function restsAfter(losses: readonly number[], settings = plateau): number | undefined {
  let watch: LossWatch | undefined;
  const at = losses.findIndex((loss) => {
    watch = watchLoss(watch, loss, settings);
    return isAtRest(watch, settings);
  });
  return at < 0 ? undefined : at + 1;
}

test("a falling loss goes on, a level one rests after the patience", () => {
  expect(restsAfter(Array.from({ length: 50 }, (_, i) => 1 - 0.02 * i))).toBeUndefined();
  expect(restsAfter(new Array(10).fill(1))).toBe(4);
});

test("falls smaller than delta count as none until they add up to it", () => {
  const slow = Array.from({ length: 60 }, (_, i) => 1 - 0.001 * i);
  expect(restsAfter(slow)).toBe(4);
  expect(restsAfter(slow, { ...plateau, patience: 15 })).toBeUndefined();
});

test("the average is of the past and the newest, by hand", () => {
  const second = watchLoss(watchLoss(undefined, 1, plateau), 0.5, plateau);
  expect(second).toEqual({ smoothed: 0.75, lowest: 0.75, since: 0 });
  expect(watchLoss(second, 0.9, plateau)).toEqual({ smoothed: 0.825, lowest: 0.75, since: 1 });
});

test("patience 0 never rests", () => {
  expect(restsAfter(new Array(100).fill(1), { ...plateau, patience: 0 })).toBeUndefined();
});
