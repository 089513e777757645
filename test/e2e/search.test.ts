/** Runs by populations of latents: the loss falls without a gradient, and a run that is left goes on as if it had not been. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { VqganClip } from "../../src/index.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const models = { generator: "strokes:count=3,shape=triangle", clip: fixturePath("clip-gelu"), threads: 1 };
const request = {
  prompts: "rain",
  preset: "pgpe",
  population: 8,
  size: [24, 24] as [number, number],
  cutouts: 1,
  seed: 3,
} satisfies Parameters<VqganClip["create"]>[0];

test("pgpe: the loss falls; resumed from the middle, latent and spread have the same bytes", () =>
  inEmptyFolder(async (folder) => {
    const vq = await VqganClip.fromPretrained(models);
    const path = join(folder, "a.vqclip");
    const run = vq.create({ ...request, steps: 12 });
    const losses: number[] = [];
    for await (const { step, losses: told } of run) {
      losses.push(told.total);
      if (step === 5) await run.save(path);
    }
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    const { z, optimizer } = await run.state();
    expect(new Set(optimizer.arrays.spread?.floats()).size).toBeGreaterThan(1); // it has changed by itself
    const resumed = await vq.open(path);
    await resumed.toFinish();
    const again = await resumed.state();
    expect(again.z).toEqual(z);
    expect(again.optimizer).toEqual(optimizer);
    await run.dispose();
    await resumed.dispose();
    await vq.dispose();
  }));

test("a preset in the units of another generator says so", async () => {
  const noticesOf = async (generator: string) => {
    const vq = await VqganClip.fromPretrained({ ...models, generator });
    const run = vq.create({ ...request, steps: 0 });
    const { notices } = run;
    await vq.dispose();
    return notices.filter(({ kind }) => kind === "preset-of-another");
  };
  expect(await noticesOf(models.generator)).toEqual([]);
  expect(await noticesOf("fft")).toEqual([{ kind: "preset-of-another", preset: "pgpe", generator: "strokes" }]);
});
