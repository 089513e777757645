/** The course of a run: schedules of the learning rate, ending on a plateau, and both across a pause. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Story, settingsOfPicture } from "../../src/guidance/metadata.js";
import { type CreateRequest, readPngText, readStory, VqganClip } from "../../src/index.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

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
      const again = await vq.create({ like: settingsOfPicture(half) }).toFinish();
      expect((await again.state()).step).toBe(4);
      expect((await again.render()).bytes).toEqual((await run.render()).bytes);
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
