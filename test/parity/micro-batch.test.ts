/** Cutouts in micro-batches give the gradient of all at once. */
import { expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { drawViews } from "../../src/guidance/augmentations.js";
import { presets } from "../../src/guidance/presets.js";
import { cutoutGeometry } from "../../src/guidance/sampling.js";
import type { Settings } from "../../src/guidance/settings.js";
import { buildStep } from "../../src/guidance/step.js";
import { loadClip, loadGenerator } from "../../src/models/load.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

test.each(["paper", "nerdyrodent"] as const)("%s: seven cutouts by seven, by three and one by one", async (preset) => {
  const models = {
    generator: await loadGenerator(fixturePath("vqgan")),
    perceptor: await loadClip(fixturePath("clip-quick-gelu")),
  };
  const reference = await fixture("step/step.safetensors");
  const settings = { ...presets[preset], prompts: "a", size: [56, 40], seed: 0, cutouts: 7 } as unknown as Settings;
  const views = drawViews(7, cutoutGeometry(settings, models.perceptor), settings.augmentations, new Random(3));
  const results: NDArray[] = [];
  for (const microBatch of [7, 3, 1]) {
    const outputs = buildStep(models, { ...settings, microBatch }, [1, 16, 20, 28], 5);
    const program = await compile({ ...outputs }, { threads: 1 });
    const feeds: Record<string, NDArray> = {
      ...views,
      z: reference("in.z"),
      prompts: reference("in.prompts"),
      weights: reference("in.weights"),
      stops: reference("in.stops"),
      latentWeight: NDArray.scalar(0.1),
      latentTarget: NDArray.zeros("float32", [1, 16, 20, 28]),
    };
    const read = Object.fromEntries(Object.entries(feeds).filter(([name]) => program.reads(name)));
    results.push((await program.run(read)).gradient);
    await program.dispose();
  }
  const [whole, ...parts] = results as [NDArray, ...NDArray[]];
  for (const part of parts) expect(relativeError(part, whole)).toBeLessThan(2e-6);
});
