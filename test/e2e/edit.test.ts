/** Editing as users do it: any size, masks that hold to the pixel, sessions that go on, and what the result says of itself. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../src/core/random.js";
import { type EditRequest, NDArray, readPngText, readStory, VqganClip } from "../../src/index.js";
import { cli, inEmptyFolder, listing, tinyModels } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";
import { tinyPair } from "../support/tiny-pair.js";

const [width, height] = [33, 47];
const pixels = Buffer.from(Array.from({ length: 3 * width * height }, (_, i) => (i * 37) % 256));
const savePicture = (path: string) =>
  sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
const rgb = async (path: string) =>
  sharp(await readFile(path))
    .raw()
    .toBuffer();
const small = ["--cutouts", "3", "--seed", "7", ...tinyModels];

/** Whether pixel x,y differs in any channel. */
const differs = (a: Buffer, b: Buffer, x: number, y: number) =>
  [0, 1, 2].some((channel) => a[3 * (y * width + x) + channel] !== b[3 * (y * width + x) + channel]);

describe("vqgan-clip edit", () => {
  test("keeps the picture's size, says what was kept and reached, and is marked as a composite", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      await savePicture(path("in.png"));
      const run = await cli(["edit", path("in.png"), "a castle", "fog:-0.5", "--steps", "3", "--json", ...small]);
      expect(run.stderr).toMatch(
        /kept: PSNR [\d.]+ dB, SSIM [\d.]+, of edges [\d.]+\nreached: "a castle" -?[\d.]+ -> /,
      );
      expect(run.code).toBe(0);
      expect(await listing(folder)).toEqual(["in-edited.png", "in.png"]);
      const events = run.stdout.toString().trimEnd().split("\n").map((line) => JSON.parse(line)); // biome-ignore format: short
      expect(events[0]).toMatchObject({
        beganFrom: "picture",
        settings: { size: [34, 48], steps: 3, structure: 0.25, regularizer: { target: "init", weight: 0.25 } },
      });
      expect(events[1].losses.structure).toBeGreaterThanOrEqual(0);
      expect(events.at(-1)).toMatchObject({ type: "done", kept: { free: 1 }, reached: [{ prompt: "a castle" }, { prompt: "fog" }] }); // biome-ignore format: one event
      const made = await sharp(path("in-edited.png")).metadata();
      expect([made.width, made.height]).toEqual([width, height]);
      expect(made.xmp?.toString()).toContain("compositeWithTrainedAlgorithmicMedia");
      const story = readStory(readPngText(await readFile(path("in-edited.png"))));
      expect(story?.source).toMatchObject({ width, height, sha256: expect.any(String) });
    }));

  test("outside a rectangle every pixel is the source's; inside, they change", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      await savePicture(path("in.png"));
      const part = ["--rect", "5,9,16,20", "--feather", "4", "--strength", "1", "--steps", "2"];
      const run = await cli(["edit", path("in.png"), "a castle", ...part, "-o", path("out.png"), ...small]);
      expect(run.stderr).toContain("20.6 % of the pixels could change");
      const [before, after] = [await rgb(path("in.png")), await rgb(path("out.png"))];
      let changed = 0;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          if (!differs(before, after, x, y)) continue;
          expect(x >= 5 && x < 21 && y >= 9 && y < 29, `${x},${y}`).toBe(true);
          changed++;
        }
      }
      expect(changed).toBeGreaterThan(100);
    }));

  test("a mask picture works at a scaled size, for a rule with weight decay, and goes on from a session to the byte", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      await savePicture(path("in.png"));
      const half = Buffer.from(Array.from({ length: width * height }, (_, i) => (i % width < 17 ? 255 : 0)));
      await sharp(half, { raw: { width, height, channels: 1 } })
        .png()
        .toFile(path("m.png"));
      const args = [
        "edit",
        path("in.png"),
        "a castle",
        "--mask",
        path("m.png"),
        "--max-side",
        "32",
        "--optimizer",
        "adamw",
      ];
      const files = (name: string) => ["-o", path(`${name}.png`), "--save-state", path(`${name}.vqclip`)];
      const whole = await cli([...args, "--steps", "4", "--json", ...files("whole"), ...small]);
      expect(JSON.parse(whole.stdout.toString().split("\n")[0] as string).settings.size).toEqual([22, 32]);
      await cli([...args, "--steps", "2", ...files("part"), ...small]);
      const resumed = await cli(["resume", path("part.vqclip"), "-i", "4", ...files("part"), ...tinyModels]);
      expect(resumed.stderr).toContain("kept: PSNR");
      expect(await readFile(path("part.png"))).toEqual(await readFile(path("whole.png")));
      expect(await readFile(path("part.vqclip"))).toEqual(await readFile(path("whole.vqclip")));
      const [before, after] = [await rgb(path("in.png")), await rgb(path("whole.png"))];
      for (let y = 0; y < height; y++)
        for (let x = 17; x < width; x++) expect(differs(before, after, x, y)).toBe(false);
      expect(differs(before, after, 3, 20)).toBe(true);
    }));

  test("a doubtful mask is told, and refused under --strict-mask before anything is written", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      await savePicture(path("in.png"));
      const args = [
        "edit",
        path("in.png"),
        "--from",
        "a castle",
        "--to",
        "fog",
        "--mask-recipe",
        "paper",
        "--steps",
        "1",
      ];
      const strict = await cli([...args, "--strict-mask", "--save-mask", path("m.png"), ...small]);
      expect(strict.stderr).toMatch(
        /^vqgan-clip: --strict-mask: the mask of "a castle" is large: [\d.]+ % of the picture/m,
      );
      expect(strict.code).toBe(2);
      expect(await listing(folder)).toEqual(["in.png"]);
      const told = await cli([...args, ...small]);
      expect(told.stderr).toMatch(/^warning: the mask of "a castle" is large: [\d.]+ % of the picture/m);
      expect(told.code).toBe(0);
    }));

  test("a phrase finds its own mask, which is saved and can be used again", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      await savePicture(path("in.png"));
      const common = ["--steps", "2", ...small];
      const found = ["--from", "a castle", "--to", "fog", "--mask-edges", "off", "--save-mask", path("m.png")];
      const run = await cli(["edit", path("in.png"), ...found, "-o", path("a.png"), ...common]);
      expect(run.stderr).toMatch(/note: "a castle" was found in [\d.]+ % of the picture/);
      const again = ["fog", "--mask", path("m.png"), "-o", path("b.png")];
      expect((await cli(["edit", path("in.png"), ...again, ...common])).code).toBe(0);
      expect(await readFile(path("b.png"))).toEqual(await readFile(path("a.png")));
    }));
});

describe("vq.edit", () => {
  const image = NDArray.float32(
    [3, height, width],
    Float32Array.from(pixels, (byte) => byte / 255),
  );
  const request = { image, prompts: "a castle", cutouts: 2, steps: 2, seed: 3 } satisfies EditRequest<NDArray>;
  let vq: VqganClip;
  beforeAll(async () => {
    vq = await tinyPair();
  });

  test("a mask drawn on a transparent layer holds what the layer leaves clear; one that holds nothing is told", async () => {
    const notices: string[] = [];
    const told = await VqganClip.fromPretrained({
      vqgan: fixturePath("vqgan"),
      clip: fixturePath("clip-quick-gelu"),
      threads: 1,
      onNotice: ({ kind }) => notices.push(kind),
    });
    const layer = (alpha: (column: number) => number) => {
      const white = Uint8Array.from({ length: 4 * width * height }, (_, i) => (i % 4 < 3 ? 255 : alpha((i >> 2) % width))); // biome-ignore format: one picture
      return sharp(white, { raw: { width, height, channels: 4 } })
        .png()
        .toBuffer();
    };
    const drawn = await told.edit({ ...request, mask: await layer((column) => (column < 9 ? 255 : 0)) });
    const mask = (await drawn.state()).source?.mask?.data as Uint8Array;
    expect(mask.every((value, i) => value === (i % width < 9 ? 255 : 0))).toBe(true);
    expect(notices).toEqual(["poor-copy"]); // weights that were never trained
    await told.edit({ ...request, mask: await layer(() => 255) });
    expect(notices).toEqual(["poor-copy", "mask-of-all"]);
    await expect(told.edit({ ...request, mask: NDArray.zeros("uint8", [height, width]) })).rejects.toThrow(
      "mask: nothing in it may change",
    );
    await drawn.dispose();
  });

  test("a picture that the generator cannot copy is told before the first step, one that it can is not", async () => {
    const bundled = await VqganClip.fromPretrained({ threads: 1 });
    const [side, middle] = [64, 31.5];
    const colours = (colour: (i: number) => number) =>
      NDArray.float32(
        [3, side, side],
        Float32Array.from({ length: 3 * side * side }, (_, i) => colour(i)),
      );
    const disc = colours((i) =>
      Math.hypot((i % side) - middle, (Math.floor(i / side) % side) - middle) < 20 ? 0.2 : 1,
    );
    const random = new Random(3);
    const noise = colours(() => random.uniform());
    for (const [image, told] of [
      [disc, []],
      [noise, [{ kind: "poor-copy" }]],
    ] as const) {
      // biome-ignore format: short
      const run = await bundled.edit({ image, prompts: "a green apple", seed: 1 });
      await run.device();
      expect(run.notices).toMatchObject(told);
      await run.dispose();
    }
  });

  test("held latents stay as they were, free ones move", async () => {
    const run = await vq.edit({ ...request, rect: [0, 0, 10, 47] });
    const before = (await run.state()).z.clone();
    await run.toFinish();
    const after = (await run.state()).z;
    const columns = before.shape[3] as number;
    for (let i = 0; i < before.size; i++) if (i % columns >= 5) expect(after.at(i)).toBe(before.at(i));
    expect(after.at(0)).not.toBe(before.at(0));
    expect(await run.compare()).toMatchObject({ reached: [{ prompt: "a castle" }] });
    await run.dispose();
  });

  test("the structure term starts at nothing and is part of the total", async () => {
    const run = await vq.edit({ ...request, structure: 2, regularizer: { weight: 0 } });
    const losses = [];
    for await (const event of run) losses.push(event.losses);
    expect(losses[1]?.structure).toBeGreaterThan(0);
    for (const { total, prompts, structure } of losses)
      expect(total).toBeCloseTo((prompts[0] as number) + structure, 6);
    await run.dispose();
  });

  test("the directional term goes the way between two texts, is part of the total, and needs a picture", async () => {
    const direction = { from: "a photo", to: "a sketch", weight: 50 };
    const run = await vq.edit({ ...request, structure: 0, regularizer: { weight: 0 }, direction });
    const shown: number[] = [];
    for await (const { losses } of run) {
      const { prompts, direction: share = 0, picture, rewards } = losses;
      const parts = [...prompts, ...picture, ...rewards];
      expect(losses.total).toBeCloseTo(
        parts.reduce((sum, part) => sum + part, share),
        3,
      );
      shown.push(share);
    }
    expect(shown[0]).toBeGreaterThan(25); // 50 where nothing has changed
    expect(Math.min(...shown)).toBeLessThan(shown[0] as number);
    await run.dispose();
    await expect(vq.create({ prompts: "a castle", direction }).toFinish()).rejects.toThrow(
      "needs a picture to begin at",
    );
    await expect(
      vq.edit({ ...request, direction: { ...direction, to: "a photo" } }).then((same) => same.state()),
    ).rejects.toThrow("sees no difference");
  });

  test("the perceptual term draws the picture to its source and is part of the total", async () => {
    const alone = {
      prompts: "a castle:0.001",
      structure: 0,
      regularizer: { weight: 0 },
      latent: "continuous",
    } as const;
    const fixed = { cutMethod: "whole", cutouts: 1, augmentations: [], steps: 30, learningRate: 0.1 } satisfies Partial<
      EditRequest<NDArray>
    >;
    const run = await vq.edit({ ...request, ...alone, ...fixed, perceptual: 3 });
    const shown: number[] = [];
    for await (const { losses } of run) {
      const { total, prompts, perceptual } = losses;
      expect(total).toBeCloseTo((prompts[0] as number) + perceptual, 5);
      shown.push(perceptual);
    }
    expect(shown.at(-1)).toBeLessThan(0.9 * (shown[0] as number));
    await run.dispose();
  });

  test("more strength keeps less", async () => {
    const kept = [];
    for (const strength of [0, 1]) {
      const run = await vq.edit({ ...request, strength, steps: 4 });
      await run.toFinish();
      kept.push((await run.compare())?.kept.psnr as number);
      await run.dispose();
    }
    expect(kept[0]).toBeGreaterThanOrEqual(kept[1] as number);
  });

  test("bad requests are refused with a code", async () => {
    await expect(vq.edit({ ...request, strength: 2 })).rejects.toThrow(
      "strength: expected a number from 0 to 1, got 2",
    );
    await expect(vq.edit({ ...request, rect: [0, 0, 99, 1] })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    await expect(vq.edit({ ...request, rect: [0, 0, 1, 1], mask: image })).rejects.toThrow("a mask or a rect");
    await expect(vq.create({ prompts: "a castle", perceptual: 1 }).toFinish()).rejects.toThrow(
      "perceptual: there is no picture to keep",
    );
    expect(() => vq.create({ prompts: "a castle", strength: 0.5 })).toThrow("strength: only an edit has it");
  });
});
