/** Runs on a diffusion model that draws in one step: its noise is the latent, and it reads a text of its own. */
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { ownEngine } from "../../src/runtime/own-engine.js";
import { type CreateRequest, VqganClip } from "../../src/vqgan-clip.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const models = { generator: fixturePath("diffusion-sdxs"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const request: CreateRequest = {
  prompts: "a castle | rain:-0.5",
  seed: 3,
  steps: 3,
  size: [32, 48],
  cutouts: 1,
  cutMethod: "whole",
  augmentations: [],
};

const distance = (a: NDArray, b: NDArray) => Math.max(...a.floats().map((value, i) => Math.abs(value - b.at(i))));

test("a run descends its noise, goes on from its session with the same result, and other texts compile no other step", () =>
  inEmptyFolder(async (folder) => {
    const opened = vi.spyOn(ownEngine, "open");
    const steps = () => opened.mock.calls.filter(([{ outputs }]) => "gradient" in outputs).length;
    await using vq = await VqganClip.fromPretrained(models);
    const run = vq.create(request);
    expect(run.settings).toMatchObject({ latent: "continuous", start: "normal", learningRate: 0.02 });
    const losses: number[] = [];
    for await (const event of run) {
      losses.push(event.losses.total);
      if (event.step === 2) await run.save(join(folder, "run.vqclip"), { picture: false });
    }
    expect(losses[2]).toBeLessThan(losses[0] as number);
    const z = await run.latent();
    expect(z.shape).toEqual([1, 4, 12, 8]);

    const again = await vq.open(join(folder, "run.vqclip"));
    await again.toFinish();
    expect((await again.latent()).bytes).toEqual(z.bytes);

    const before = await again.render();
    const compiled = steps();
    again.resume({ generatorPrompt: "a ruin in fog", steps: 4 });
    const other = await again.render();
    expect(distance(before, other)).toBeGreaterThan(0.01); // the same noise, another text
    await again.toFinish();
    again.resume({ prompts: "a cat | fog:-0.5", steps: 5 });
    await again.toFinish();
    expect(steps()).toBe(compiled);
    await again.save(join(folder, "run.vqclip"), { picture: false });
    expect((await vq.open(join(folder, "run.vqclip"))).settings.generatorPrompt).toBe("a ruin in fog");
    opened.mockRestore();
  }));

test("an edit begins at its picture under as much noise as its strength says, and keeps what its mask holds", async () => {
  await using vq = await VqganClip.fromPretrained(models);
  const { size: _, ...asked } = request;
  const image = NDArray.float32(
    [3, 48, 32],
    Float32Array.from({ length: 3 * 48 * 32 }, (_, i) => (i % 32) / 32),
  );
  const rect = [0, 0, 16, 48] as const;
  const run = await vq.edit({ ...asked, image, rect, strength: 0.4, steps: 1 });
  expect(run.settings).toMatchObject({ noising: 0.4, size: [32, 48], regularizer: { target: "init" } });
  await run.toFinish();
  expect(run.notices).toEqual([]);
  const picture = await run.render();
  const kept = Array.from({ length: 48 * 8 }, (_, i) => 32 * Math.floor(i / 8) + 24 + (i % 8));
  for (const i of kept) expect(picture.at(i)).toBeCloseTo(image.at(i), 2);
  expect(distance(picture, image)).toBeGreaterThan(0.05);
});

test("what it cannot do is one line that says what would work", async () => {
  await using vq = await VqganClip.fromPretrained(models);
  expect(() => vq.create({ ...request, size: [40, 48] })).toThrow("not a multiple of the generator's factor 16");
  expect(() => vq.create({ ...request, start: "pixels" })).toThrow("diffusion-sdxs begins at noise alone");
  expect(() => vq.create({ ...request, noising: 0.5 })).toThrow("diffusion-sdxs begins at a picture");
  expect(() => vq.create({ ...request, preset: "notebook" })).not.toThrow(); // whose start is a picture, elsewhere
  await expect(vq.reconstruct(NDArray.zeros("float32", [3, 32, 48]))).rejects.toThrow("leads through noise");
  expect(() => vq.create({ ...request, latent: "quantized", preset: "notebook" })).toThrow("has no codebook");
  const long = vq.textNotices({ prompts: "a castle", generatorPrompt: "castle ".repeat(20), longPrompts: "cut" });
  expect(long).toMatchObject([{ kind: "truncated" }]);
  const both = VqganClip.fromPretrained({ ...models, vqgan: fixturePath("vqgan") });
  await expect(both).rejects.toThrow("generator: is another name of vqgan, and both are given");
  await using pixels = await VqganClip.fromPretrained({ ...models, generator: "pixels" });
  expect(() => pixels.create({ ...request, noising: 0.5 })).toThrow("the latents of pixels have no noise");
  expect(() => pixels.create({ ...request, generatorPrompt: "a castle" })).toThrow(
    "generatorPrompt: pixels reads no texts",
  );
});
