/** Runs whose latent a prior keeps what latents are like: resumed exactly, held by masks, refused where there is none. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { VqganClip } from "../../src/vqgan-clip.js";
import { cli, inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const folder = fixturePath("diffusion-latents");
const clip = fixturePath("clip-gelu");
const prior = { weight: 0.5 };

test("it counts, goes on from its session to the same latent, and leaves what a mask holds", () =>
  inEmptyFolder(async (empty) => {
    await using vq = await VqganClip.fromPretrained({ generator: folder, clip, threads: 1 });
    const request = { prompts: "rain", seed: 2, steps: 3, size: [16, 24] as [number, number], cutouts: 2 };
    const run = vq.create({ ...request, prior });
    expect(run.settings.prior).toEqual({ weight: 0.5, from: 0.9, to: 0.5 });
    const path = join(empty, "run.vqclip");
    for await (const { step } of run) if (step === 1) await run.save(path, { picture: false });
    const again = await vq.open(path);
    await again.toFinish();
    expect((await again.latent()).bytes).toEqual((await run.latent()).bytes);
    const without = vq.create(request);
    await without.toFinish();
    expect((await without.latent()).bytes).not.toEqual((await run.latent()).bytes);

    const image = NDArray.float32(
      [3, 24, 16],
      Array.from({ length: 1152 }, (_, i) => (i % 7) / 7),
    );
    const edited = async (steps: number) => {
      const mask = new NDArray("uint8", [24, 16], new Uint8Array(384).fill(255, 0, 192)); // the upper half
      const edit = await vq.edit({ ...request, steps, image, mask, prior, latent: "continuous" });
      await edit.toFinish();
      return (await edit.latent()).floats();
    };
    const [begun, ended] = [await edited(0), await edited(2)];
    const moved = [...begun.keys()].filter((i) => begun[i] !== ended[i]).map((i) => Math.floor((i % 96) / 8)); // rows
    expect(Math.max(...moved)).toBe(5);
    expect(moved.length).toBeGreaterThan(0);
  }));

test("a generator without one, a latent of codes and words that are none are refused in one line", async () => {
  await using vq = await VqganClip.fromPretrained({ generator: fixturePath("vqgan"), clip, threads: 1 });
  expect(() => vq.create({ prompts: "x", size: [16, 16], prior })).toThrow("prior: vqgan has none");
  await using own = await VqganClip.fromPretrained({ generator: folder, clip, threads: 1 });
  expect(() => own.create({ prompts: "x", size: [16, 16], prior, latent: "sampled" })).toThrow(
    "prior: it knows latents, and what is optimised is sampled",
  );
  const { code, stderr } = await cli(["rain", "--prior", "weight=2"]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("expected weight (a number from 0 to 1), or weight=..,from=..,to=..,final=..");
});
