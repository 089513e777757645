/** Preset fusedream: the best of many starts, mixed; and flexit, which says itself how far an edit goes. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { startSettings } from "../../src/guidance/candidates.js";
import { descended } from "../../src/guidance/descent.js";
import { firstLatent } from "../../src/guidance/first-latent.js";
import { presets } from "../../src/guidance/presets.js";
import { resolveSettings } from "../../src/guidance/resolve-settings.js";
import type { RunState } from "../../src/guidance/run-state.js";
import { NDArray, VqganClip } from "../../src/index.js";
import type { Generator } from "../../src/models/generator.js";
import { optimizers } from "../../src/optim/optimizer.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";
import { squaresOf } from "../support/squares.js";

const models = { generator: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };

test("a fused run mixes the best candidates, moves all of them, and goes on from its session", () =>
  inEmptyFolder(async (folder) => {
    await using vq = await VqganClip.fromPretrained({
      generator: squaresOf(1),
      clip: fixturePath("clip-gelu"),
      threads: 1,
    });
    const run = vq.create({ prompts: "a castle", size: [32, 32], cutouts: 1, steps: 2, seed: 7, preset: "fusedream", candidates: 4, basis: 2 }); // biome-ignore format: one call
    expect(run.settings).toMatchObject({
      latent: "fused",
      distance: "cosine",
      padding: "grey",
      clampToCodebook: false,
    });
    const { z } = await run.state();
    expect(z.shape).toEqual([4, 3, 8, 8]);
    const part = (values: Float32Array, i: number) => values.slice(i * 192, (i + 1) * 192);
    const settings = startSettings(run.settings);
    const starts = await Promise.all([0, 1, 2, 3].map((i) => firstLatent(vq.generator, settings, { threads: 1 }, i)));
    const taken = [0, 1].map((i) => starts.findIndex((each) => each.floats().every((v, k) => v === part(z.floats(), i)[k]))); // biome-ignore format: one thought
    expect(taken[0]).not.toBe(taken[1]);
    expect(Math.min(...taken)).toBeGreaterThanOrEqual(0);
    for await (const { step } of run) if (step === 1) await run.save(join(folder, "run.vqclip"), { picture: false });
    const moved = (await run.state()).z;
    for (let i = 0; i < 4; i++) expect(part(moved.floats(), i)).not.toEqual(part(z.floats(), i));
    const again = await vq.open(join(folder, "run.vqclip"));
    await again.toFinish();
    expect((await again.state()).z.bytes).toEqual(moved.bytes);
  }));

test("latents of a basis stay in the codebook's range, their shares have none", async () => {
  const range = { low: Float32Array.of(-1, 0), high: Float32Array.of(1, 0.5) };
  const z = NDArray.float32([4, 2, 1, 1], [3, 3, -3, -3, 3, 3, -3, -3]);
  const settings = { ...presets.fusedream, prompts: "x", size: [16, 16], seed: 1 };
  const state = { settings, step: 0, z, optimizer: optimizers.adam.init(8) } as unknown as RunState;
  const losses = { total: 0, prompts: [], structure: 0, perceptual: 0, picture: [], rewards: [], latent: 0 };
  const still = { gradient: NDArray.zeros("float32", z.shape), losses };
  const next = await descended({ codebook: { range } } as unknown as Generator, state, still, undefined);
  expect([...next.z.floats()]).toEqual([1, 0.5, -1, 0, 3, 3, -3, -3]);
});

test("flexit takes its own steps and pulls, unless a strength is asked for; steps are of one length", async () => {
  const rests = { size: [32, 32] as const, drawSeed: () => 1, edits: true, recommended: { strength: 0.9, steps: 7 } };
  const own = resolveSettings({ prompts: "x", preset: "flexit" }, rests);
  const { steps, regularizer, structure, perceptual } = presets.flexit;
  expect(own.settings).toMatchObject({ steps, regularizer, structure, perceptual, candidates: 1 });
  expect(own.origins).toMatchObject({ steps: "preset flexit", structure: "preset flexit" });
  const asked = resolveSettings({ prompts: "x", preset: "flexit", strength: 0.5 }, rests).settings;
  expect(asked).toMatchObject({ steps: 96, structure: 0.5, regularizer: { target: "init", weight: 1 } });

  await using vq = await VqganClip.fromPretrained(models);
  const image = NDArray.float32(
    [3, 32, 32],
    Float32Array.from({ length: 3072 }, (_, i) => ((i * 37) % 256) / 255),
  );
  const run = await vq.edit({ image, prompts: "a castle | fog:-0.4", preset: "flexit", cutouts: 1, steps: 2, seed: 7 });
  const length = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  let before = (await run.state()).z.floats();
  const wanted = 0.05 * length(before);
  const pulls: number[] = [];
  for await (const { losses } of run) {
    const after = (await run.state()).z.floats();
    expect(length(after.map((value, i) => value - (before[i] as number))) / wanted).toBeCloseTo(1, 4);
    before = after;
    pulls.push(losses.latent);
    expect(losses.perceptual).toBeGreaterThanOrEqual(0);
  }
  expect(pulls[0]).toBeLessThan(1e-6); // it begins at its picture
  expect(pulls[1]).toBeGreaterThan(1e-4);
});
