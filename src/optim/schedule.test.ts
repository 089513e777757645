import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { dependsOnSteps, rateFactor, type Schedule } from "./schedule.js";

interface Case {
  readonly name: string;
  readonly schedule: Schedule;
  readonly rates: readonly number[];
}

const { steps, cases } = JSON.parse(await readFile(fixturePath("schedules/schedules.json"), "utf8")) as {
  steps: number;
  cases: Case[];
};

test.each(cases)("$name follows torch's scheduler", ({ schedule, rates }) => {
  const whole = { cycles: 1, over: null, ...schedule };
  expect(rates).toHaveLength(steps);
  rates.forEach((rate, step) => {
    expect(rateFactor(whole, step, steps), `step ${step}`).toBeCloseTo(rate, 12);
  });
});

const cosine = { kind: "cosine", warmup: 2, final: 0.1, cycles: 3, over: 11 } as const;

test("cycles begin again at the full rate, past the last the end stays", () => {
  const rates = Array.from({ length: 14 }, (_, step) => rateFactor(cosine, step, 14));
  expect([2, 5, 8].map((step) => rates[step])).toEqual([1, 1, 1]);
  expect(rates.slice(11)).toEqual([0.1, 0.1, 0.1]);
});

test("a span of its own makes a schedule the same in a run of any length", () => {
  for (const step of [0, 3, 7]) expect(rateFactor(cosine, step, 8)).toBe(rateFactor(cosine, step, 5000));
  expect(dependsOnSteps(cosine)).toBe(false);
  expect(dependsOnSteps({ ...cosine, over: null })).toBe(true);
  const halved = { kind: "step", decay: 0.5, every: 3, warmup: 0, over: null } as const;
  expect([1, 2].map((cycles) => dependsOnSteps({ ...halved, cycles }))).toEqual([false, true]);
});

test("stages fall at half and at three quarters of the course, as CLIPDraw's rates do", () => {
  const stages = { kind: "stages", middle: 0.4, last: 0.1, warmup: 0, cycles: 1, over: null } as const;
  expect(Array.from({ length: 9 }, (_, step) => rateFactor(stages, step, 8))).toEqual([
    ...[1, 1, 1, 1],
    ...[0.4, 0.4],
    ...[0.1, 0.1, 0.1],
  ]);
  expect(dependsOnSteps(stages)).toBe(true);
  expect(dependsOnSteps({ ...stages, over: 8 })).toBe(false);
});
