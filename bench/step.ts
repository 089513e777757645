/**
 * Times one configuration of the step in a process of its own, so that its peak memory is its own too. Prints one JSON line.
 *
 *     node --import tsx bench/step.ts --size 256 --cutouts 32 --micro-batch 16 --threads 2 --repeat 3
 */
import { parseArgs } from "node:util";
import { NDArray } from "../src/core/ndarray.js";
import { Random } from "../src/core/random.js";
import { input, type Tensor } from "../src/graph/tensor.js";
import { drawViews } from "../src/guidance/augmentations.js";
import { latentOfCodes, randomCodes } from "../src/guidance/latent.js";
import { presets } from "../src/guidance/presets.js";
import { cutoutGeometry } from "../src/guidance/sampling.js";
import type { Settings } from "../src/guidance/settings.js";
import { buildStep } from "../src/guidance/step.js";
import { codebookOf } from "../src/models/generator.js";
import { optimizers } from "../src/optim/optimizer.js";
import type { Feeds } from "../src/runtime/engine.js";
import { countFlops } from "../src/runtime/flops.js";
import { predictPeakMemory } from "../src/runtime/memory.js";
import { compile } from "../src/runtime/program.js";
import { medianSeconds } from "./probe.js";
import { publishedSize } from "./random-models.js";
import { peakMegabytes } from "./resident.js";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "256" },
    height: { type: "string" },
    recompute: { type: "boolean", default: false },
    "low-memory": { type: "boolean", default: false },
    cutouts: { type: "string", default: "8" },
    "micro-batch": { type: "string", default: "16" },
    threads: { type: "string", default: "2" },
    repeat: { type: "string", default: "3" },
    split: { type: "boolean", default: false },
  },
});
const [size, cutouts, microBatch, threads, repeat] = [
  values.size,
  values.cutouts,
  values["micro-batch"],
  values.threads,
  values.repeat,
].map(Number) as [number, number, number, number, number];

const height = Number(values.height ?? size);
const models = await publishedSize();
const settings: Settings = {
  ...presets.paper,
  prompts: "a",
  size: [size, height],
  seed: 0,
  cutouts,
  microBatch,
  recompute: values.recompute,
};
const grid = [height / 16, size / 16] as const;
const random = new Random(0);
const z = latentOfCodes(models.generator, randomCodes(models.generator, grid[0] * grid[1], random), grid);
const outputs = buildStep(models, settings, z.shape, 1);
const flops = countFlops(Object.values(outputs));

async function timed(
  chosen: Record<string, Tensor>,
): Promise<{ seconds: number; loadSeconds: number; loadMegabytes: number }> {
  const start = performance.now();
  const program = await compile(chosen, { threads, lowMemory: values["low-memory"] });
  const loadSeconds = (performance.now() - start) / 1000;
  const loadMegabytes = peakMegabytes();
  const views = drawViews(cutouts, cutoutGeometry(settings, models.perceptor), settings.augmentations, random);
  const all: Feeds = {
    z,
    latentTarget: NDArray.zeros("float32", z.shape),
    latentWeight: NDArray.scalar(0.5),
    prompts: NDArray.float32([1, 512], random.normals(512)),
    weights: NDArray.float32([1], [1]),
    stops: NDArray.float32([1], [Number.NEGATIVE_INFINITY]),
    ...views,
  };
  const feeds = Object.fromEntries(Object.entries(all).filter(([name]) => program.reads(name)));
  const seconds = await medianSeconds(repeat, () => program.run(feeds));
  await program.dispose();
  return { seconds, loadSeconds, loadMegabytes };
}

/** What the host does between two programs: views and the optimiser. */
async function hostSeconds(): Promise<number> {
  const rule = optimizers[settings.optimizer];
  let state = rule.init(z.size);
  return medianSeconds(repeat, async () => {
    drawViews(cutouts, cutoutGeometry(settings, models.perceptor), settings.augmentations, random);
    ({ state } = rule.update(z.floats(), z.floats(), state, 0.1));
  });
}

const { seconds, loadSeconds, loadMegabytes } = await timed({ ...outputs });
const peak = peakMegabytes();
const report: Record<string, number> = {
  size,
  height,
  cutouts,
  microBatch,
  recompute: Number(values.recompute),
  lowMemory: Number(values["low-memory"]),
  threads,
  seconds,
  loadSeconds,
  loadMegabytes,
  gigaflop: (flops.convolution + flops.matrix) / 1e9,
  convolutionGigaflop: flops.convolution / 1e9,
  hostSeconds: await hostSeconds(),
  peakMegabytes: peak,
  predictedMegabytes:
    predictPeakMemory([Object.values(outputs)], {
      lowMemory: values["low-memory"],
      recompute: values.recompute,
    }) / 1e6,
};
if (values.split) {
  const latent = input("z", "float32", z.shape);
  report.decodeSeconds = (
    await timed({ x: models.generator.decode(codebookOf(models.generator, "bench").quantize(latent).zq) })
  ).seconds;
  report.forwardSeconds = (await timed({ losses: outputs.losses, image: outputs.image })).seconds;
}
console.log(JSON.stringify(report));
