/** Runs whose latent is noise: the presets that keep it so, starts chosen among several, and the best step kept. */
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { resolveSettings, type SettingsRequest } from "../../src/guidance/resolve-settings.js";
import { Run } from "../../src/guidance/run.js";
import type { RunModels } from "../../src/guidance/run-state.js";
import { loadClip } from "../../src/models/load.js";
import { ownEngine } from "../../src/runtime/own-engine.js";
import { VqganClip } from "../../src/vqgan-clip.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";
import { squaresOf } from "../support/squares.js";

const squares = squaresOf(2);

let models: RunModels;
beforeAll(async () => {
  models = { generator: squares, perceptor: await loadClip(fixturePath("clip-gelu")) };
});

const start = (request: Partial<SettingsRequest>) =>
  Run.start(
    models,
    resolveSettings(
      { prompts: "rain", ...request },
      { codebook: false, encoder: false, size: [32, 32], drawSeed: () => 1 },
    ).settings,
    { threads: 1 },
  );

/** Its root mean square, in units of the generator's deviation. */
const spread = ({ state: { z } }: Run) =>
  Math.sqrt(z.floats().reduce((sum, value) => sum + (value / 2) ** 2, 0) / z.size);

test("reno and gper fall and keep the noise's length, and the result is what had the lowest loss", async () => {
  for (const preset of ["reno", "gper"] as const) {
    const run = await start({ preset, steps: 12, size: [64, 64], ...(preset === "reno" && { learningRate: 1 }) });
    const losses: number[] = [];
    const pictures: Float32Array[] = [];
    for await (const { losses: told, image } of run) {
      losses.push(told.prompts[0] as number);
      pictures.push(image.floats());
    }
    const best = losses.indexOf(Math.min(...losses));
    expect(best, preset).toBeGreaterThan(0);
    expect(run.result.step, preset).toBe(best);
    expect([...(await run.render()).floats()], preset).toEqual([...(pictures[best] as Float32Array)]);
    expect(Math.abs(spread(run) - 1), preset).toBeLessThan(preset === "gper" ? 1e-3 : 0.1);
    await run.dispose();
  }
});

test("of several starts the one that is nearest to the prompt is taken, without a gradient, and the seed tells which", async () => {
  const whole: Partial<SettingsRequest> = { cutouts: 1, cutMethod: "whole", augmentations: [] };
  const lossAtFirst = async (request: Partial<SettingsRequest>) => {
    const run = await start({ ...whole, steps: 1, regularizer: { weight: 0 }, ...request });
    const { losses } = await run.advance();
    await run.dispose();
    return losses.total;
  };
  const opened = vi.spyOn(ownEngine, "open");
  const loss = await lossAtFirst({ candidates: 5 });
  const programs = opened.mock.calls.map(([{ outputs }]) => Object.keys(outputs));
  opened.mockRestore();
  expect(programs).toContainEqual(["losses"]);
  expect(await lossAtFirst({ candidates: 5 })).toBe(loss);
  const fewer = await Promise.all([1, 2, 3, 4].map((candidates) => lossAtFirst({ candidates })));
  expect(loss).toBeLessThanOrEqual(Math.min(...fewer));
  expect(loss).toBeLessThan(fewer[0] as number);
  const cropped = await lossAtFirst({ candidates: 5, cutouts: 2, cutMethod: "random" }); // looks differ: two rounds
  expect(cropped).toBeGreaterThan(0);
});

test("a consistency model's noise is descended, goes on from its session, and an edit begins at a picture under noise", () =>
  inEmptyFolder(async (folder) => {
    const clip = fixturePath("clip-gelu");
    await using vq = await VqganClip.fromPretrained({
      generator: fixturePath("diffusion-consistency"),
      clip,
      threads: 1,
    });
    const run = vq.create({ prompts: "rain", preset: "gper", seed: 2, steps: 2, size: [16, 24] });
    const losses: number[] = [];
    for await (const event of run) {
      losses.push(event.losses.total);
      if (event.step === 1) await run.save(join(folder, "run.vqclip"), { picture: false });
    }
    const again = await vq.open(join(folder, "run.vqclip"));
    await again.toFinish();
    expect((await again.latent()).bytes).toEqual((await run.latent()).bytes);
    expect((await run.latent()).shape).toEqual([1, 3, 24, 16]);

    const image = NDArray.zeros("float32", [3, 24, 16]);
    const edit = await vq.edit({ prompts: "rain", preset: "gper", image, strength: 0.3, steps: 1 });
    expect(edit.settings).toMatchObject({ noising: 0.3, whiten: false });
    await edit.toFinish();
    expect((await edit.render()).shape).toEqual([3, 24, 16]);
    expect(() => vq.create({ prompts: "x", generatorPrompt: "y", size: [16, 16] })).toThrow("reads no texts");
  }));

test("what is no noise, and what has no best, is one line that says what would work", async () => {
  expect(() => resolveSettings({ prompts: "x", whiten: true }, { size: [32, 32], drawSeed: () => 1 })).toThrow(
    "whiten: needs a latent that is noise, this is quantized with start pixels",
  );
  const rests = { size: [32, 32] as const, drawSeed: () => 1 };
  const pull = { target: "noise" } as const;
  expect(() => resolveSettings({ prompts: "x", regularizer: pull }, rests)).toThrow("noise is for a continuous latent");
  expect(() => resolveSettings({ prompts: "x", keepBest: true, average: 0.9 }, rests)).toThrow("keepBest: ");
  const edit = resolveSettings({ prompts: "x", preset: "gper" }, { ...rests, edits: true }).settings;
  expect(edit).toMatchObject({ whiten: false, candidates: 1 }); // it begins at its picture
  await expect(start({ preset: "gper", size: [16, 16], steps: 1, candidates: 2 })).resolves.toBeDefined();
});
