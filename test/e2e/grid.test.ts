/** Grids: every seed of every variant, and races in which the best of short runs go on. */
import { beforeAll, expect, test } from "vitest";
import { type CreateRequest, type GridRequest, gridCells, type PictureSource, VqganClip } from "../../src/index.js";
import { fixturePath } from "../support/fixtures.js";

const request = { prompts: "a castle", size: [32, 32], cutouts: 2, steps: 4 } satisfies CreateRequest;

let vq: VqganClip;
beforeAll(async () => {
  vq = await VqganClip.fromPretrained({
    vqgan: fixturePath("vqgan"),
    clip: fixturePath("clip-quick-gelu"),
    threads: 1,
  });
});

async function cellsOf(asked: GridRequest<PictureSource>, signal?: AbortSignal) {
  const cells = [];
  for await (const cell of gridCells(vq, asked, signal ? { signal } : {})) cells.push(cell);
  return cells;
}

test("a cell is the picture that its request makes alone", async () => {
  const cells = await cellsOf({ variants: [request, { ...request, prompts: "fog" }], seeds: [3, 5] });
  expect(cells.map(({ row, column, step, out }) => [row, column, step, out])).toEqual([
    [0, 0, 4, false],
    [0, 1, 4, false],
    [1, 0, 4, false],
    [1, 1, 4, false],
  ]);
  const alone = await vq.create({ ...request, prompts: "fog", seed: 5 }).toFinish();
  expect(cells[3]?.picture.bytes).toEqual((await alone.render()).bytes);
  await alone.dispose();
});

test("a race stops the others where it ended and takes the best to the end, as if it had never stopped", async () => {
  const cells = await cellsOf({ variants: [request], seeds: [1, 2, 3], race: { steps: 2, keep: 1 } });
  expect(cells.map(({ step, out }) => [step, out]).sort()).toEqual([
    [2, true],
    [2, true],
    [4, false],
  ]);
  const winner = cells.find(({ out }) => !out);
  const heats = [];
  for (const seed of [1, 2, 3]) {
    const run = await vq.create({ ...request, seed, steps: 2 }).toFinish();
    heats.push((await vq.score((await run.render()).clone(), ["a castle"]))[0]?.cosine as number);
    await run.dispose();
  }
  expect(heats[winner?.column as number]).toBeCloseTo(Math.max(...heats), 3);
  const alone = await vq.create({ ...request, seed: (winner?.column as number) + 1 }).toFinish();
  expect(winner?.picture.bytes).toEqual((await alone.render()).bytes);
  await alone.dispose();
});

test("what cannot be raced is refused before anything runs; a signal leaves out what is unfinished", async () => {
  const seeds = [1, 2];
  await expect(cellsOf({ variants: [request], seeds, race: { steps: 4, keep: 1 } })).rejects.toThrow(/^race: /);
  await expect(cellsOf({ variants: [request], seeds, race: { steps: 2, keep: 2 } })).rejects.toThrow(/^race: /);
  await expect(cellsOf({ variants: [], seeds })).rejects.toThrow(/needs a variant/);
  expect(await cellsOf({ variants: [request], seeds }, AbortSignal.abort())).toEqual([]);
});
