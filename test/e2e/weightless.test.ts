/** Pictures without a generator's weights, from the command line: told by name in metadata and sessions. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodePicture, NDArray, readPngText, readStory, VqganClip } from "../../src/index.js";
import { cli, inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const clip = ["--clip", fixturePath("clip-gelu"), "--threads", "1"];
const small = ["--size", "36x29", "--steps", "4", "--cutouts", "2", "--seed", "3", "--schedule", "constant"];

test.each(["pixels", "fft", "strokes:count=5,ink=black"])(
  "--vqgan %s: generate, resume, --like, and no mix-up of models",
  (name) =>
    inEmptyFolder(async (cwd) => {
      const run = (args: readonly string[]) => cli([...args, ...clip], { cwd });
      const made = await run([
        "generate",
        "rain",
        "--vqgan",
        name,
        ...small,
        "-o",
        "a.png",
        "--save-state",
        "a.vqclip",
      ]);
      expect(made.code, made.stderr).toBe(0);
      const png = await readFile(join(cwd, "a.png"));
      const text = readPngText(png);
      const story = readStory(text);
      expect(story?.models[0]).toEqual({ role: "generator", name });
      expect(story?.settings).toMatchObject({ latent: "continuous", start: "normal", clampToCodebook: false });
      expect(text.parameters).toMatch(new RegExp(`Model: ${name}, Version`));

      const svg = await run(["resume", "a.vqclip", "--vqgan", name, "-o", "d.png", "--svg", "a.svg"]);
      if (name.startsWith("strokes")) {
        expect(svg.code, svg.stderr).toBe(0);
        const text = await readFile(join(cwd, "a.svg"), "utf8");
        expect(text).toContain("<title>rain</title>");
        expect(text.match(/<path /g)).toHaveLength(5);
      } else expect(svg.stderr).toContain(`--svg: ${name} draws no shapes`);

      expect((await run(["generate", "--like", "a.png", "--vqgan", name, "-o", "b.png"])).code).toBe(0);
      expect(await readFile(join(cwd, "b.png"))).toEqual(png);

      const long = ["generate", "rain", "--vqgan", name, ...small, "--steps", "6", "-o", "long.png"];
      expect((await run(long)).code).toBe(0);
      expect((await run(["resume", "a.vqclip", "--vqgan", name, "--steps", "6", "-o", "c.png"])).code).toBe(0);
      const pixelsOf = async (file: string) => (await decodePicture(await readFile(join(cwd, file)), file)).data;
      expect(await pixelsOf("c.png")).toEqual(await pixelsOf("long.png"));

      const other = name === "fft" ? "pixels" : "fft";
      const refused = await run(["resume", "a.vqclip", "--vqgan", other]);
      expect(refused.stderr).toContain(`was made with generator ${name}, loaded is ${other}`);
      const unlike = await run(["generate", "--like", "a.png", "--vqgan", fixturePath("vqgan")]);
      expect(unlike.stderr).toContain(`the picture was made with generator ${name}, loaded is vqgan (`);
      const sampled = await run(["generate", "rain", "--vqgan", name, "--latent", "sampled"]);
      expect(sampled.stderr).toContain(`latent: sampled: ${name} has no codebook`);
    }),
);

test("an edit keeps what its mask holds, and the rest starts at the picture", async () => {
  const vq = await VqganClip.fromPretrained({ vqgan: "pixels", clip: fixturePath("clip-gelu"), threads: 1 });
  const image = NDArray.float32(
    [3, 24, 31],
    Float32Array.from({ length: 3 * 24 * 31 }, (_, i) => ((i * 37) % 256) / 255),
  );
  const run = await vq.edit({ image, prompts: "rain", cutouts: 2, steps: 3, seed: 3, rect: [0, 0, 8, 24], feather: 0 });
  const { picture } = await vq.reconstruct(image);
  for (let i = 0; i < image.size; i++) expect(Math.abs(picture.at(i) - image.at(i))).toBeLessThan(1 / 255);
  await run.toFinish();
  const made = await run.render();
  let moved = 0;
  for (let i = 0; i < image.size; i++) {
    if (i % 31 >= 8) expect(made.at(i)).toBeCloseTo(image.at(i), 5);
    else moved = Math.max(moved, Math.abs(made.at(i) - image.at(i)));
  }
  expect(moved).toBeGreaterThan(0.02);
  await run.dispose();
});

test("preset das on pixels: from grey, the loss falls by plain descent", async () => {
  const vq = await VqganClip.fromPretrained({ vqgan: "pixels", clip: fixturePath("clip-gelu"), threads: 1 });
  const run = vq.create({ prompts: "rain", preset: "das", size: [48, 48], cutouts: 8, steps: 8, seed: 3 });
  const losses: number[] = [];
  for await (const event of run) losses.push(event.losses.total);
  expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  await vq.dispose();
});
