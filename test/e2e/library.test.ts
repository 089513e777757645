/** The library as users call it: pictures from prompts, pausing, saving, going on. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  type CreateRequest,
  createStyle,
  createVideo,
  decodePicture,
  gridCells,
  NDArray,
  type Notice,
  readPngText,
  readStory,
  type StepEvent,
  styleFrames,
  VqganClip,
  type VqganClipError,
  videoFrames,
} from "../../src/index.js";
import { Sessions } from "../../src/runtime/program.js";
import { bundledModel } from "../../src/vqgan-clip.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const hasBundled = existsSync(join(bundledModel, "clip", "model.safetensors"));
const request = { prompts: "a castle", size: [40, 32], cutouts: 3, steps: 6, seed: 7 } satisfies CreateRequest;

const grey = NDArray.float32([3, 20, 20], new Float32Array(1200).fill(0.5));

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
    const run = vq.create(request);
    const enough = new Error("enough");
    const stopping = { signal: stop.signal, onStep: ({ step }: StepEvent) => step === 3 && stop.abort(enough) };
    await expect(run.toFinish(stopping)).rejects.toMatchObject({ code: "ABORTED", cause: enough });
    expect([run.status, (await run.state()).step]).toEqual(["paused", 3]);
    await run.save(path);
    const opened = await (await vq.open(path)).toFinish();
    expect(await opened.toPNG()).toEqual(await (await run.toFinish()).toPNG(join(folder, "a.png")));
    const story = readStory(readPngText(await readFile(join(folder, "a.png"))));
    expect(story).toMatchObject({ step: 6, settings: opened.settings, beganFrom: "random" });
    expect((await vq.open(path, { steps: 9, prompts: "fog" })).settings).toMatchObject({ steps: 9, prompts: "fog" });
    await expect(vq.open(path, { steps: -1 })).rejects.toThrow(/^steps: /);
    const steered = await (await vq.open(path, { prompts: "fog" })).toFinish();
    expect(readStory(readPngText(await steered.toPNG()))).toMatchObject({
      changed: true,
      settings: { prompts: "fog" },
    });
    expect(story?.changed).toBe(false);
  }));

test("what a signal stops rejects like fetch, and returns only where that is asked for", async () => {
  const stopped = { signal: AbortSignal.abort(new Error("enough")) };
  const run = vq.create({ ...request, steps: 1 });
  await expect(run.toFinish(stopped)).rejects.toMatchObject({ code: "ABORTED", cause: new Error("enough") });
  expect(run.status).toBe("queued"); // nothing was compiled for it
  expect(await run.toFinish({ ...stopped, whenAborted: "return" })).toBe(run);
  await run.toFinish();
  expect(await run.toFinish(stopped)).toBe(run); // it was done already
  const cells = { variants: [request], seeds: [1] };
  await expect(gridCells(vq, cells, stopped).next()).rejects.toMatchObject({ code: "ABORTED" });
  expect(await gridCells(vq, cells, { ...stopped, whenAborted: "return" }).next()).toMatchObject({ done: true });
  const video = createVideo(vq, { prompts: "fog", size: [32, 32], frames: 2 });
  await expect(videoFrames(video, stopped).next()).rejects.toMatchObject({ code: "ABORTED" });
  expect(await videoFrames(video, { ...stopped, whenAborted: "return" }).next()).toMatchObject({ done: true });
  const style = await createStyle(vq, grey, { prompts: "fog" });
  await expect(styleFrames(vq, style, [grey], stopped).next()).rejects.toMatchObject({ code: "ABORTED" });
});

test("a run keeps what it told, each once, and tells its own listener; others hear nothing of it", async () => {
  const heard: Notice[] = [];
  const long = { ...request, prompts: "a castle ".repeat(60), steps: 1 };
  const [run, other] = [vq.create({ ...long, onNotice: (notice) => heard.push(notice) }), vq.create(request)];
  const before = notices.length;
  expect(run.notices).toEqual([]);
  await run.toFinish();
  await run.dispose();
  await run.render(); // compiled again, nothing told again
  expect(heard).toMatchObject([{ kind: "truncated" }]);
  expect(run.notices).toEqual(heard);
  expect([other.notices, notices.length - before]).toEqual([[], 0]);
  await inEmptyFolder(async (folder) => {
    await run.save(join(folder, "a.vqclip"));
    const opened = await vq.open(join(folder, "a.vqclip"), { onNotice: (notice) => heard.push(notice) });
    await opened.render();
    expect([opened.notices, heard.length]).toEqual([run.notices, 2]);
  });
});

test("await using frees a run and a pair; what is used again is compiled again", async () => {
  const free = vi.spyOn(Sessions.prototype, "take");
  const pair = await VqganClip.fromPretrained(tiny);
  const run = pair.create({ ...request, steps: 2 });
  const compiled = async (work: () => Promise<unknown>) => {
    const before = free.mock.calls.length;
    await work();
    return free.mock.calls.length - before;
  };
  expect(await compiled(() => run.toFinish())).toBeGreaterThan(0);
  const picture = await run.render();
  expect(await compiled(() => run.render())).toBe(0);
  await run[Symbol.asyncDispose]();
  expect(await compiled(async () => expect(await run.render()).toEqual(picture))).toBeGreaterThan(0);
  await pair[Symbol.asyncDispose]();
  expect(await compiled(async () => expect(await run.render()).toEqual(picture))).toBeGreaterThan(0);
  await pair.dispose();
  free.mockRestore();
});

test("dispose() waits for the step that is being taken, and its loop ends", async () => {
  const run = vq.create(request);
  const finishing = run.toFinish({ onStep: ({ step }) => step === 1 && setTimeout(() => run.dispose()) });
  await expect(finishing).rejects.toMatchObject({ code: "ABORTED" });
  expect(run.status).toBe("paused");
  expect((await (await run.toFinish()).state()).step).toBe(6);
});

test("names that nobody reads are refused everywhere, with the one that was meant", async () => {
  const run = vq.create({ ...request, steps: 1 });
  await run.toFinish();
  const vague = (work: (odd: never) => unknown, odd: object) => async () => work(odd as never);
  const calls: [work: () => Promise<unknown>, message: string, hint?: string][] = [
    [vague((odd) => VqganClip.fromPretrained(odd), { clpi: "x" }), 'fromPretrained(): there is no "clpi"', "clip"],
    [vague((odd) => vq.create(odd), { ...request, stpes: 3 }), 'settings: there is no "stpes"', "steps"],
    [vague((odd) => vq.edit(odd), { ...request, size: undefined, image: grey, masc: 1 }), 'there is no "masc"'],
    [vague((odd) => vq.plan(odd), { ...request, seeed: 1 }), 'settings: there is no "seeed"', "seed"],
    [
      vague((odd) => vq.create(odd), { ...request, targets: [{ kind: "noise", seed: 1, wieght: 2 }] }),
      '"wieght"',
      "weight",
    ],
    [vague((odd) => vq.create(odd), { ...request, targets: [{ kind: "nose", seed: 1 }] }), 'got "nose"'],
    [vague((odd) => vq.create(odd), { ...request, regularizer: { wight: 1 } }), "wight"],
    [vague((odd) => vq.score(grey, ["fog"], odd), { weights: [1] }), 'score(): there is no "weights"'],
    [vague((odd) => vq.findMask(grey, "fog", odd), { edge: true }), 'findMask(): there is no "edge"', "edges"],
    [vague((odd) => run.toPNG(undefined, odd), { metadat: "none" }), 'toPNG(): there is no "metadat"', "metadata"],
    [vague((odd) => run.save("nowhere.vqclip", odd), { pictures: true }), '"pictures"', "picture"],
    [vague((odd) => run.toFinish(odd), { onstep: 1 }), 'toFinish(): there is no "onstep"', "onStep"],
    [vague((odd) => run.fork(odd), { att: 1 }), 'fork(): there is no "att"'],
    [vague((odd) => run.resume(odd), { size: [32, 32] }), 'resume(): there is no "size"'],
    [vague((odd) => run.edit(odd), { image: grey, optimiser: "keep" }), '"optimiser"'],
    [vague((odd) => gridCells(vq, odd).next(), { variants: [request], seeds: [1], rase: 1 }), '"rase"', "race"],
    [
      vague((odd) => gridCells(vq, { variants: [request], seeds: [1] }, odd).next(), { Signal: 1 }),
      '"Signal"',
      "signal",
    ],
    [vague((odd) => videoFrames(run, odd).next(), { onstep: 1 }), 'videoFrames(): there is no "onstep"', "onStep"],
    [vague((odd) => decodePicture(new Uint8Array(9), "a", odd), { maxPixel: 1 }), '"maxPixel"', "maxPixels"],
    [vague((odd) => vq.create(odd), "a red apple" as never), "there is no"],
  ];
  for (const [work, message, hint] of calls) {
    const error = (await work().then(() => "accepted", (cause: unknown) => cause)) as VqganClipError; // biome-ignore format: one call
    expect(error, message).toMatchObject({ code: "BAD_ARGUMENT", message: expect.stringContaining(message) });
    if (hint) expect(error.hint).toBe(`did you mean ${hint}?`);
  }
  await inEmptyFolder(async (folder) => {
    await run.save(join(folder, "a.vqclip"));
    const open = vq.open(join(folder, "a.vqclip"), { size: [64, 64] } as never);
    await expect(open).rejects.toThrow('open(): there is no "size"');
  });
});

test("a run and a pair are short as JSON", async () => {
  const run = vq.create({ ...request, steps: 1 });
  await run.toFinish();
  const told = JSON.parse(JSON.stringify({ run, vq }));
  expect(told.run).toEqual({ status: "finished", step: 1, settings: run.settings });
  expect(told.vq).toEqual({ generator: "vqgan", perceptor: "clip-quick-gelu" });
  expect(JSON.stringify(run).length).toBeLessThan(4000);
});

test("a run begins at a picture in memory, of any size", async () => {
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
  const prompts = ["a red apple", "a black cat", "a pink flower", "a boat on the sea"];
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
    prior: { weight: 0 },
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
