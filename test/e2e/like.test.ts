/** Every picture that we write can be made again from what it tells; what it lacks is asked for by name and sha256. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { encodePng, NDArray } from "../../src/index.js";
import { cli, inEmptyFolder, tinyModels } from "../support/cli.js";
import { tinyPair } from "../support/tiny-pair.js";

const small = ["--cutouts", "2", "--seed", "7", ...tinyModels];

/** A picture of 32x24 whose stripes depend on `phase`. */
async function savePicture(path: string, phase = 0): Promise<void> {
  const pixels = Buffer.from(Array.from({ length: 3 * 32 * 24 }, (_, i) => (i * 7 + phase * 40) % 256));
  await sharp(pixels, { raw: { width: 32, height: 24, channels: 3 } })
    .png()
    .toFile(path);
}

async function expectOk(cwd: string, args: readonly string[]): Promise<void> {
  const run = await cli(args, { cwd });
  expect(run.code, run.stderr).toBe(0);
}

/** Makes `name` again with the arguments that it needs, and compares every byte. */
async function expectSame(cwd: string, name: string, ...needs: string[]): Promise<void> {
  await expectOk(cwd, ["generate", "--like", name, "-o", "again.png", ...needs, ...tinyModels]);
  expect(await readFile(join(cwd, "again.png"))).toEqual(await readFile(join(cwd, name)));
}

async function complaint(cwd: string, ...args: string[]): Promise<string> {
  const { code, stderr } = await cli(["generate", "-o", "no.png", ...args, ...tinyModels], { cwd });
  expect(code, stderr).toBe(2);
  return stderr;
}

test("edits, pictures that began at one, and those drawn to one ask for it by its sha256", () =>
  inEmptyFolder(async (cwd) => {
    await savePicture(join(cwd, "in.png"));
    await savePicture(join(cwd, "other.png"), 1);
    const part = ["--rect", "4,4,13,9", "--feather", "2"];
    await expectOk(cwd, [
      "edit",
      "in.png",
      "fog",
      "--strength",
      "0.6",
      ...part,
      "--steps",
      "2",
      "-o",
      "a.png",
      ...small,
    ]);
    await expectSame(cwd, "a.png", "--init-image", "in.png");
    const asked = /a.png was made from a picture of 32x24 \(sha256 of its pixels ([0-9a-f]{64})/;
    expect(await complaint(cwd, "--like", "a.png")).toMatch(/give it: --init-image/);
    const [, sha256 = ""] = asked.exec(await complaint(cwd, "--like", "a.png", "--init-image", "other.png")) ?? [];
    expect(sha256).toHaveLength(64);

    const drawn = ["--init-image", "in.png", "--image-prompt", "other.png:0.5", "--noise-prompt", "3:0.1"];
    await expectOk(cwd, ["generate", "fog", ...drawn, "--size", "32x24", "--steps", "2", "-o", "b.png", ...small]);
    await expectSame(cwd, "b.png", "--init-image", "in.png", "--image-prompt", "other.png");
    expect(await complaint(cwd, "--like", "b.png", "--init-image", "in.png")).toMatch(/drawn to a picture \(sha256/);
    const wrong = ["--like", "b.png", "--init-image", "in.png", "--image-prompt", "in.png"];
    expect(await complaint(cwd, ...wrong)).toMatch(/target 1 of the picture had the sha256/);
  }));

test("branches and paint: the same way again, with the painted pictures", () =>
  inEmptyFolder(async (cwd) => {
    const path = (name: string) => join(cwd, name);
    const vq = await tinyPair(); // biome-ignore format: one pair
    const run = await vq.create({ prompts: "a castle", size: [32, 32], cutouts: 2, steps: 6, seed: 7, keepEvery: 2 }).toFinish(); // biome-ignore format: one request
    const fork = await run.fork({ at: 2, prompts: "fog", seed: 9 });
    await fork.toFinish({ until: 3 });
    fork.resume({ optimizer: "reset" });
    await fork.toFinish({ until: 4 });
    const white = encodePng(NDArray.float32([3, 32, 32], new Float32Array(3 * 32 * 32).fill(1)), {});
    await writeFile(path("white.png"), white);
    const mask = new NDArray(
      "uint8",
      [32, 32],
      Uint8Array.from({ length: 1024 }, (_, i) => (i < 400 ? 255 : 0)),
    );
    await fork.edit({ image: white, mask, learningRate: 0.05 });
    await fork.toFinish({ until: 5 });
    await fork.toPNG(path("a.png"));
    for (const each of [run, fork]) await each.dispose();
    await expectSame(cwd, "a.png", "--image", "white.png");
    expect(await complaint(cwd, "--like", "a.png")).toMatch(
      /painted by hand at step 4 \(sha256 .* \(give it: --image\)/,
    );
    expect(await complaint(cwd, "--like", "a.png", "--image", "white.png", "--seed", "1")).toMatch(
      /made again as it was/,
    );
  }));

test("losers of a race, frames of a video and of a styled folder", () =>
  inEmptyFolder(async (cwd) => {
    const grid = [
      "grid",
      "a castle ^ fog",
      "--seeds",
      "1,2",
      "--race",
      "1",
      "-i",
      "3",
      "--size",
      "32",
      "--cutouts",
      "2",
    ];
    await expectOk(cwd, [...grid, "--pictures", "raced", ...tinyModels]);
    for (const name of ["raced/seed-1.png", "raced/seed-2.png"]) await expectSame(cwd, name);

    const video = [
      "video",
      "fog",
      "--frames",
      "2",
      "--steps-per-frame",
      "1",
      "-i",
      "2",
      "--size",
      "32",
      "-o",
      "v.webp",
    ];
    await expectOk(cwd, [...video, ...small]);
    for (const number of [1, 2]) await expectSame(cwd, `v-frames/frame-0000${number}.png`);

    await mkdir(join(cwd, "in"));
    for (const number of [1, 2, 3]) await savePicture(join(cwd, `in/${number}.png`), number);
    await expectOk(cwd, ["style", "in", "fog", "--steps", "2", "-o", "s.webp", ...small]);
    await expectSame(cwd, "s-frames/frame-00001.png", "--init-image", "in/1.png");
    await expectSame(cwd, "s-frames/frame-00003.png", "--init-image", "in");
    const wrong = ["--like", "s-frames/frame-00003.png", "--init-image"];
    expect(await complaint(cwd, ...wrong, "in/1.png")).toMatch(/the first 3 frames of a video/);
    await savePicture(join(cwd, "in/2.png"), 8);
    expect(await complaint(cwd, ...wrong, "in")).toMatch(/not the 3 frames that the picture was made from/);
  }));
