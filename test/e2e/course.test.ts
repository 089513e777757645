/** The course of a run: schedules of the learning rate, ending on a plateau, a judge's choice, and all across a pause. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type CreateRequest, type Notice, readPngText, readStory, VqganClip } from "../../src/index.js";
import type { Story } from "../../src/sessions/metadata.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath, relativeError } from "../support/fixtures.js";

const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const request = { prompts: "a castle", size: [32, 32], cutouts: 2, steps: 8, seed: 7 } satisfies CreateRequest;

let vq: VqganClip;
beforeAll(async () => {
  vq = await VqganClip.fromPretrained(tiny);
});

/** The latent after every step. */
async function latents(asked: CreateRequest): Promise<Float32Array[]> {
  const run = vq.create(asked);
  const seen: Float32Array[] = [];
  for await (const _ of run) seen.push((await run.state()).z.floats());
  await run.dispose();
  return seen;
}

describe("schedules", () => {
  test("the first step of a warm-up over three is a quarter of the plain one", async () => {
    const still = { ...request, optimizer: "sgd", learningRate: 0.1, clampToCodebook: false, steps: 1 } as const;
    const begun = (await vq.create({ ...still, steps: 1 }).state()).z.floats();
    const [plain] = (await latents(still)) as [Float32Array];
    const [warmed] = (await latents({ ...still, schedule: { kind: "constant", warmup: 3 } })) as [Float32Array];
    const moved = (z: Float32Array) => z.map((value, i) => value - (begun[i] as number));
    const length = (values: Float32Array) => Math.hypot(...values);
    expect(length(moved(warmed)) / length(moved(plain))).toBeCloseTo(0.25, 4);
  });

  test("a run under a schedule resumes byte for byte, and its picture half-way can be made again", () =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "run.vqclip");
      const asked = { ...request, schedule: { kind: "cosine", warmup: 2, final: 0.1 } } as const;
      const whole = await vq.create(asked).toFinish();
      const run = vq.create(asked);
      for await (const { step } of run) if (step === 4) break;
      const half = readStory(readPngText(await run.toPNG())) as Story;
      await run.save(path);
      const resumed = await (await vq.open(path)).toFinish();
      expect(await resumed.toPNG()).toEqual(await whole.toPNG());
      const again = await vq.create({ like: half.settings }).toFinish({ until: half.step });
      expect((await again.state()).step).toBe(4);
      expect(await again.toPNG()).toEqual(await run.toPNG());
      expect(readStory(readPngText(await resumed.toPNG()))?.changed).toBe(false);
      const longer = await vq.open(path, { steps: 20 });
      expect((await longer.state()).changed).toBe(true);
      for (const each of [whole, run, resumed, again]) await each.dispose();
    }));
});

describe("plateau", () => {
  const asked = {
    ...request,
    optimizer: "sgd",
    learningRate: 1e-12,
    augmentations: [],
    cutouts: 1,
    cutMethod: "whole",
    plateau: { patience: 3 },
  } satisfies CreateRequest;

  test("ends a run whose loss stands still, says so, and goes on when told", () =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "run.vqclip");
      const run = await vq.create(asked).toFinish();
      expect((await run.state()).step).toBe(4);
      expect(await run.ending()).toBe("plateau");
      await run.save(path);
      const resumed = await (await vq.open(path)).toFinish();
      expect((await resumed.state()).step).toBe(4);
      const on = await (await vq.open(path, { plateau: { patience: 0 } })).toFinish();
      expect([(await on.state()).step, await on.ending()]).toEqual([8, "steps"]);
      for (const each of [run, resumed, on]) await each.dispose();
    }));

  test("what it watched survives a pause", () =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "run.vqclip");
      const run = vq.create(asked);
      for await (const { step } of run) if (step === 2) break;
      await run.save(path);
      const resumed = await vq.open(path);
      expect(await resumed.ending()).toBeUndefined();
      expect((await (await resumed.toFinish()).state()).step).toBe(4);
      await run.dispose();
      await resumed.dispose();
    }));
});

describe("judge", () => {
  const judged = { ...request, prompts: "a castle | fog:-0.5", judgeEvery: 2, steps: 7, seed: 6 };
  let judging: VqganClip;
  let other: VqganClip;
  beforeAll(async () => {
    judging = await VqganClip.fromPretrained({ ...tiny, judge: fixturePath("clip-gelu") });
    other = await VqganClip.fromPretrained({ ...tiny, clip: fixturePath("clip-gelu") });
  });

  test("scores every second picture and the last, keeps the best and leaves the run alone", async () => {
    const [run, plain] = [judging.create(judged), await vq.create(judged).toFinish()];
    const scores = new Map<number, number>();
    for await (const { step, image, judged: said = [] } of run) {
      for (const { step: at, score } of said) {
        scores.set(at, score);
        const picture = at === step ? await plain.render() : image;
        const found = await other.score(picture, ["a castle", "fog"]);
        const cosine = (prompt: string) => found.find((each) => each.prompt === prompt)?.cosine as number;
        expect(score).toBeCloseTo((cosine("a castle") - 0.5 * cosine("fog")) / 1.5, 6);
      }
    }
    expect([...scores.keys()]).toEqual([2, 4, 6, 7]);
    const [best] = [...scores].reduce((a, b) => (b[1] > a[1] ? b : a));
    expect(best).toBeLessThan(7); // else the last picture would be right by chance
    const state = await run.state();
    expect(state.best?.step).toBe(best);
    expect(state.z.bytes).toEqual((await plain.state()).z.bytes);
    const story = readStory(readPngText(await run.toPNG())) as Story;
    expect(story).toMatchObject({ step: best, judged: { score: scores.get(best), after: 7 } });
    expect(story.models.map(({ role }) => role)).toEqual(["generator", "perceptor", "judge"]);
    const again = await vq.create({ like: story.settings }).toFinish({ until: story.step });
    expect((await run.render()).bytes).toEqual((await again.render()).bytes);
    for (const each of [run, plain, again]) await each.dispose();
  });

  test("what it found best survives a pause; the session wants its judge", () =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "run.vqclip");
      const [run, whole] = [judging.create(judged), await judging.create(judged).toFinish()];
      for await (const { step } of run) if (step === 5) break;
      expect((await run.state()).best).toBeDefined();
      await run.save(path);
      const resumed = await (await judging.open(path)).toFinish();
      expect(await resumed.toPNG()).toEqual(await whole.toPNG());
      await expect(vq.open(path)).rejects.toThrow(/made with judge clip-gelu .*loaded is none/);
      for (const each of [run, whole, resumed]) await each.dispose();
    }));

  test("needs a text", async () => {
    const { prompts: _, ...rest } = judged;
    const run = judging.create({ ...rest, targets: [{ kind: "noise", seed: 1 }] });
    await expect(run.state()).rejects.toThrow(/^judge: /);
  });
});

test("a run that needs more memory than is free says so before it starts, and runs", async () => {
  const notices: Notice[] = [];
  const poor = await VqganClip.fromPretrained({ ...tiny, onNotice: (notice) => notices.push(notice) });
  Object.defineProperty(poor, "availableMemory", { value: () => 1e6 });
  const run = await poor.create({ ...request, steps: 1 }).toFinish();
  expect(notices).toEqual([
    { kind: "memory", peakBytes: poor.plan({ ...request, steps: 1 }).peakBytes, availableBytes: 1e6 },
  ]);
  await run.dispose();
});

test("a session made to fit less memory goes on with smaller sums, and says that it was changed", () =>
  inEmptyFolder(async (folder) => {
    const path = join(folder, "run.vqclip");
    const many = { ...request, size: [16, 16], cutouts: 400, microBatch: 400, steps: 2 } satisfies CreateRequest;
    const run = vq.create(many);
    for await (const { step } of run) if (step === 1) break;
    await run.save(path);
    const maxMemory = vq.plan({ ...many, microBatch: 250 }).peakBytes;
    const tight = await VqganClip.fromPretrained({ ...tiny, maxMemory });
    const resumed = await tight.open(path);
    expect(resumed.settings.microBatch).toBeLessThan(400);
    expect({ ...resumed.settings, microBatch: 400 }).toEqual(run.settings);
    const [whole, parts] = [await run.toFinish(), await resumed.toFinish()];
    expect((await parts.state()).changed).toBe(true);
    const [a, b] = [(await whole.state()).z, (await parts.state()).z];
    expect(relativeError(b, a)).toBeLessThan(1e-3);
    await run.dispose();
    await resumed.dispose();
  }));
