/** 20,000 mutated inputs over every parser of foreign bytes: only errors of ours, soon, in little memory, and no traces. */
import { expect, test } from "vitest";
import { fuzz } from "./fuzz.js";

test("no input does more than be refused", { timeout: 600_000 }, async () => {
  const { failures, inputs, read, written, peakBytes } = await fuzz({ seed: 13, first: 0, count: 20_000 });
  expect(failures.map(({ label, what }) => `${label}: ${what}`)).toEqual([]);
  expect(written).toEqual([]);
  expect(inputs).toBeGreaterThan(20_000);
  expect(read / inputs).toBeGreaterThan(0.02); // else the mutations break everything and reach nothing
  expect(peakBytes).toBeLessThan(1e9);
});
