/** Runs on a diffusion model that draws in one step: its noise is the latent, and it reads a text of its own. */
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { readPngText } from "../../src/image/png-text.js";
import { ownEngine } from "../../src/runtime/own-engine.js";
import { type CreateRequest, VqganClip } from "../../src/vqgan-clip.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const models = { generator: fixturePath("diffusion-sdxs"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const finalVae = fixturePath("diffusion-final-vae");
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

test("another autoencoder draws what is given out, not what steps see; its session wants it again", () =>
  inEmptyFolder(async (folder) => {
    await using vq = await VqganClip.fromPretrained({ ...models, finalVae });
    const run = vq.create({ ...request, steps: 1, learningRate: 1e-9 });
    await run.toFinish();
    const drawn = await run.render();
    expect(drawn.shape).toEqual([3, 48, 32]);
    expect(distance(run.image as NDArray, drawn)).toBeGreaterThan(0.1); // of the same noise
    const { models: told } = JSON.parse(readPngText(await run.toPNG())["vqgan-clip"] as string);
    expect(told).toMatchObject([{ role: "generator" }, { role: "finalVae", name: "diffusion-final-vae" }, {}]);
    const path = join(folder, "run.vqclip");
    await run.save(path, { picture: false });
    expect((await (await vq.open(path)).render()).bytes).toEqual(drawn.bytes);
    const without = await VqganClip.fromPretrained(models);
    await expect(without.open(path)).rejects.toMatchObject({
      message: expect.stringContaining("was made with finalVae diffusion-final-vae"),
      hint: "name the same autoencoder (--final-vae)",
    });
  }));

test("an autoencoder of another space, or where there is none to replace, is refused", async () => {
  const open = (more: object) => VqganClip.fromPretrained({ ...models, ...more });
  const refused = "draws its pictures without an autoencoder beside it";
  await expect(open({ generator: "pixels", finalVae })).rejects.toThrow(`finalVae: pixels ${refused}`);
  await expect(open({ generator: fixturePath("vqgan"), finalVae })).rejects.toThrow(`finalVae: vqgan ${refused}`);
  const kl = fixturePath("diffusers-kl-bare");
  await expect(open({ finalVae: kl })).rejects.toThrow("channels of its latents is 8, diffusion-sdxs's have 4");
  const half = join(fixturePath("diffusion-turbo"), "vae");
  await expect(open({ finalVae: half })).rejects.toThrow("is 2, diffusion-sdxs's have 4");
  const codes = fixturePath("diffusers-vq");
  await expect(open({ finalVae: codes })).rejects.toThrow("is no AutoencoderKL or AutoencoderTiny of diffusers");
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
