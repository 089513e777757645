/** Noise descended as ReNO does it, against torch: the term of its length, and fifty clipped steps of Nesterov's momentum on given gradients. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { descended } from "../../src/guidance/descent.js";
import { noiseLoss } from "../../src/guidance/losses.js";
import { presets } from "../../src/guidance/presets.js";
import type { RunState } from "../../src/guidance/run-state.js";
import type { Generator } from "../../src/models/generator.js";
import { mul } from "../../src/ops/arithmetic.js";
import { optimizers } from "../../src/optim/optimizer.js";
import { evaluate } from "../../src/runtime/reference/evaluate.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

test("the term of a noise's length and its gradient", async () => {
  const reference = await fixture("noise/noise.safetensors");
  const z = input("z", "float32", reference("norm.z").shape);
  const outputs = [1, 0.5].flatMap((deviation) => {
    const loss = noiseLoss(mul(z, deviation), deviation); // the same noise in other units
    return [loss, grad(loss, [z])[0] as Tensor];
  });
  const results = evaluate(outputs, { z: reference("norm.z") });
  for (const [i, result] of results.entries()) {
    const expected = reference(i % 2 === 0 ? "norm.loss" : "norm.gradient");
    expect(relativeError(result.reshape(expected.shape), expected)).toBeLessThan(1e-5);
  }
});

test("fifty steps of preset reno on torch's gradients are torch's", async () => {
  const reference = await fixture("noise/noise.safetensors");
  const facts = JSON.parse(await readFile(fixturePath("noise/noise.json"), "utf8"));
  const { reno } = presets;
  expect(facts).toMatchObject({
    steps: reno.steps,
    learningRate: reno.learningRate,
    gradientClip: reno.gradientClip,
    weight: reno.regularizer.weight,
  });
  const start = reference("reno.start");
  const settings = { ...reno, prompts: "x", size: [48, 64] as [number, number], seed: 1 };
  let state = {
    settings,
    step: 0,
    z: start,
    optimizer: optimizers[reno.optimizer].init(start.size),
  } as unknown as RunState;
  const losses = { total: 0, prompts: [], structure: 0, perceptual: 0, picture: [], rewards: [], latent: 0 };
  for (let step = 0; step < reno.steps; step++) {
    const row = (name: string) =>
      NDArray.float32(
        start.shape,
        reference(name)
          .floats()
          .slice(step * start.size, (step + 1) * start.size),
      );
    state = await descended({} as Generator, state, { gradient: row("reno.gradients"), losses }, undefined);
    expect(relativeError(state.z, row("reno.z")), `step ${step}`).toBeLessThan(1e-5);
  }
});
