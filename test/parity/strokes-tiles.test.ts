/** Strokes that are drawn only in the tiles they touch: the same pictures and gradients as of all strokes everywhere. */
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { sizeOf } from "../../src/core/shape.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { VqganClip } from "../../src/index.js";
import type { Culling } from "../../src/models/generator.js";
import type { StrokesOptions } from "../../src/models/strokes/options.js";
import { strokes } from "../../src/models/strokes/strokes.js";
import { compile } from "../../src/runtime/program.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath, largestError, relativeError } from "../support/fixtures.js";

/** A drawing's random start with every number moved by up to `by`, which sends some strokes off the canvas and over all of it. */
function drawing(options: StrokesOptions, [height, width]: readonly [number, number], by: number) {
  const generator = strokes(options);
  const latent = generator.first?.([height, width], new Random(4)) as NDArray;
  const random = new Random(5);
  const z = NDArray.float32(
    latent.shape,
    latent.floats().map((value) => value + random.uniform(-by, by)),
  );
  return { generator, z, culling: generator.culling as Culling, size: [height, width] as const };
}

/** Its picture and the gradient of a random sum of it. */
async function drawn({ generator, z, culling, size }: ReturnType<typeof drawing>, room: number | undefined) {
  const variable = input("z", "float32", z.shape);
  const picture = generator.decode(variable, { size: [size[1], size[0]], room });
  const [gradient] = grad(picture, [variable], input("ct", "float32", picture.shape)) as [Tensor];
  const program = await compile({ picture, gradient }, { threads: 1 });
  const ct = NDArray.float32(picture.shape, new Random(6).normals(sizeOf(picture.shape)));
  const made = await program.run({ z, ct, ...(room === undefined ? {} : culling.feeds(z, size, room)) });
  await program.dispose();
  return made;
}

test.each<[string, StrokesOptions, number]>([
  ["lines", { count: 30 }, 20],
  ["lines off the canvas and wide ones", { count: 24, segments: 3, width: 4 }, 120],
  ["opaque lines of one ink", { count: 20, ink: "black", opacity: "off" }, 30],
  ["closed shapes", { count: 24, shape: "closed" }, 60],
  ["triangles", { count: 40, shape: "triangle" }, 60],
])("%s", async (_, options, by) => {
  const given = drawing(options, [45, 70], by);
  const room = given.culling.roomFor(given.z, given.size);
  const [whole, tiled] = [await drawn(given, undefined), await drawn(given, room)];
  expect(largestError(tiled.picture, whole.picture)).toBeLessThan(2e-4);
  expect(relativeError(tiled.gradient, whole.gradient)).toBeLessThan(2e-3);
});

test("more room changes no byte, less is refused", async () => {
  const given = drawing({ count: 30 }, [45, 70], 20);
  const room = given.culling.roomFor(given.z, given.size);
  expect(await drawn(given, 2 * room)).toEqual(await drawn(given, room));
  expect(given.culling.feeds(given.z, given.size, 8)).toBeUndefined();
});

test("strokes that grow in a run get the room they need; begun again from any state, the bytes are the same", () =>
  inEmptyFolder(async (folder) => {
    const options = { count: 32, width: 1 };
    const { culling, decode } = strokes(options);
    const path = join(folder, "a.vqclip");
    const vq = await VqganClip.fromPretrained({
      generator: "strokes:count=32,width=1",
      clip: fixturePath("clip-gelu"),
      threads: 1,
    });
    const side = 80;
    const run = vq.create({ prompts: "rain", size: [side, side], cutouts: 1, steps: 8, seed: 3, learningRate: 60 });
    const room = async () => (culling as Culling).roomFor((await run.state()).z, [side, side]);
    const rooms = [await room()];
    for await (const { step } of run) {
      rooms.push(await room());
      if (step === 6) await run.save(path);
    }
    expect(Math.max(...rooms)).toBeGreaterThan(1.5 * (rooms[0] as number)); // it was compiled anew
    const { z } = await run.state();
    const made = await run.render();
    const resumed = await vq.open(path);
    await resumed.toFinish();
    expect((await resumed.state()).z).toEqual(z);
    expect(await resumed.render()).toEqual(made);
    const program = await compile({ whole: decode(input("z", "float32", z.shape), { size: [side, side] }) }, {});
    const { whole } = await program.run({ z });
    await program.dispose();
    expect(largestError(made, inUnits(whole))).toBeLessThan(2e-4);
    await run.dispose();
    await resumed.dispose();
    await vq.dispose();
  }));

test("a film goes from bare paper to the whole drawing, stroke by stroke", async () => {
  const vq = await VqganClip.fromPretrained({
    generator: "strokes:count=4,width=6,ink=black,paper=f0f0f0",
    clip: fixturePath("clip-gelu"),
    threads: 1,
  });
  const run = vq.create({ prompts: "rain", size: [40, 33], steps: 0, seed: 3 });
  const pictures = await run.film(5);
  const dark = pictures.map((picture) => picture.floats().filter((value) => value < 0.9).length);
  expect(dark[0]).toBe(0);
  for (let i = 1; i < 5; i++) expect(dark[i]).toBeGreaterThan(dark[i - 1] as number);
  expect(largestError(pictures[4] as NDArray, await run.render())).toBeLessThan(1e-6);
  await expect(run.film(1)).rejects.toThrow("frames is a whole number from 2 to 1000, got 1");
  const webp = await sharp(await run.toFilm(undefined, 5), { animated: true }).metadata();
  expect([webp.pages, webp.delay?.at(-1)]).toEqual([5, 2000]);
  await run.dispose();
  await vq.dispose();
});

/** A picture [1,3,H,W] in -1..1 as [3,H,W] in 0..1. */
function inUnits(picture: NDArray): NDArray {
  const levels = picture.floats().map((value) => Math.min(1, Math.max(0, (value + 1) / 2)));
  return NDArray.float32(picture.shape.slice(1), levels);
}
