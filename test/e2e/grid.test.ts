/** Grids: every seed of every variant, and races in which the best of short runs go on. */

import { beforeAll, expect, test, vi } from "vitest";
import { InferenceSession } from "#onnxruntime";
import type { Settings } from "../../src/guidance/settings.js";
import { buildStep } from "../../src/guidance/step.js";
import { type CreateRequest, type GridRequest, gridCells, type PictureSource, VqganClip } from "../../src/index.js";
import { serialize } from "../../src/onnx/serialize.js";
import { fixturePath } from "../support/fixtures.js";

const request = { prompts: "a castle", size: [32, 32], cutouts: 2, steps: 4 } satisfies CreateRequest;

const models = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
let vq: VqganClip;
beforeAll(async () => {
  vq = await VqganClip.fromPretrained(models);
});

async function cellsOf(asked: GridRequest<PictureSource>, signal?: AbortSignal, pair = vq) {
  const cells = [];
  for await (const cell of gridCells(pair, asked, signal ? { signal, whenAborted: "return" } : {})) cells.push(cell);
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

/** Follows the engine's sessions while `work` goes on. */
async function sessionsOf(work: () => Promise<unknown>): Promise<{ made: number; freed: number }> {
  const count = { made: 0, freed: 0 };
  const create = InferenceSession.create.bind(InferenceSession) as (...given: unknown[]) => Promise<InferenceSession>;
  const spy = vi.spyOn(InferenceSession, "create").mockImplementation(async (...given: unknown[]) => {
    const session = await create(...given);
    const release = session.release.bind(session);
    count.made++;
    return Object.assign(session, {
      release: () => {
        count.freed++;
        return release();
      },
    });
  });
  await work();
  spy.mockRestore();
  return count;
}

test("cells whose programs are equal compile them once, over rows and in both parts of a race, and free them", async () => {
  const variants = [
    request,
    { ...request, prompts: "fog:0.3:-1", learningRate: 0.3, cutPower: 2, regularizer: { weight: 0.1 } },
  ];
  const grid = () => cellsOf({ variants, seeds: [1, 2, 3], race: { steps: 2, keep: 2 } });
  expect(await sessionsOf(grid)).toEqual({ made: 4, freed: 4 }); // the text encoder, the start's encoder, the step, the judge's encoder
  const rows = () => cellsOf({ variants: [request, { ...request, cutouts: 3 }], seeds: [1, 2] });
  expect(await sessionsOf(rows)).toEqual({ made: 5, freed: 5 }); // a step for each row
});

test("where memory is limited, no program waits for the next cell", async () => {
  const limited = await VqganClip.fromPretrained({ ...models, maxMemory: 4e9 });
  const grid = () => cellsOf({ variants: [request], seeds: [1, 2] }, undefined, limited);
  expect(await sessionsOf(grid)).toEqual({ made: 8, freed: 8 }); // two of the judge, three of each cell
});

test("runs at the same time share a step, and one that is disposed of leaves it to the other", async () => {
  const [one, other] = [vq.create({ ...request, seed: 1 }), vq.create({ ...request, seed: 2 })];
  await one.render();
  const { made } = await sessionsOf(async () => {
    await other.render();
    await one.dispose();
    await other.toFinish();
  });
  expect(made).toBe(2); // the text encoder, the start's encoder
  const alone = await vq.create({ ...request, seed: 2 }).toFinish();
  expect((await other.render()).bytes).toEqual((await alone.render()).bytes);
  await Promise.all([one, other, other, alone].map((run) => run.dispose()));
});

test("the step's graph is the same whatever it is fed: weights, rates, stops and chances", () => {
  const settings: Settings = {
    ...vq.resolve({ ...request, preset: "nerdyrodent", seed: 1, latent: "quantized" }).settings,
    structure: 0.5,
    perceptual: 0.1,
    perceptorWeights: [2],
    pictureRegularizers: [{ kind: "tv", weight: 1 }],
  };
  const graph = (changes: Partial<Settings>) =>
    Buffer.from(serialize({ ...buildStep(vq, { ...settings, ...changes }, [1, 16, 16, 16], 1) }).bytes).toString(
      "base64",
    );
  const same: Partial<Settings>[] = [
    { seed: 2, steps: 9, learningRate: 1, optimizer: "sgd", prompts: "fog:2" },
    { structure: 2, perceptual: 3, perceptorWeights: [0.3], pictureRegularizers: [{ kind: "tv", weight: -2 }] },
    {
      cutPower: 3,
      augmentations: settings.augmentations.map((entry) => ("p" in entry ? { ...entry, p: 0.1 } : entry)),
    },
  ];
  for (const changes of same) expect(graph(changes) === graph({}), JSON.stringify(changes)).toBe(true);
  const other: Partial<Settings>[] = [
    { cutouts: 3 },
    { structure: 0 },
    { padding: "border" },
    { latent: "continuous" },
  ];
  for (const changes of other) expect(graph(changes) === graph({}), JSON.stringify(changes)).toBe(false);
});
