/** Runs on a generator without a codebook and without an encoder: what recipes say of codes is left out. */
import { expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { resolveSettings, type SettingsRequest } from "../../src/guidance/resolve-settings.js";
import { Run } from "../../src/guidance/run.js";
import { loadClip } from "../../src/models/load.js";
import { fixturePath } from "../support/fixtures.js";
import { squaresOf } from "../support/squares.js";

const squares = squaresOf(0.5);

const sources = { codebook: false, encoder: false, size: [32, 32], drawSeed: () => 1 } as const;
const small: SettingsRequest = { prompts: "rain", steps: 3, cutouts: 1, cutMethod: "whole", augmentations: [] };

test("recipes adapt, and say who decided", () => {
  const { settings, origins } = resolveSettings({ ...small, preset: "notebook" }, sources);
  expect(settings).toMatchObject({ latent: "continuous", start: "normal", clampToCodebook: false });
  expect(origins).toMatchObject({ latent: "generator", start: "generator", clampToCodebook: "generator" });
  const recommended = { start: "white" } as const; // needs no codes, but an encoder
  expect(resolveSettings(small, { ...sources, encoder: true, recommended }).settings.start).toBe("white");
  expect(resolveSettings(small, { ...sources, recommended }).settings.start).toBe("normal");
});

test("a run starts at the generator's spread, and its loss falls", async () => {
  const { settings } = resolveSettings({ ...small, size: [32, 24], regularizer: { weight: 0 } }, sources);
  const run = await Run.start({ generator: squares, perceptor: await loadClip(fixturePath("clip-gelu")) }, settings, {
    threads: 1,
  });
  const { z } = run.state;
  expect(z.shape).toEqual([1, 3, 6, 8]);
  const spread = Math.sqrt(z.floats().reduce((total, value) => total + value ** 2, 0) / z.size);
  expect(spread).toBeGreaterThan(0.4);
  expect(spread).toBeLessThan(0.6);
  const totals: number[] = [];
  for await (const { losses } of run) totals.push(losses.total);
  await run.dispose();
  expect(totals[2]).toBeLessThan(totals[0] as number);
});

test("what needs codes or an encoder is one error that names it", async () => {
  const models = { generator: squares, perceptor: await loadClip(fixturePath("clip-gelu")) };
  const { settings } = resolveSettings(small, sources);
  await expect(Run.start(models, { ...settings, start: "codes" })).rejects.toThrow(
    "start: codes: squares has no codebook",
  );
  await expect(Run.start(models, { ...settings, latent: "sampled" })).rejects.toThrow(
    "latent: sampled: squares has no codebook",
  );
  await expect(Run.start(models, settings, { initCodes: [0] })).rejects.toThrow("init codes: squares has no codebook");
  const initPicture = NDArray.zeros("float32", [3, 32, 32]);
  await expect(Run.start(models, settings, { initPicture })).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: "start: squares has no encoder",
  });
});
