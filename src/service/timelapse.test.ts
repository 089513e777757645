import { expect, test } from "vitest";
import type { SessionRecord } from "./record.js";
import { timelapseDelays, timelapseFrames } from "./timelapse.js";

const node = (id: number, parent: number | null, from: number) => ({ id, parent, from });
const record = (current: number, frames: readonly (readonly [node: number, step: number])[]) =>
  ({
    node: current,
    nodes: [node(1, null, 0), node(2, 1, 10), node(3, 1, 5)],
    frames: frames.map(([of, step]) => ({ node: of, step })),
  }) as unknown as SessionRecord;

test("the way to where it stands: of parents only what came before the branch, of others nothing", () => {
  const frames = [
    [1, 0],
    [1, 5],
    [1, 20],
    [3, 6],
    [2, 12],
    [1, 10],
    [2, 11],
  ] as const;
  const steps = (current: number) => timelapseFrames(record(current, frames)).map((frame) => [frame.node, frame.step]);
  expect(steps(2)).toEqual([
    [1, 0],
    [1, 5],
    [1, 10],
    [2, 11],
    [2, 12],
  ]);
  expect(steps(3)).toEqual([
    [1, 0],
    [1, 5],
    [3, 6],
  ]);
});

test("of many pictures evenly spread ones, the first and the last among them; the last is shown longest", () => {
  const many = Array.from({ length: 241 }, (_, step) => [1, step] as const);
  const steps = timelapseFrames(record(1, many)).map(({ step }) => step);
  expect([steps.length, steps[0], steps.at(-1)]).toEqual([120, 0, 240]);
  expect(Math.max(...steps.slice(1).map((step, i) => step - (steps[i] as number)))).toBeLessThanOrEqual(3);
  expect(timelapseDelays(3)).toEqual([250, 250, 1500]);
  expect(timelapseDelays(120)[0]).toBe(50);
  expect(timelapseFrames(record(1, []))).toEqual([]);
});
