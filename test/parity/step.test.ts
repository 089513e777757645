/** The whole step and the whole loop against PyTorch's autograd and optimisers, on tiny models. */
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { latentLoss, promptLosses } from "../../src/guidance/losses.js";
import { presets } from "../../src/guidance/presets.js";
import { Run } from "../../src/guidance/run.js";
import { takeCutouts } from "../../src/guidance/sampling.js";
import type { Settings } from "../../src/guidance/settings.js";
import { buildStep } from "../../src/guidance/step.js";
import { codebookOf } from "../../src/models/generator.js";
import { loadClip, loadGenerator } from "../../src/models/load.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { clampWithGrad } from "../../src/ops/gradient-control.js";
import { sum } from "../../src/ops/reduction.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, relativeError, stepFeeds } from "../support/fixtures.js";

const models = async () => ({
  generator: await loadGenerator(fixturePath("vqgan")),
  perceptor: await loadClip(fixturePath("clip-quick-gelu")),
});

const deterministic: Settings = {
  ...presets.notebook,
  prompts: "a | b | c | d | e",
  size: [56, 40],
  seed: 0,
  cutouts: 1,
  cutMethod: "whole",
  augmentations: [],
};

test("one whole cutout: losses, picture and dz agree with PyTorch", async () => {
  const reference = await fixture("step/step.safetensors");
  const {
    gradient,
    losses,
    image,
    latentLoss: regularizer,
  } = buildStep(await models(), deterministic, [1, 16, 20, 28], 5);
  const program = await compile({ gradient: gradient as Tensor, losses, image, regularizer }, { threads: 1 });
  const result = await program.run(stepFeeds(reference));
  await program.dispose();
  expect(relativeError(result.image, reference("whole.image"))).toBeLessThan(1e-5);
  expect(relativeError(result.losses, reference("whole.losses"))).toBeLessThan(1e-5);
  const alpha = reference("in.alpha").item();
  expect(alpha * result.regularizer.item()).toBeCloseTo(reference("whole.regulariser").item(), 5);
  expect(relativeError(result.gradient, reference("whole.dz"))).toBeLessThan(1e-4);
});

const variants = {
  sampled: [],
  colour: ["colours"],
  noise: ["noise"],
  erase: ["mask"],
  all: ["colours", "noise", "mask"],
} as const;

test.each(Object.keys(variants) as (keyof typeof variants)[])(
  "%s cutouts: losses and dz agree with PyTorch",
  async (variant) => {
    const reference = await fixture("step/step.safetensors");
    const { generator, perceptor } = await models();
    const z = input("z", "float32", [1, 16, 20, 28]);
    const image = clampWithGrad(mul(add(generator.decode(codebookOf(generator, "test").quantize(z).zq), 1), 0.5), 0, 1);
    const parts = {
      colours: input("colour", "float32", [4, 3, 4]),
      noise: input("noise", "float32", [4, 3, 32, 32]),
      mask: input("mask", "float32", [4, 1, 32, 32]),
    };
    const chosen = Object.fromEntries(variants[variant].map((name) => [name, parts[name]]));
    const views = { homographies: input("matrices", "float32", [4, 3, 3]), ...chosen };
    const geometry = { method: "pooled", power: 1, width: 56, height: 40, cutSize: 32 } as const; // one sample a pixel
    const cutouts = takeCutouts(image, views, geometry, { padding: "zeros" });
    const inputs = {
      prompts: input("prompts", "float32", [5, 24]),
      weights: input("weights", "float32", [5]),
      stops: input("stops", "float32", [5]),
    };
    const losses = mul(
      promptLosses(perceptor.encodeImage(cutouts), inputs.prompts, inputs.weights, inputs.stops),
      1 / 4,
    );
    const zero = input("zero", "float32", [1, 16, 20, 28]);
    const loss = add(sum(losses), mul(latentLoss(z, zero), input("alpha", "float32", [])));
    const [dz] = grad(loss, [z]) as [Tensor];
    const program = await compile({ cutouts, losses, loss, dz }, { threads: 1 });
    const names = ["z", "prompts", "weights", "stops", "alpha", "matrices", "colour", "noise", "mask"];
    const feeds = names.filter((name) => program.reads(name)).map((name) => [name, reference(`in.${name}`)]);
    const result = await program.run({ ...Object.fromEntries(feeds), zero: NDArray.zeros("float32", [1, 16, 20, 28]) });
    await program.dispose();
    if (variant === "sampled" || variant === "all") {
      expect(relativeError(result.cutouts, reference(`${variant}.cutouts`))).toBeLessThan(1e-5);
    }
    expect(relativeError(result.losses, reference(`${variant}.losses`))).toBeLessThan(1e-5);
    expect(result.loss.item()).toBeCloseTo(reference(`${variant}.loss`).item(), 5);
    expect(relativeError(result.dz, reference(`${variant}.dz`))).toBeLessThan(1e-3);
  },
);

test.each(["adam", "adamw"] as const)("twenty steps with %s follow PyTorch's loop", async (optimizer) => {
  const reference = await fixture("loop/loop.safetensors");
  const settings: Settings = {
    ...deterministic,
    prompts: "a painting of a castle | the sea at night:-0.5",
    size: [32, 32],
    steps: 20,
    optimizer,
    learningRate: 0.1,
    regularizer: { weight: 0.2, target: "zero", decay: 0, every: 1 },
    clampToCodebook: true,
  };
  const initCodes = Array.from(reference("in.codes").data, Number);
  const run = await Run.start(await models(), settings, { threads: 1, initCodes });
  const expected = reference(`${optimizer}.losses`).floats();
  for await (const { step, losses } of run) {
    const actual = [...losses.prompts, losses.latent];
    actual.forEach((loss, i) => {
      const wanted = expected[(step - 1) * 3 + i] as number;
      expect(Math.abs(loss - wanted), `step ${step}, loss ${i}`).toBeLessThan(1e-4 * Math.abs(wanted));
    });
  }
  expect(relativeError(run.state.z, reference(`${optimizer}.z`))).toBeLessThan(1e-3);
  await run.dispose();
});
