/** Runs that nobody gives a picture: what each start begins at, and who can have it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../src/core/random.js";
import { latentOfPicture } from "../../src/guidance/latent.js";
import { pictureStarts, startPicture } from "../../src/guidance/starts.js";
import { type CreateRequest, readPngText, readStory, VqganClip } from "../../src/index.js";
import { cli, inEmptyFolder, tinyModels } from "../support/cli.js";
import { fixturePath, largestError } from "../support/fixtures.js";

const models = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const base = { prompts: "a castle", size: [40, 32], cutouts: 2, steps: 2, seed: 7 } satisfies CreateRequest;

let vq: VqganClip;
beforeAll(async () => {
  vq = await VqganClip.fromPretrained(models);
});

async function firstOf(request: Partial<CreateRequest>) {
  const run = vq.create({ ...base, ...request });
  const state = await run.state();
  await run.dispose();
  return state;
}

describe("pictures that are encoded", () => {
  test.each(pictureStarts)("%s: the latent of the seed's picture, whatever the prompt", async (start) => {
    const picture = startPicture(start, [40, 32], new Random(7).split("first latent"));
    const { z, beganFrom } = await firstOf({ start });
    expect([z.shape, beganFrom]).toEqual([[1, 16, 16, 20], "random"]);
    expect(z.floats()).toEqual((await latentOfPicture(vq.generator, picture, { threads: 1 })).floats());
    expect((await firstOf({ start, prompts: "rain" })).z.floats()).toEqual(z.floats());
    expect(largestError((await firstOf({ start, seed: 8 })).z, z)).toBeGreaterThan(0);
  });

  test("as a continuous latent it is not quantised, as logits its codes are the likeliest", async () => {
    const quantized = (await firstOf({ start: "gradient" })).z;
    const continuous = (await firstOf({ start: "gradient", latent: "continuous", clampToCodebook: false })).z;
    expect(largestError(continuous, quantized)).toBeGreaterThan(1e-3);
    const logits = (await firstOf({ start: "gradient", latent: "mixed", clampToCodebook: false })).z.floats();
    const { codes } = vq.generator.codebook!;
    for (let position = 0; position < 320; position++) {
      const column = Array.from({ length: 64 }, (_, code) => logits[code * 320 + position] as number);
      const likeliest = column.indexOf(Math.max(...column));
      expect(codes.at(likeliest * 16)).toBe(quantized.at(position));
    }
  });
});

test("preset paper begins at random pixels, other recipes at random codes", () => {
  expect(vq.resolve(base).settings.start).toBe("pixels");
  expect(vq.resolve({ ...base, preset: "paper" }).settings.start).toBe("pixels");
  expect(vq.resolve({ ...base, preset: "notebook" }).settings.start).toBe("codes");
});

test("without an encoder preset paper begins at random codes, and an encoded start is refused before the run", async () => {
  const { encode: _, ...generator } = vq.generator;
  const blind = await VqganClip.fromPretrained({ ...models, vqgan: generator });
  expect(blind.resolve({ ...base, preset: "paper" }).settings.start).toBe("codes");
  for (const start of pictureStarts) {
    expect(() => blind.create({ ...base, start })).toThrow(
      expect.objectContaining({ code: "BAD_MODEL", message: `start: ${start}: vqgan has no encoder` }),
    );
  }
  const initCodes = Array.from({ length: 320 }, (_, i) => i % 64);
  expect(blind.create({ ...base, start: "pixels", initCodes }).settings.start).toBe("pixels"); // not needed
});

test("--start gradient, and the same bytes again from the picture's story", () =>
  inEmptyFolder(async (folder) => {
    const [path, again] = [join(folder, "a.png"), join(folder, "b.png")];
    const flags = ["--size", "40x32", "--cutouts", "2", "--steps", "2", "--seed", "7", ...tinyModels];
    expect((await cli(["generate", "a castle", "--start", "gradient", ...flags, "-o", path])).code).toBe(0);
    expect(readStory(readPngText(await readFile(path)))).toMatchObject({
      beganFrom: "random",
      settings: { start: "gradient" },
    });
    expect((await cli(["generate", "--like", path, "-o", again, ...tinyModels])).code).toBe(0);
    expect(await readFile(again)).toEqual(await readFile(path));
    const former = await cli(["generate", "a castle", "--start", "prior", ...flags, "-o", path]);
    expect(former.code).toBe(2);
    expect(former.stderr).toMatch(/start.*codes.*normal.*pixels.*gradient.*white.*grey/);
  }));
