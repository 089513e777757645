/** A generator and a loss of the user's own: the examples run as they are written, and sessions hold what they need. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readTable, ridge } from "../../examples/own-head.js";
import { Random } from "../../src/core/random.js";
import {
  type CreateRequest,
  ops,
  type Perceptor,
  type PictureLoss,
  readPngText,
  readStory,
  type StepEvent,
  VqganClip,
} from "../../src/index.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const examples = fileURLToPath(new URL("../../examples", import.meta.url));

test.each([
  ["own-generator.ts", { models: [{ role: "generator", name: "glass" }, {}] }],
  ["own-encoder.ts", { models: [{}, { role: "perceptor", name: "named-colours" }], settings: { prompts: "yellow" } }],
  ["own-loss.ts", { settings: { pictureRegularizers: [{ kind: "own", name: "spotlight", weight: "1->4" }] } }],
])("%s runs as it is written", { timeout: 300_000 }, (file, story) =>
  inEmptyFolder(async (folder) => {
    const [path, png] = [join(examples, file), join(folder, "a.png")];
    await promisify(execFile)(process.execPath, ["--import", "tsx", path, png], { cwd: join(examples, "..") });
    const source = await readFile(path, "utf8");
    expect(source.split("\n").length).toBeLessThanOrEqual(31);
    expect(readStory(readPngText(await readFile(png)))).toMatchObject(story);
  }),
);

/** An encoder of three channels: it sees a picture's mean colour, and reads "warm" or anything else. */
const warm: Perceptor = {
  name: "warm",
  inputSize: 4,
  embeddingSize: 3,
  contextLength: 1,
  tokenize: (text) => ({ ids: [text === "warm" ? 0 : 1], length: 1, end: 0, unknown: [] }),
  encodeText: (ids) => ops.reshape(ops.gather(ops.floats([2, 3], [1, 0, -1, -1, 0, 1]), ids), [ids.shape[0]!, 3]),
  encodeImage: (pixels) => ops.add(ops.mul(ops.mean(pixels, { axes: [2, 3] }), 2), -1),
  files: [],
};

test("an own encoder steers a run alone, beside a CLIP and as the judge; a session goes on with it alone", () =>
  inEmptyFolder(async (folder) => {
    const asked = { prompts: "warm", size: [24, 24], cutouts: 2, steps: 12, seed: 2 } satisfies CreateRequest;
    const vq = await VqganClip.fromPretrained({ ...pair, clip: warm, judge: warm });
    const run = await vq.create(asked).toFinish();
    const picture = await run.render();
    const mean = (channel: number) => picture.floats().slice(576 * channel, 576 * (channel + 1)).reduce((a, b) => a + b) / 576; // biome-ignore format: one formula
    expect(mean(0) - mean(2)).toBeGreaterThan(0.1);
    expect((await run.state()).best?.score).toBeGreaterThan(0.5);
    await run.save(join(folder, "a.vqclip"));
    expect(await (await vq.open(join(folder, "a.vqclip"))).toPNG()).toEqual(await run.toPNG());
    const other = await VqganClip.fromPretrained({ ...pair, judge: warm });
    await expect(other.open(join(folder, "a.vqclip"))).rejects.toMatchObject({ code: "BAD_MODEL" });
    const both = await VqganClip.fromPretrained({ ...pair, clip: [pair.clip, warm] });
    const { losses } = (await both.create(asked)[Symbol.asyncIterator]().next()).value as StepEvent;
    expect(losses.prompts.every(Number.isFinite)).toBe(true);
    expect(await both.embedTexts(["warm"])).toMatchObject([{ length: both.perceptor.embeddingSize + 3 }]);
  }));

const dark: PictureLoss = (picture) => ops.mean(picture);
const request = {
  prompts: "rain",
  size: [24, 24],
  cutouts: 2,
  steps: 6,
  seed: 2,
  pictureRegularizers: [{ kind: "own", weight: 5, name: "dark" }],
} satisfies CreateRequest;

const pair = { vqgan: "pixels", clip: fixturePath("clip-gelu"), threads: 1 };

test("an own loss steers, is shown, and a session goes on with it alone", () =>
  inEmptyFolder(async (folder) => {
    const vq = await VqganClip.fromPretrained({ ...pair, losses: { dark } });
    const brightness = async (asked: CreateRequest) => {
      const run = await vq.create(asked).toFinish();
      const picture = (await run.render()).floats();
      return picture.reduce((total, value) => total + value, 0) / picture.length;
    };
    expect(await brightness(request)).toBeLessThan(await brightness({ ...request, pictureRegularizers: [] }));

    const run = vq.create(request);
    for await (const { step, losses } of run) {
      expect(losses.total).toBeGreaterThan(1); // 5 times a brightness of about 0.5
      if (step === 3) break;
    }
    const path = join(folder, "a.vqclip");
    await run.save(path);
    const whole = await (await run.toFinish()).toPNG();
    expect(await (await (await vq.open(path)).toFinish()).toPNG()).toEqual(whole);
    const without = await VqganClip.fromPretrained(pair);
    await expect(without.open(path)).rejects.toThrow("no loss of yours is named dark; given: none");
  }));

test("a loss that gives no single number is refused", async () => {
  const vq = await VqganClip.fromPretrained({ ...pair, losses: { dark: (picture) => picture } });
  expect(() => vq.create(request)).toThrow("dark needs to give one number, gave");
});

test("a head that rated words make is read as a reward, by the names of their columns", { timeout: 300_000 }, () =>
  inEmptyFolder(async (folder) => {
    const [table, head] = [join(folder, "moods.csv"), join(folder, "mood.safetensors")];
    const colours = ["red", "green", "blue", "yellow", "purple"];
    const words = colours.flatMap((colour) => ["apple", "car", "house"].map((thing) => `a ${colour} ${thing}`));
    const lines = words.map((word, i) => `${word},${i},${-i}`);
    await writeFile(table, ["word,up,down", ...lines].join("\n"));
    const path = join(examples, "own-head.ts");
    const run = [process.execPath, ["--import", "tsx", path, table, head], { cwd: join(examples, "..") }] as const;
    expect((await promisify(execFile)(...run)).stdout).toMatch(/up: correlation .*down: correlation/s);
    const vq = await VqganClip.fromPretrained({ threads: 1, rewards: { mood: { model: head } } });
    const name = (output: string) => ({ kind: "model", name: "mood", output }) as const;
    const picture = fixturePath("pictures/profile-rgb8.png");
    const [up, down] = await vq.reward(picture, [name("up"), name("down")]);
    expect((up?.value as number) + (down?.value as number)).toBeCloseTo(1, 4); // one column is the other, turned round
    await vq.dispose();
  }),
);

test("ridge regression finds the map that made the numbers, and a strong one nothing but their mean", () => {
  const random = new Random(3);
  const x = Array.from({ length: 40 }, () => Float32Array.from({ length: 6 }, () => random.normal()));
  const truth = [1, -2, 0.5, 0, 3, -1];
  const y = x.map((row) => row.reduce((sum, value, j) => sum + value * (truth[j] as number), 0.7));
  const { w, b } = ridge(x, y, 1e-6);
  for (const [j, value] of truth.entries()) expect(w[j]).toBeCloseTo(value, 4);
  expect(b).toBeCloseTo(0.7, 4);
  for (const value of ridge(x, y, 1e9).w) expect(Math.abs(value)).toBeLessThan(1e-6);
});

test("a table with a missing number is refused by its line", () => {
  const lines = Array.from({ length: 12 }, (_, i) => `word ${i},${i}`);
  expect(readTable(["word,mood", ...lines].join("\n")).ratings[0]?.at(-1)).toBe(1);
  expect(() => readTable(["word,mood", ...lines, "fog,"].join("\n"))).toThrow("got fog,");
});
