import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { VqganClip } from "../../src/index.js";
import { type Lists, makePictures } from "../../training/evaluation/pictures.js";
import { fixturePath } from "../support/fixtures.js";

const folder = await mkdtemp(join(tmpdir(), "evaluation-"));
afterAll(() => rm(folder, { recursive: true }));
const prompts = JSON.parse(await readFile("training/evaluation/prompts.json", "utf8")) as Lists;

test("every list has the size that the bars are stated for, and nothing twice", () => {
  const sizes = Object.entries(prompts).map(([list, entries]) => [list, entries.length]);
  expect(Object.fromEntries(sizes)).toEqual({
    concepts: 100,
    distractors: 900,
    attributes: 50,
    relations: 30,
    styles: 30,
    edits: 20,
    compositions: 500,
  });
  const { concepts = [], distractors = [] } = prompts as Record<string, readonly unknown[]>;
  const names = [...concepts.map((entry) => (entry as { prompt: string }).prompt), ...distractors];
  expect(new Set(names).size).toBe(1000);
});

test("pictures that were made alike stay, others are made again", async () => {
  const vq = await VqganClip.fromPretrained({
    vqgan: fixturePath("vqgan"),
    clip: fixturePath("clip-quick-gelu"),
    threads: 1,
  });
  const column = { folder, lists: ["concepts", "styles"] as const, limit: 1, sources: folder };
  const made = (steps: number) => makePictures(vq, prompts, { ...column, settings: { preset: "nerdyrodent", steps } });
  expect(await made(1)).toEqual({ made: 2, kept: 0 });
  expect(await made(1)).toEqual({ made: 0, kept: 2 });
  expect(await made(2)).toEqual({ made: 2, kept: 0 });
});
