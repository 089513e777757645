/** The library as users call it: pictures from prompts, pausing, saving, going on. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type CreateRequest, NDArray, type Notice, readPngText, readStory, VqganClip } from "../../src/index.js";
import { bundledModel } from "../../src/vqgan-clip.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const hasBundled = existsSync(join(bundledModel, "vqgan", "model.safetensors"));
const request = { prompts: "a castle", size: [40, 32], cutouts: 3, steps: 6, seed: 7 } satisfies CreateRequest;

let vq: VqganClip;
const notices: Notice[] = [];
beforeAll(async () => {
  vq = await VqganClip.fromPretrained({ ...tiny, onNotice: (notice) => notices.push(notice) });
});

test("leaving the loop pauses, another goes on, and the result is that of one loop", async () => {
  const [run, whole] = [vq.create(request), vq.create(request)];
  expect(run.image).toBeUndefined();
  for await (const { step, losses } of run) {
    expect(losses.total).toBeGreaterThan(0);
    if (step === 2) break;
  }
  expect((await run.state()).step).toBe(2);
  expect(run.image?.shape).toEqual([3, 32, 40]);
  const rest: number[] = [];
  for await (const { step } of run) rest.push(step);
  expect(rest).toEqual([3, 4, 5, 6]);
  expect(await run.toPNG()).toEqual(await (await whole.toFinish()).toPNG());
  await run.dispose();
  await whole.dispose();
});

test("a signal pauses; save and open continue it, from another process's file, with changes if asked", () =>
  inEmptyFolder(async (folder) => {
    const path = join(folder, "run.vqclip");
    const stop = new AbortController();
    const run = await vq
      .create(request)
      .toFinish({ signal: stop.signal, onStep: ({ step }) => step === 3 && stop.abort() });
    await run.save(path);
    const opened = await (await vq.open(path)).toFinish();
    expect(await opened.toPNG()).toEqual(await (await run.toFinish()).toPNG(join(folder, "a.png")));
    const story = readStory(readPngText(await readFile(join(folder, "a.png"))));
    expect(story).toMatchObject({ step: 6, settings: opened.settings, beganFrom: "random" });
    expect((await vq.open(path, { steps: 9, prompts: "fog" })).settings).toMatchObject({ steps: 9, prompts: "fog" });
    await expect(vq.open(path, { steps: 0 })).rejects.toThrow(/^steps: /);
    const steered = await (await vq.open(path, { prompts: "fog" })).toFinish();
    expect(readStory(readPngText(await steered.toPNG()))).toMatchObject({
      changed: true,
      settings: { prompts: "fog" },
    });
    expect(story?.changed).toBe(false);
  }));

test("a run begins at a picture in memory, of any size", async () => {
  const grey = NDArray.float32([3, 20, 20], new Float32Array(1200).fill(0.5));
  const run = vq.create({ ...request, initImage: grey, steps: 1 });
  await run.toFinish();
  expect((await run.state()).beganFrom).toBe("picture");
  await run.dispose();
});

test("bad requests throw at once, with a code and a hint", async () => {
  const code = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return (error as { code: string }).code;
    }
    return "none";
  };
  expect(code(() => vq.create({ ...request, prompts: "" }))).toBe("BAD_PROMPT");
  expect(code(() => vq.create({ ...request, size: [41, 32] }))).toBe("BAD_ARGUMENT");
  expect(code(() => vq.create({ ...request, initCodes: [1], initImage: "x" }))).toBe("BAD_ARGUMENT");
  await expect(VqganClip.fromPretrained({ clip: tiny.vqgan })).rejects.toMatchObject({ code: "BAD_MODEL" });
});

test("what the text encoder does not take in is told", async () => {
  const long = Array.from({ length: 90 }, () => "in").join(" ");
  await vq.embedTexts([long]);
  expect(notices.at(-1)).toMatchObject({ kind: "truncated", text: long });
});

test("an unavailable device is refused in words, never replaced in silence", async () => {
  const gpu = await VqganClip.fromPretrained({ ...tiny, device: "cuda" });
  const run = gpu.create(request);
  const outcome = await run.device().catch((error) => error.code);
  expect(["cuda", "DEVICE_UNAVAILABLE"]).toContain(outcome);
});

describe(hasBundled ? "the loss falls, bundled models" : "the loss falls, tiny models", () => {
  const prompts = [
    "a red apple",
    "a blue car",
    "a green tree",
    "a yellow sun",
    "a house",
    "a black cat",
    "a white dog",
    "a pink flower",
    "a boat on the sea",
    "an orange fish",
  ];
  const side = hasBundled ? 64 : 32;
  // One whole view without augmentations: the loss is the same function of the latent at every step.
  const plain = {
    seed: 1,
    size: [side, side] as [number, number],
    cutouts: 1,
    augmentations: [],
    cutMethod: "whole" as const,
    learningRate: 0.1, // the recommended rate is for moving views and long runs
    start: "codes" as const,
    regularizer: { weight: 0, target: "zero" as const, decay: 0, every: 1 },
  };

  let models: VqganClip;
  beforeAll(async () => {
    models = hasBundled ? await VqganClip.fromPretrained({ threads: 1 }) : vq;
  });

  test.each(prompts)("%s", async (text) => {
    const run = models.create({ ...plain, prompts: text, steps: 24 });
    const losses: number[] = [];
    for await (const event of run) losses.push(event.losses.prompts[0] as number);
    await run.dispose();
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(mean(losses.slice(-3))).toBeLessThan(0.97 * mean(losses.slice(0, 3)));
  });
});
