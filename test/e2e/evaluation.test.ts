import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Lists, makePictures } from "../../training/evaluation/pictures.js";
import { soundPrompts, writeHeard } from "../../training/evaluation/sounds.js";
import { fixturePath } from "../support/fixtures.js";
import { tinyPair } from "../support/tiny-pair.js";

const folder = await mkdtemp(join(tmpdir(), "evaluation-"));
afterAll(() => rm(folder, { recursive: true }));
const prompts = JSON.parse(await readFile("training/evaluation/prompts.json", "utf8")) as Lists;

test("every list has the size that the bars are stated for, and nothing twice", () => {
  const sizes = Object.entries(prompts).map(([list, entries]) => [list, entries.length]);
  expect(Object.fromEntries(sizes)).toEqual({
    concepts: 100,
    distractors: 900,
    attributes: 50,
    styles: 30,
    edits: 20,
    compositions: 500,
    repaints: 20,
  });
  const { concepts = [], distractors = [] } = prompts as Record<string, readonly unknown[]>;
  const names = [...concepts.map((entry) => (entry as { prompt: string }).prompt), ...distractors];
  expect(new Set(names).size).toBe(1000);
});

test("every novel composition has two parts and two swaps, all of them different", async () => {
  const novel: { prompt: string; parts: string[]; swapped: string[] }[] = JSON.parse(
    await readFile("training/evaluation/novel.json", "utf8"),
  );
  expect(new Set(novel.map(({ prompt }) => prompt)).size).toBe(30);
  for (const { prompt, parts, swapped } of novel) {
    expect([parts.length, swapped.length], prompt).toEqual([2, 2]);
    expect(new Set([prompt, ...parts, ...swapped]).size, prompt).toBe(5);
  }
});

test("pictures that were made alike stay, others are made again", async () => {
  const vq = await tinyPair();
  const column = { isMine: () => true, folder, lists: ["concepts", "styles"] as const, limit: 1, sources: folder };
  const made = (steps: number) => makePictures(vq, prompts, { ...column, settings: { preset: "nerdyrodent", steps } });
  expect(await made(1)).toEqual({ made: 2, kept: 0 });
  expect(await made(1)).toEqual({ made: 0, kept: 2 });
  expect(await made(2)).toEqual({ made: 2, kept: 0 });
});

test("sounds are asked for without their names, which the judge is told", async () => {
  const heard = join(folder, "heard");
  await mkdir(heard);
  for (const name of ["a dog 2", "a dog", "rain"]) await cp(fixturePath("sound/chirp.wav"), join(heard, `${name}.wav`));
  const sounds = await soundPrompts(heard, fixturePath("sound/wav2clip.pt"), 3);
  expect(sounds.map(({ prompt }) => prompt)).toEqual(["a dog", "a dog", "rain"]);
  await writeHeard(folder, sounds);
  expect(JSON.parse(await readFile(join(folder, "sounds.json"), "utf8"))).toEqual(
    ["a dog", "a dog", "rain"].map((prompt) => ({ prompt })),
  );
  expect((await readFile(join(folder, "heard", "002.wav"))).length).toBeGreaterThan(1000);
  const column = { isMine: () => true, folder, lists: ["sounds"] as const, limit: 1, sources: folder };
  const settings = { preset: "nerdyrodent", steps: 1 } as const;
  expect(await makePictures(await tinyPair(), { sounds }, { ...column, settings })).toEqual({ made: 1, kept: 0 });
  expect(await makePictures(await tinyPair(), { sounds }, { ...column, settings })).toEqual({ made: 0, kept: 1 });
});

test("a folder without sounds is refused by what would do", async () => {
  const empty = join(folder, "empty");
  await mkdir(empty);
  await expect(soundPrompts(empty, fixturePath("sound/wav2clip.pt"), 1)).rejects.toThrow("name each by what is heard");
});
