import { beforeAll, expect, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import type { VqganClipError } from "../core/errors.js";
import { presets } from "../guidance/presets.js";
import { roomAtFirst } from "../guidance/room.js";
import type { Settings } from "../guidance/settings.js";
import type { StepModels } from "../guidance/step.js";
import { loadClip, loadGenerator } from "../models/load.js";
import { strokes } from "../models/strokes/strokes.js";
import { predictPeakMemory } from "../runtime/memory.js";
import { planRun, stepFlops, stepOf } from "./plan.js";

let models: StepModels;
beforeAll(async () => {
  models = {
    generator: await loadGenerator(fixturePath("vqgan")),
    perceptor: await loadClip(fixturePath("clip-quick-gelu")),
  };
});

const large: Settings = { ...presets.nerdyrodent, prompts: "a", seed: 0, size: [256, 192] };
const many: Settings = { ...large, size: [32, 32], cutouts: 600, microBatch: 600 };
const peak = (settings: Settings, lowMemory = false) => planRun(models, settings, { lowMemory }).peakBytes;

test("without a limit, or within it, nothing changes", () => {
  expect(planRun(models, large, {})).toMatchObject({ settings: large, lowMemory: false });
  expect(planRun(models, large, { maxMemory: peak(large) })).toMatchObject({ settings: large, lowMemory: false });
});

test("the largest micro-batch that fits comes first", () => {
  const maxMemory = (peak(many) + peak({ ...many, microBatch: 1 })) / 2;
  const { settings, lowMemory, peakBytes } = planRun(models, many, { maxMemory });
  expect({ ...settings, microBatch: 600 }).toEqual(many);
  expect(lowMemory).toBe(false);
  expect(settings.microBatch).toBeGreaterThan(1);
  expect(settings.microBatch).toBeLessThan(600);
  expect(peakBytes).toBeLessThanOrEqual(maxMemory);
  expect(peak({ ...many, microBatch: settings.microBatch + 1 })).toBeGreaterThan(maxMemory);
});

test("then a low-memory session, then values computed again", () => {
  const low = planRun(models, large, { maxMemory: peak(large, true) });
  expect(low).toMatchObject({ lowMemory: true, settings: { recompute: false, microBatch: large.microBatch } });
  const again = { ...large, recompute: true };
  const both = planRun(models, large, { maxMemory: peak(again, true) });
  expect(both).toMatchObject({ lowMemory: true, settings: again });
});

test("when nothing fits, the error names a size that does", () => {
  let failure: VqganClipError | undefined;
  try {
    planRun(models, large, { maxMemory: 1e9 });
  } catch (error) {
    failure = error as VqganClipError;
  }
  expect(failure?.code).toBe("OUT_OF_LIMITS");
  expect(failure?.message).toMatch(/^memory: this run needs about \d\.\d GB .* 1\.0 GB are allowed$/);
  const [, width, height] = /^(\d+)x(\d+) would fit/.exec(failure?.hint ?? "") ?? [];
  const size: Settings["size"] = [Number(width), Number(height)];
  expect(size[0] / size[1]).toBeCloseTo(256 / 192, 1);
  expect(planRun(models, { ...large, size }, { maxMemory: 1e9 }).peakBytes).toBeLessThanOrEqual(1e9);
  expect(() => planRun(models, large, { maxMemory: 1e8 })).toThrow(/^memory: /);
});

test("a judge takes memory of its own", async () => {
  const judged = { ...models, judge: await loadClip(fixturePath("clip-gelu")) };
  expect(planRun(judged, large, {}).peakBytes).toBeGreaterThan(peak(large));
});

test("shapes may come to need half as much room again as they begin with", () => {
  const drawing = { ...models, generator: strokes({ count: 200 }) };
  const settings: Settings = { ...presets.clipdraw, prompts: "a", seed: 0, size: [128, 128], cutouts: 1 };
  const predicted = (share: number) => {
    const room = Math.ceil(share * (roomAtFirst(drawing.generator, settings) as number));
    return predictPeakMemory([Object.values(stepOf(drawing, settings, room))], { lowMemory: false, recompute: false });
  };
  const { peakBytes } = planRun(drawing, settings, {});
  expect(peakBytes).toBeGreaterThanOrEqual(predicted(1.5));
  expect(predicted(1.5)).toBeGreaterThan(1.02 * predicted(1));
});

test("a search is priced by its looks, one more than its population", () => {
  const searching = (population: number): Settings => ({ ...large, search: "pgpe", population });
  const [few, more] = [2, 10].map((population) => stepFlops(models, searching(population)).matrix) as [number, number];
  expect(more / few).toBeCloseTo(11 / 3, 9);
  const { matrix } = stepFlops(models, large); // forward and backward
  expect(few / 3).toBeLessThan(matrix);
  expect(few).toBeGreaterThan(matrix / 2);
});
