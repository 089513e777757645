/** Less memory, the same gradient: recomputed decoder blocks and low-memory sessions against the plain step. */
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { recomputed } from "../../src/autodiff/recompute.js";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { toposort } from "../../src/graph/toposort.js";
import { drawViews } from "../../src/guidance/augmentations.js";
import { presets } from "../../src/guidance/presets.js";
import { cutoutGeometry } from "../../src/guidance/sampling.js";
import type { Settings } from "../../src/guidance/settings.js";
import { buildStep } from "../../src/guidance/step.js";
import { loadClip, loadGenerator } from "../../src/models/load.js";
import { exp, mul, square } from "../../src/ops/arithmetic.js";
import { sum } from "../../src/ops/reduction.js";
import { predictPeakMemory } from "../../src/runtime/memory.js";
import { type CompileOptions, compile } from "../../src/runtime/program.js";
import { evaluate } from "../../src/runtime/reference/evaluate.js";
import { fixture, fixturePath, relativeError, stepFeeds } from "../support/fixtures.js";

test("a chain computed again, nested: the same gradient, twice the work of a segment, less memory", () => {
  const x = input("x", "float32", [1000]);
  const links = (h: Tensor, count: number): Tensor => (count === 0 ? h : links(exp(mul(h, -0.5)), count - 1));
  const segment = (h: Tensor) => recomputed((y) => links(y, 3), h);
  const gradientOf = (y: Tensor) => grad(sum(square(y)), [x])[0] as Tensor;
  const plain = gradientOf(links(x, 9));
  const flat = gradientOf(segment(segment(segment(x))));
  const nested = gradientOf(recomputed((h) => segment(segment(segment(h))), x));
  const feeds = {
    x: NDArray.float32(
      [1000],
      new Random(1).normals(1000).map((value) => value / 10),
    ),
  };
  const [a, b, c] = evaluate([plain, flat, nested], feeds) as [NDArray, NDArray, NDArray];
  expect(b.bytes).toEqual(a.bytes);
  expect(c.bytes).toEqual(a.bytes);
  const work = (y: Tensor) => toposort([y]).filter(({ op }) => op?.name === "Exp").length;
  expect([plain, flat, nested].map(work)).toEqual([9, 18, 24]); // nested: all but the last segment a third time
  expect(predictPeakMemory([[flat]])).toBeLessThan(predictPeakMemory([[plain]]));
});

const ways: readonly { name: string; recompute: boolean; options: CompileOptions }[] = [
  { name: "recomputed", recompute: true, options: {} },
  { name: "low-memory session", recompute: false, options: { lowMemory: true } },
  { name: "both", recompute: true, options: { lowMemory: true } },
];

async function step(recompute: boolean, options: CompileOptions) {
  const models = {
    generator: await loadGenerator(fixturePath("vqgan")),
    perceptor: await loadClip(fixturePath("clip-quick-gelu")),
  };
  const settings: Settings = { ...presets.paper, prompts: "a", size: [56, 40], seed: 0, cutouts: 3, recompute };
  const outputs = buildStep(models, settings, [1, 16, 20, 28], 5);
  const program = await compile({ ...outputs }, { threads: 1, ...options });
  const views = drawViews(3, cutoutGeometry(settings, models.perceptor), settings.augmentations, new Random(3));
  const all = { ...views, ...stepFeeds(await fixture("step/step.safetensors")), latentWeight: NDArray.scalar(0.1) };
  const feeds = Object.fromEntries(Object.entries(all).filter(([name]) => program.reads(name)));
  const result = await program.run(feeds);
  await program.dispose();
  return result;
}

test("the step's gradient, for less memory each way: another order of sums, nothing else", async () => {
  const plain = await step(false, {});
  for (const { name, recompute, options } of ways) {
    const other = await step(recompute, options);
    expect(relativeError(other.gradient, plain.gradient), name).toBeLessThan(3e-6);
    expect(relativeError(other.losses, plain.losses), name).toBeLessThan(1e-6);
  }
});
