/** Every preset and every kind of latent as a run: it goes on from a session to the byte, and the picture is what it says. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Average, averaged } from "../../src/guidance/average.js";
import { isOfEdits } from "../../src/guidance/presets.js";
import { type CreateRequest, NDArray, type PresetName, presets, readPngText, readStory, type VqganClip } from "../../src/index.js"; // biome-ignore format: one import
import { cli, inEmptyFolder, tinyModels } from "../support/cli.js";
import { tinyPair } from "../support/tiny-pair.js";

let vq: VqganClip;
beforeAll(async () => {
  vq = await tinyPair(); // biome-ignore format: one call
});

const base = { prompts: "a castle", size: [40, 32], cutouts: 2, steps: 5, seed: 7 } satisfies CreateRequest;

/** Stages of two steps, so that a short run has restarts. */
const short = (preset: PresetName): CreateRequest => ({ ...base, preset, regularizer: { every: 2 } });

/** A run of it; of presets for edits, at a picture. */
async function begun(request: CreateRequest) {
  if (!request.preset || !isOfEdits(request.preset)) return vq.create(request);
  const image = NDArray.float32(
    [3, 32, 40],
    Float32Array.from({ length: 3 * 32 * 40 }, (_, i) => ((i * 37) % 256) / 255),
  );
  return vq.edit({ ...request, image });
}

async function wholeAndResumed(request: CreateRequest, folder: string): Promise<[Uint8Array, Uint8Array]> {
  const whole = await (await (await begun(request)).toFinish()).toPNG();
  const part = await begun(request);
  for await (const { step } of part) if (step === 3) break;
  await part.save(join(folder, "a.vqclip"));
  return [whole, await (await (await vq.open(join(folder, "a.vqclip"))).toFinish()).toPNG()];
}

test.each(Object.keys(presets) as PresetName[])("preset %s runs, and goes on from a session to the byte", (preset) =>
  inEmptyFolder(async (folder) => {
    const [whole, resumed] = await wholeAndResumed(short(preset), folder);
    expect(resumed).toEqual(whole);
    expect(readStory(readPngText(whole))?.settings).toMatchObject({
      latent: presets[preset].latent,
      average: presets[preset].average,
    });
  }),
);

test.each(["continuous", "sampled", "mixed"] as const)(
  "%s latents begin at codes, move, and lower the loss",
  async (latent) => {
    const plain = {
      cutMethod: "whole",
      augmentations: [],
      cutouts: 1,
      regularizer: { weight: 0 },
    } satisfies Partial<CreateRequest>;
    const initCodes = Array.from({ length: 320 }, (_, i) => i % 8);
    const run = vq.create({ ...base, ...plain, latent, steps: 25, learningRate: 0.3, initCodes });
    const losses: number[] = [];
    for await (const event of run) losses.push(event.losses.total);
    const late = losses.slice(-5).reduce((a, b) => a + b) / 5;
    expect(late).toBeLessThan(losses[0] as number);
    await run.dispose();
  },
);

test("the picture shows the running average, the steps do not", async () => {
  const moving = { ...base, latent: "continuous" } as const; // codes would hide a small difference
  const [plain, averaging] = [vq.create(moving), vq.create({ ...moving, average: 0.9 })];
  await Promise.all([plain.toFinish(), averaging.toFinish()]);
  expect((await averaging.state()).z).toEqual((await plain.state()).z);
  expect(relative(await averaging.render(), await plain.render())).toBeGreaterThan(0.001);
});

describe("restarts", () => {
  test("mse: the optimiser begins anew at each fall of the weight", async () => {
    const run = vq.create(short("mse"));
    const ages: number[] = [];
    for await (const _ of run) ages.push((await run.state()).optimizer.step);
    expect(ages).toEqual([1, 0, 1, 0, 1]);
    await run.dispose();
  });

  test("ema: z moves to its average, which begins anew and draws the latent to its codes", async () => {
    const run = vq.create({ ...short("ema"), average: 0.5 });
    // The same until the restart: the first target is 0.
    const without = vq.create({
      ...short("ema"),
      average: 0.5,
      regularizer: { every: 2, target: "zero", restart: false },
    });
    for (const each of [run, without]) for await (const { step } of each) if (step === 2) break;
    const reference = (await without.state()).average as Average;
    const { z, average, latentTarget, optimizer } = await run.state();
    expect([reference.count, average?.count, optimizer.step]).toEqual([3, 1, 0]);
    expect(z).toEqual(averaged(reference, 0.5));
    const codebook = vq.generator.codebook?.codes as NDArray;
    const [entries, d] = codebook.shape as [number, number];
    const row = (at: (channel: number) => number) => Array.from({ length: d }, (_, c) => at(c)).join();
    const codes = Array.from({ length: entries }, (_, k) => row((c) => codebook.at(k * d + c)));
    expect(codes).toContain(row((c) => latentTarget.at((c * z.size) / d)));
    await Promise.all([run.dispose(), without.dispose()]);
  });
});

const relative = (a: NDArray, b: NDArray) =>
  Array.from({ length: a.size }, (_, i) => Math.abs(a.at(i) - b.at(i))).reduce((x, y) => Math.max(x, y), 0);

test("edits of logits hold what their mask holds", async () => {
  const image = NDArray.float32(
    [3, 32, 32],
    Float32Array.from({ length: 3072 }, (_, i) => ((i * 37) % 256) / 255),
  );
  const run = await vq.edit({ image, prompts: "a castle", cutouts: 2, steps: 3, seed: 3, latent: "sampled", rect: [0, 0, 8, 32] }); // biome-ignore format: one request
  const before = (await run.state()).z.clone();
  await run.toFinish();
  const after = (await run.state()).z;
  const columns = before.shape[3] as number;
  for (let i = 0; i < before.size; i++) if (i % columns >= 4) expect(after.at(i)).toBe(before.at(i));
  expect(relative(after, before)).toBeGreaterThan(0);
  await run.dispose();
});

test("a pull to an average that is not kept, or never taken, is refused", () => {
  expect(() => vq.create({ ...base, regularizer: { target: "average", restart: true } })).toThrow(
    "needs a running average",
  );
  expect(() => vq.create({ ...base, average: 0.9, regularizer: { target: "average" } })).toThrow("taken at restarts");
});

test("--latent, --average and a regulariser with restarts reach the run and the picture's story", () =>
  inEmptyFolder(async (folder) => {
    const path = join(folder, "a.png");
    const flags = [
      "--latent",
      "mixed",
      "--average",
      "0.9",
      "--regularizer",
      "weight=0.1,target=average,every=2,restart=on",
    ];
    const run = await cli(["generate", "a castle", ...flags, "--size", "40x32", "--cutouts", "2", "--steps", "3", "-o", path, ...tinyModels]); // biome-ignore format: one command
    expect(run.code).toBe(0);
    expect(readStory(readPngText(await readFile(path)))?.settings).toMatchObject({
      latent: "mixed",
      average: 0.9,
      regularizer: { weight: 0.1, target: "average", every: 2, restart: true },
    });
    const bad = await cli(["generate", "a castle", "--latent", "odd", "-o", path, ...tinyModels]);
    expect(bad.stderr).toMatch(/expected quantized\|continuous\|sampled\|mixed/);
  }));
