/** Runs that begin at a prior's picture: where they begin, that they can be made again, and who cannot have one. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VqganClip as InBrowser } from "../../src/browser/vqgan-clip.js";
import { input } from "../../src/graph/tensor.js";
import { firstLatent } from "../../src/guidance/first-latent.js";
import { readingOf } from "../../src/guidance/reading.js";
import { collage } from "../../src/image/collage.js";
import { windowOf } from "../../src/image/pad.js";
import { resizePicture } from "../../src/image/resize.js";
import { type CreateRequest, NDArray, type Notice, type PictureRun, parsePrompts, readPngText, readStory, VqganClip } from "../../src/index.js"; // biome-ignore format: one import
import type { Manner } from "../../src/models/prior.js";
import { embedTexts } from "../../src/prompts/prompt-embedding.js";
import { compile } from "../../src/runtime/program.js";
import { openSafetensors } from "../../src/weights/open-file.js";
import { writeSafetensors } from "../../src/weights/safetensors.js";
import { cli, compileCli, inEmptyFolder, tinyModels } from "../support/cli.js";
import { fixturePath, largestError } from "../support/fixtures.js";
import { serveStatic } from "../support/static-server.js";

beforeAll(compileCli);

/** A pair of models with a prior, in a folder of its own. */
let pair: string;
let vq: VqganClip;
beforeAll(async () => {
  pair = await mkdtemp(join(tmpdir(), "vqgan-clip-pair-"));
  await cp(fixturePath("vqgan"), join(pair, "vqgan"), { recursive: true });
  await cp(fixturePath("clip-quick-gelu"), join(pair, "clip"), { recursive: true });
  await cp(fixturePath("prior"), join(pair, "prior"), { recursive: true });
  vq = await VqganClip.fromPretrained({ model: pair, threads: 1 });
});
afterAll(() => rm(pair, { recursive: true }));

const base = { prompts: "a castle", start: "prior", size: [32, 32], cutouts: 2, steps: 3, seed: 7 } satisfies CreateRequest; // biome-ignore format: one request

/** What a run begins with; nothing of its step is compiled. */
async function beginning(request: Partial<CreateRequest>, initPicture?: NDArray): Promise<NDArray> {
  const { settings } = vq.resolve({ ...base, ...request });
  const texts = parsePrompts(settings.prompts).map(({ text }) => text);
  const embeddings = await embedTexts(vq.perceptor, texts, { threads: 1 });
  return firstLatent(vq, settings, embeddings, { threads: 1, ...(initPicture && { initPicture }) });
}

/** The prior's latent of a text and the picture of it [3,32,32], computed apart from any run. */
async function drawingOf(
  text: Float32Array,
  look: number,
  manner: Manner = {},
): Promise<{ zq: NDArray; picture: NDArray }> {
  const z = vq.prior!.latent(input("text", "float32", [1, text.length]), look, [manner]);
  const { zq } = vq.generator.codebook!.quantize(z);
  const program = await compile({ zq, decoded: vq.generator.decode(zq, { size: [32, 32] }) }, { threads: 1 });
  const { decoded, ...result } = await program.run({ text: NDArray.float32([1, text.length], text) });
  await program.dispose();
  const levels = decoded.floats().map((value) => Math.min(1, Math.max(0, (value + 1) / 2)));
  return { ...result, picture: NDArray.float32([3, 32, 32], levels) };
}

const latentOf = async (text: Float32Array, look: number, manner?: Manner) => (await drawingOf(text, look, manner)).zq;

const unit = async (text: string) => (await vq.embedTexts([text]))[0]!;

/** How many numbers of two latents' first channels differ. */
const differing = (a: NDArray, b: NDArray) =>
  Array.from({ length: (a.shape[2] as number) * (a.shape[3] as number) }, (_, i) => a.at(i) !== b.at(i)).filter(Boolean).length; // biome-ignore format: one thought

const png = async (run: PictureRun) => (await run.toFinish()).toPNG();

describe("where it begins", () => {
  test("at the latent of the text in the look: codes, a latent, or logits of the codes", async () => {
    const [text] = await vq.embedTexts(["a castle"]);
    const expected = await latentOf(text!, 1);
    const quantized = await beginning({ look: "line" });
    expect(quantized.floats()).toEqual(expected.floats());
    const continuous = await beginning({ look: "line", latent: "continuous" });
    expect(largestError(continuous, quantized)).toBeGreaterThan(0.01);
    const logits = (await beginning({ look: "line", latent: "mixed" })).floats();
    const codes = Array.from({ length: 256 }, (_, position) => {
      const column = Array.from({ length: 64 }, (_, code) => logits[code * 256 + position] as number);
      return column.indexOf(Math.max(...column));
    });
    const { codes: rows } = vq.generator.codebook!;
    codes.forEach((code, position) => {
      expect(rows.at(code * 16)).toBe(quantized.at(position));
    });
  });

  test("a look of its own, or one after the other, seed by seed", async () => {
    const looks = await Promise.all(["flat", "line", "round"].map((look) => beginning({ look })));
    const same = (a: NDArray) => looks.findIndex((b) => largestError(a, b) === 0);
    expect(looks.map(same)).toEqual([0, 1, 2]);
    const drawn = await Promise.all([0, 1, 2, 3, 4].map(async (seed) => same(await beginning({ seed }))));
    expect(drawn).toEqual([0, 1, 2, 0, 1]);
  });

  test("positive texts by their weights at the first step, of the first scene", async () => {
    const plain = await beginning({});
    for (const prompts of ["a castle | text:-0.3", "a castle ^ a boat", "a castle | fog:0->1", "a castle:0.2"]) {
      expect(largestError(await beginning({ prompts }), plain)).toBe(0);
    }
    const [castle, boat] = await vq.embedTexts(["a castle", "a boat"]);
    const sum = castle!.map((value, i) => 2 * value + (boat![i] as number));
    const length = Math.hypot(...sum);
    const [both, expected] = [
      await beginning({ prompts: "a castle:2 | a boat", look: "flat" }),
      await latentOf(sum.map((value) => value / length), 0),
    ]; // biome-ignore format: one thought
    expect(largestError(both, expected)).toBeLessThan(1e-6);
  });

  test("on another canvas: at its picture, resized to cover it, cut about the middle and encoded", async () => {
    const own = vq.create({ ...base, look: "flat" });
    for await (const { step } of own) if (step === 1) break;
    const picture = windowOf(resizePicture(own.image!, 40, 40, "bilinear"), 0, 4, 40, 32);
    await own.dispose();
    const wide = { size: [40, 32], look: "flat" } satisfies Partial<CreateRequest>;
    const [a, b] = [await beginning(wide), await beginning(wide, picture)];
    expect(a.shape).toEqual([1, 16, 16, 20]);
    expect(differing(a, b)).toBeLessThan(8); // rounding decides between near codes
  });

  test("in the style that a text names, of the thing alone", async () => {
    const [castle, fox] = [await unit("a watercolour of a castle"), await unit("fox")];
    const painted = await beginning({ prompts: "a watercolour of a castle", look: "line" });
    expect(painted.floats()).toEqual((await latentOf(castle, 1, { style: 1 })).floats());
    for (const prompts of ["a fox as pixel art", "two words | pixel art:0.5 | a fox:0.2"]) {
      const begun = await beginning({ prompts, look: "round" });
      expect(begun.floats()).toEqual((await latentOf(fox, 2, { style: 0 })).floats());
    }
  });

  test("in the tint that a text gives the thing, or what a keyword stands for", async () => {
    const [fox, lion] = [await unit("fox"), await unit("lion")];
    const grey = await beginning({ prompts: "a grey fox", look: "flat" });
    expect(grey.floats()).toEqual((await latentOf(fox, 0, { tint: 1 })).floats());
    const kitty = await beginning({ prompts: "a red kitty, pixel art", look: "flat" });
    expect(kitty.floats()).toEqual((await latentOf(lion, 0, { style: 0, tint: 0 })).floats());
  });

  test("of several things without a relation, at the one nearest to the text", async () => {
    const text = "a fox chasing some lions";
    const [whole, ...things] = await vq.embedTexts([text, "fox", "lion"]);
    const alike = things.map((thing) => thing.reduce((sum, value, i) => sum + value * (whole![i] as number), 0));
    const nearest = things[alike.indexOf(Math.max(...alike))]!;
    const begun = await beginning({ prompts: text, look: "flat" });
    expect(begun.floats()).toEqual((await latentOf(nearest, 0)).floats());
  });

  test("at a ground, alone or behind a thing without its surroundings", async () => {
    const [night, fox] = [
      await drawingOf(await unit("at night"), 0, { style: 1 }),
      await drawingOf(await unit("fox"), 0, { style: 1, tint: 0 }),
    ];
    const alone = await beginning({ prompts: "something at night | watercolour", look: "flat" });
    expect(alone.floats()).toEqual(night.zq.floats());
    const both = { prompts: "a watercolour of a red fox at night", look: "flat" } satisfies Partial<CreateRequest>;
    const picture = collage([fox.picture], [[{ x: 0, y: 0, scale: 0.8 }]], [32, 32], night.picture);
    expect(differing(await beginning(both), await beginning(both, picture))).toBeLessThan(8);
    expect(differing(await beginning(both), night.zq)).toBeGreaterThan(100);
  });

  test("without an encoder at the thing alone, or the ground where there is none", async () => {
    const { encode: _, ...generator } = vq.generator;
    const { settings } = vq.resolve({ ...base, look: "flat", prompts: "two foxes and a lion at night" });
    const first = (prompts: string) =>
      firstLatent({ ...vq, generator }, { ...settings, prompts }, NDArray.zeros("float32", [1, 24]), { threads: 1 });
    const [fox, night] = [await latentOf(await unit("fox"), 0), await latentOf(await unit("at night"), 0)];
    expect((await first(settings.prompts)).floats()).toEqual(fox.floats());
    expect((await first("at night")).floats()).toEqual(night.floats());
  });

  test("the regulariser can hold it there; init pictures, codes and edits know nothing of it", async () => {
    const run = vq.create({ ...base, regularizer: { weight: 1, target: "init" } });
    const { z, latentTarget, beganFrom } = await run.state();
    expect([latentTarget, beganFrom]).toEqual([z, "prior"]);
    const initCodes = Array.from({ length: 256 }, (_, i) => i % 64);
    const coded = vq.create({ ...base, initCodes });
    expect((await coded.state()).beganFrom).toBe("codes");
    expect((await coded.models()).map(({ role }) => role)).toEqual(["generator", "perceptor"]);
    const image = NDArray.float32([3, 32, 32], new Float32Array(3072).fill(0.5));
    const edit = await vq.edit({ image, prompts: "a castle", start: "prior", cutouts: 2, steps: 1 });
    expect((await edit.state()).beganFrom).toBe("picture");
    for (const each of [run, coded, edit]) await each.dispose();
  });
});

test("the same seed gives the same bytes, from a session and from the picture's story too", () =>
  inEmptyFolder(async (folder) => {
    const whole = await png(vq.create(base));
    expect(await png(vq.create(base))).toEqual(whole);
    const part = vq.create(base);
    for await (const { step } of part) if (step === 2) break;
    await part.save(join(folder, "a.vqclip"));
    expect(await png(await vq.open(join(folder, "a.vqclip")))).toEqual(whole);
    const story = readStory(readPngText(whole));
    expect(story).toMatchObject({ beganFrom: "prior", settings: { start: "prior", look: "any" } });
    expect(story?.models.map(({ role }) => role)).toEqual(["generator", "perceptor", "prior"]);
    expect(await png(vq.create({ like: story!.settings }))).toEqual(whole);
    // The latent is in the session: who has the pair without its prior can go on, and the picture still names it.
    const apart = await VqganClip.fromPretrained({ vqgan: join(pair, "vqgan"), clip: join(pair, "clip"), threads: 1 });
    const resumed = readStory(readPngText(await png(await apart.open(join(folder, "a.vqclip")))));
    expect(resumed?.models.at(-1)).toEqual(story?.models.at(-1));
  }));

describe("who cannot have one", () => {
  const refused = (request: Partial<CreateRequest>) => expect(() => vq.create({ ...base, ...request }));

  test("runs without a text to draw, looks that it lacks, looks of other starts", () => {
    refused({ prompts: "a castle:-1" }).toThrow("no text prompt has a weight above 0 at the first step");
    refused({ look: "odd" }).toThrow('prior has no look "odd"');
    refused({ start: "white", look: "flat" }).toThrow("look: flat is a look of the start prior, this run starts at white"); // biome-ignore format: one case
    refused({ look: "flat", initCodes: [] }).toThrow("this run starts at what it was given");
  });

  test("models that are no pair with one", async () => {
    const [vqgan, clip] = [join(pair, "vqgan"), join(pair, "clip")];
    for (const other of [{ vqgan }, { clip }, { vqgan, clip }]) {
      const apart = await VqganClip.fromPretrained({ model: pair, ...other, threads: 1 });
      expect(apart.prior).toBeUndefined();
      expect(() => apart.create(base)).toThrow("these models have no prior to start at");
    }
  });

  test("pairs whose sizes differ", () =>
    inEmptyFolder(async (folder) => {
      await cp(pair, folder, { recursive: true });
      await cp(fixturePath("clip-gelu"), join(folder, "clip"), { recursive: true });
      await expect(VqganClip.fromPretrained({ model: folder })).rejects.toMatchObject({
        code: "BAD_MODEL",
        message: "prior: embedding_size is 24, clip's embeddings have 16 numbers",
      });
      await cp(join(pair, "clip"), join(folder, "clip"), { recursive: true });
      await narrowed(join(folder, "prior"));
      await expect(VqganClip.fromPretrained({ model: folder })).rejects.toMatchObject({
        code: "BAD_MODEL",
        message: "prior: gives latents [1,8,16,16] (latent_channels 8), vqgan takes [1,16,16,16]",
      });
    }));

  /** Leaves a prior half of its output's channels. */
  async function narrowed(folder: string): Promise<void> {
    const path = join(folder, "model.safetensors");
    const weights = await openSafetensors(path);
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, latent_channels: 8 }));
    const arrays: Record<string, NDArray> = {};
    for (const name of weights.names) arrays[name] = (await weights.read(name)).as("float32");
    arrays["conv_out.weight"] = NDArray.zeros("float32", [8, 64, 3, 3]);
    arrays["conv_out.bias"] = NDArray.zeros("float32", [8]);
    await writeFile(path, writeSafetensors(arrays));
  }

  test("a recommended start gives way to white where there is no text, and says so", () =>
    inEmptyFolder(async (folder) => {
      await cp(pair, folder, { recursive: true });
      await writeFile(join(folder, "recommended.json"), '{ "start": "prior" }');
      const notices: Notice[] = [];
      const recommending = await VqganClip.fromPretrained({ model: folder, threads: 1, onNotice: (notice) => notices.push(notice) }); // biome-ignore format: one call
      const { start: _, ...request } = base;
      expect(recommending.create(request).settings.start).toBe("prior");
      const { prompts: __, ...wordless } = request;
      const noise = { ...wordless, targets: [{ kind: "noise", seed: 1 }] } satisfies CreateRequest;
      const run = recommending.create(noise);
      expect(run.settings.start).toBe("white");
      expect((await run.state()).beganFrom).toBe("random");
      expect(notices).toEqual([{ kind: "start", recommended: "prior", used: "white", reason: expect.any(String) }]);
      expect(() => recommending.create({ ...noise, start: "prior" })).toThrow("start: the prior draws a text");
      expect(() => recommending.create({ ...noise, look: "flat" })).toThrow("start: the prior draws a text");
      await run.dispose();
    }));
});

describe("what the bundled prior makes of texts", () => {
  test.each([
    ["a red heart", "", "red heart"],
    ["a purple mouse face", "", "purple mouse face"],
    ["An airplane at night!", "at night", "airplane"],
    ["three strawberries on a yellow background", "on a yellow background", "strawberry strawberry strawberry"],
    ["a watercolour painting of a turtle in the grass", "watercolour in the grass", "turtle"],
    ["a rocket | low poly", "low poly", "rocket"],
    ["an oil painting", "oil painting", ""],
    ["a grey turtle to the left of a blue eggplant", "", "gray turtle blue eggplant"],
    ["a kitty", "", "cat face"],
    ["the sea", "sea", ""],
  ])("%s", async (prompts, manner, things) => {
    const { prior } = await VqganClip.fromPretrained({ threads: 1 });
    const { styles, tints } = prior!;
    const reading = await readingOf(prompts.split("|"), prior!, () => Promise.reject(new Error("no need to compare")));
    const named = reading.subjects.flatMap(({ phrase, tint, spots }) => spots.map(() => [tint === undefined ? "" : tints[tint]!.name, phrase])); // biome-ignore format: one thought
    const said = (...words: readonly (string | undefined)[]) => words.filter(Boolean).join(" ");
    expect([said(styles[reading.style ?? -1]?.name, reading.ground), said(...named.flat())]).toEqual([manner, things]);
  });
});

test("--start prior and --look, and models ls with the prior", () =>
  inEmptyFolder(async (folder) => {
    const path = join(folder, "a.png");
    const flags = ["--start", "prior", "--look", "round", "--size", "32x32", "--cutouts", "2", "--steps", "1", "-o", path]; // biome-ignore format: one command
    const run = await cli(["generate", "a castle", "--json", ...flags, "--seed", "7", "-m", pair, "--threads", "1"]);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout.toString().split("\n")[0] as string)).toMatchObject({
      beganFrom: "prior",
      settings: { start: "prior", look: "round" },
      models: [{ role: "generator" }, { role: "perceptor" }, { role: "prior", name: "prior" }],
    });
    const again = await cli(["generate", "--like", path, "-o", join(folder, "b.png"), "-m", pair, "--threads", "1"]);
    expect(again.code).toBe(0);
    expect(await readFile(join(folder, "b.png"))).toEqual(await readFile(path));
    const none = await cli(["generate", "a castle", ...flags, ...tinyModels]);
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(
      /^vqgan-clip: start: these models have no prior to start at \(take a pair whose folder has prior\//,
    );
    const listed = await cli(["models", "ls", "--json", pair]);
    const facts = { embeddingSize: 24, channels: 16, side: 16, looks: "flat, line, round", styles: "pixel art, watercolour", tints: "red, gray" }; // biome-ignore format: one thought
    expect(JSON.parse(listed.stdout.toString())).toContainEqual(expect.objectContaining({ kind: "prior", facts }));
  }));

test("in a browser the prior's two files are fetched where there are some", async () => {
  const server = await serveStatic({ "/pair/": pair, "/bare/vqgan/": join(pair, "vqgan"), "/bare/clip/": join(pair, "clip") }); // biome-ignore format: one call
  try {
    const whole = await InBrowser.fromPretrained({ model: `${server.address}pair/` });
    expect(whole.prior?.looks).toEqual(["flat", "line", "round"]);
    expect(server.sent.filter((path) => path.startsWith("/pair/prior/"))).toEqual([
      "/pair/prior/config.json",
      "/pair/prior/model.safetensors",
    ]);
    const onNode = (await vq.identities()).at(-1);
    expect((await whole.identities()).at(-1)).toEqual({ ...onNode, role: "prior", name: "pair/prior" });
    const bare = await InBrowser.fromPretrained({ model: `${server.address}bare/` });
    expect(bare.prior).toBeUndefined();
  } finally {
    await server.close();
  }
});
