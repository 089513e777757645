import { expect, test } from "vitest";
import { Quota } from "./quota.js";

const HOUR = 3_600_000;

test("so many in any 24 hours, each person for itself; what failed is given back", () => {
  let now = 0;
  const quota = new Quota(2, () => now);
  const giveBack = quota.take("a");
  expect(giveBack).toBeDefined();
  now = HOUR;
  expect(quota.take("a")).toBeDefined();
  expect(quota.take("a")).toBeUndefined();
  expect(quota.minutesUntilNext("a")).toBe(23 * 60);
  expect(quota.take("b")).toBeDefined();
  now = 24 * HOUR;
  expect(quota.take("a")).toBeDefined();
  expect(quota.take("a")).toBeUndefined();
  giveBack?.(); // of a day that is over: nothing is given twice
  expect(quota.take("a")).toBeUndefined();
});

test("given back the same day, it is there again", () => {
  const quota = new Quota(1, () => 0);
  quota.take("a")?.();
  expect(quota.take("a")).toBeDefined();
});
