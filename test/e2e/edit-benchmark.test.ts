/** The editing benchmark's own arithmetic: what is asked, and what its figures mean. */
import { expect, test } from "vitest";
import { reached } from "../../bench/edit-measures.js";
import { queryTasks } from "../../bench/edit-queries.js";
import { editReport } from "../../bench/edit-report.js";
import { type EditTask, editTasks, taskKinds } from "../../bench/edit-tasks.js";
import type { NDArray } from "../../src/index.js";

test("a task's true edit differs from its source inside the mask alone, and its own texts are not among the others", async () => {
  const tasks = await editTasks(3, 1, taskKinds);
  expect(tasks.map(({ kind }) => kind)).toEqual([...taskKinds]);
  for (const { kind, picture, paste, mask, source, target, others, real } of tasks) {
    const [before, after, may] = [picture.floats(), (paste as NDArray).floats(), mask as NDArray];
    const changed = before.map((value, i) => Number(value !== after[i]));
    const outside = changed.filter((value, i) => value === 1 && may.at(i % may.size) === 0).length;
    expect(changed.filter(Boolean).length, kind).toBeGreaterThan(500);
    expect(outside, kind).toBe(0);
    expect([source === target, others.includes(target), real.length], kind).toEqual([false, false, 4]);
  }
  expect((await editTasks(1, 1, taskKinds))[0]?.picture.floats()).toEqual(tasks[0]?.picture.floats());
});

test("what is reached, of small vectors", () => {
  const task = (target: string, source: string, others: string[]) =>
    ({ target, source, others }) as unknown as EditTask;
  const texts = new Map([["a", [1, 0]], ["b", [0, 1]], ["c", [0.8, 0.6]]]); // biome-ignore format: one table
  const tasks = [task("a", "b", ["b", "c"]), task("a", "b", ["b", "c"])];
  const edits = [[1, 0], [0.6, 0.8]]; // biome-ignore format: one table
  const { accuracy, overSource, classDistance, meanDistance } = reached(tasks, edits, [[[1, 0]], [[1, 0], [0, 1]]], texts); // biome-ignore format: one call
  expect([accuracy, overSource]).toEqual([0.5, 0.5]);
  expect(classDistance).toBeCloseTo((0 + 0.1 ** 2 + 0.3 ** 2) / 2);
  expect(meanDistance).toBeCloseTo((0.8 - 2 / 3) ** 2 + (0.4 - 1 / 3) ** 2);
});

test("photographs have masks of their own, and no other picture of their targets", async () => {
  const [file, images] = ["bench/photographs/queries.csv", "bench/photographs"];
  const tasks = await queryTasks({ file, images, side: 64, test: true }, 9);
  expect(tasks.map(({ source }) => source)).toEqual(
    ["a red cup", "a cat with green eyes", "an astronaut in an orange suit", "a rocket at night"], // biome-ignore format: one list
  );
  for (const { picture, mask, others, target, real } of tasks) {
    expect([picture.shape, mask?.shape, real.length]).toEqual([[3, 64, 64], [64, 64], 0]);
    const free = Array.from(mask?.data ?? [], Number).filter((value) => value === 255).length / 64 ** 2;
    expect(free).toBeGreaterThan(0.04);
    expect(free).toBeLessThan(0.9);
    expect(others).toHaveLength(7); // the other sources and targets
    expect(others).not.toContain(target);
  }
  const texts = new Map(tasks.flatMap(({ source, target, others }) => [source, target, ...others]).map((text) => [text, [1]])); // biome-ignore format: one map
  const read = reached(tasks, [[1], [1], [1], [1]], [[], [], [], []], texts);
  const row = {
    name: "COPY",
    pictures: tasks.map(({ picture }) => picture),
    ssim: 1,
    layers: 0,
    structure: 0,
    ...read,
  };
  expect(editReport(tasks, [row]).markdown).toContain("| COPY | 0 | 0 | 1.000 | 0.000 | 0.0000 | - | - | - |");
});
