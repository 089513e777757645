import { expect, test } from "vitest";
import { VqganClipError } from "../core/errors.js";
import type { PictureRun } from "../picture-run.js";
import { Checkpoints } from "./checkpoints.js";
import type { Reporter } from "./reporter.js";

test("a checkpoint that fails is told once, tried again at the next time and told when it works", async () => {
  const full = new VqganClipError("IO_FAILED", "cannot write a.vqclip: the disk is full", "free some space");
  const outcomes = [full, full, undefined];
  const saved: string[] = [];
  const run = {
    save: async (path: string) => {
      const outcome = outcomes.shift();
      if (outcome) throw outcome;
      saved.push(path);
    },
  } as unknown as PictureRun;
  const told: string[] = [];
  const reporter = { say: (line: string) => told.push(line), event: (type: string) => told.push(type) };
  const checkpoints = new Checkpoints(
    run,
    { session: "a.vqclip", checkpointEvery: 5 },
    reporter as unknown as Reporter,
  );
  for (let step = 1; step <= 15; step++) await checkpoints.after(step);
  expect(saved).toEqual(["a.vqclip"]);
  expect(told).toEqual([
    "checkpoint-failed",
    "note: no checkpoint at step 5: cannot write a.vqclip: the disk is full (free some space); the run goes on, the next try is at step 10",
    "checkpoint-failed",
    "checkpoint",
    "note: the checkpoint of step 15 is written again",
  ]);
});

test("what is no failure of writing ends the run", async () => {
  const run = { save: () => Promise.reject(new TypeError("a fault")) } as unknown as PictureRun;
  const checkpoints = new Checkpoints(run, { session: "a.vqclip", checkpointEvery: 1 }, {} as Reporter);
  await expect(checkpoints.after(1)).rejects.toThrow("a fault");
});
