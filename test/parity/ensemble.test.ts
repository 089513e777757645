/** Several perceptors in one step: its losses and its gradient are the weighted sums of those of each alone. */
import { expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { presets } from "../../src/guidance/presets.js";
import type { Settings } from "../../src/guidance/settings.js";
import { buildStep, type StepModels } from "../../src/guidance/step.js";
import { drawAllViews } from "../../src/guidance/views.js";
import { loadClip, loadGenerator } from "../../src/models/load.js";
import { mul } from "../../src/ops/arithmetic.js";
import { inputOf } from "../../src/perception/ensemble.js";
import type { Feeds } from "../../src/runtime/engine.js";
import { compile } from "../../src/runtime/program.js";
import { fixturePath, relativeError } from "../support/fixtures.js";

const vqgan = await loadGenerator(fixturePath("vqgan"));
/** Paler pictures: where a picture is clamped, what passes depends on the sign of the whole gradient. */
const generator = { ...vqgan, decode: (...given: Parameters<typeof vqgan.decode>) => mul(vqgan.decode(...given), 0.3) };
const [first, second] = [await loadClip(fixturePath("clip-quick-gelu")), await loadClip(fixturePath("clip-gelu"))];
const random = new Random(11);
const drawn = (...shape: [number, number]) => NDArray.float32(shape, random.normals(shape[0] * shape[1]));
const [forFirst, forSecond] = [drawn(2, first.embeddingSize), drawn(2, second.embeddingSize)];
const side = 16;
const z = NDArray.float32([1, 16, side, side], random.normals(16 * side * side));
const original = NDArray.float32([1, 3, 32, 32], new Float32Array(3 * 32 * 32).fill(0.4));

async function step(models: StepModels, settings: Settings, feeds: Feeds) {
  const { perceptorWeights: weights } = settings;
  const program = await compile({ ...buildStep(models, settings, z.shape, 2) }, { threads: 1 });
  const all: Feeds = {
    z,
    original,
    weights: NDArray.float32([2], [1, -0.5]),
    stops: NDArray.float32([2], [-Infinity, -Infinity]),
    latentTarget: NDArray.zeros("float32", z.shape),
    latentWeight: NDArray.scalar(0),
    pictureWeights: NDArray.float32([1], [0]),
    keptWeights: NDArray.float32([2], [settings.structure, settings.perceptual]),
    ...(weights.length > 0 && { perceptorWeights: NDArray.float32([weights.length], weights) }),
    ...feeds,
  };
  const result = await program.run(Object.fromEntries(Object.entries(all).filter(([name]) => program.reads(name))));
  await program.dispose();
  return { gradient: result.gradient.floats(), losses: result.losses.floats() };
}

const joined = NDArray.float32(
  [2, first.embeddingSize + second.embeddingSize],
  [0, 1].flatMap((row) =>
    [forFirst, forSecond].flatMap(({ shape, data }) => {
      const size = shape[1] as number;
      return Array.from(data as Float32Array).slice(row * size, (row + 1) * size);
    }),
  ),
);

test.each(["paper", "nerdyrodent"] as const)("%s: loss and gradient are the weighted sums", async (preset) => {
  const settings = {
    ...presets[preset],
    prompts: "a",
    size: [32, 32],
    seed: 0,
    cutouts: 3,
    microBatch: 2,
    structure: 0.3,
    perceptual: 0.1,
  } as unknown as Settings;
  const weights = [1.5, 0.4];
  const both = { generator, perceptor: first, companions: [second] };
  const views = drawAllViews(both, settings, new Random(3));
  const together = await step(both, { ...settings, perceptorWeights: weights }, { ...views, prompts: joined });
  const own = Object.fromEntries(Object.keys(views).map((name) => [name, views[inputOf(1, name)] ?? views[name]]));
  const alone = [
    await step({ generator, perceptor: first }, settings, { ...views, prompts: forFirst }),
    await step({ generator, perceptor: second }, settings, { ...own, prompts: forSecond } as Feeds),
  ];
  for (const part of ["gradient", "losses"] as const) {
    const sum = together[part].map((_, i) =>
      alone.reduce((total, values, k) => total + (weights[k] as number) * (values[part][i] as number), 0),
    );
    const shape = [sum.length];
    expect(relativeError(NDArray.float32(shape, together[part]), NDArray.float32(shape, sum))).toBeLessThan(1e-5);
  }
});

test("a further perceptor leaves the first one's views as they are", () => {
  const settings = { ...presets.paper, prompts: "a", size: [32, 32], seed: 0, cutouts: 5 } as unknown as Settings;
  const single = drawAllViews({ perceptor: first }, settings, new Random(3));
  const both = drawAllViews({ perceptor: first, companions: [second] }, settings, new Random(3));
  for (const [name, array] of Object.entries(single)) expect(both[name]?.bytes, name).toEqual(array.bytes);
  expect(both[inputOf(1, "homographies")]?.bytes).not.toEqual(both.homographies?.bytes);
});
