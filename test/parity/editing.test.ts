/** FuseDream's mixture of latents and FlexIT's loss, values and gradients, against torch. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { constant, input, type Tensor } from "../../src/graph/tensor.js";
import { fused } from "../../src/guidance/fused-latent.js";
import { promptLosses, relativeLoss, structureLoss } from "../../src/guidance/losses.js";
import { presets } from "../../src/guidance/presets.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { concat } from "../../src/ops/movement.js";
import { sum } from "../../src/ops/reduction.js";
import { evaluate } from "../../src/runtime/reference/evaluate.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

test("a fused latent mixes its basis number by number, and both latents and shares have torch's gradient", async () => {
  const reference = await fixture("editing/editing.safetensors");
  const variable = input("variable", "float32", reference("fused.variable").shape);
  const latent = fused(variable);
  const [gradient] = grad(latent, [variable], constant(reference("fused.cotangent"))) as [Tensor];
  const [made, moved] = evaluate([latent, gradient], { variable: reference("fused.variable") }) as [NDArray, NDArray];
  expect(relativeError(made, reference("fused.latent"))).toBeLessThan(1e-6);
  expect(relativeError(moved, reference("fused.gradient"))).toBeLessThan(1e-6);
});

test("preset flexit's terms are FlexIT's: the multimodal target, whose source text is a prompt of -0.4, and the latent's way", async () => {
  const reference = await fixture("editing/editing.safetensors");
  const facts = JSON.parse(await readFile(fixturePath("editing/editing.json"), "utf8"));
  const { structure, distance, regularizer } = presets.flexit;
  expect({ sourcePicture: structure, latent: regularizer.weight }).toEqual({ sourcePicture: 0.2, latent: 0.05 });
  expect(facts).toMatchObject({ sourcePicture: structure, latent: regularizer.weight, sourceText: 0.4 });

  const [count, width] = reference("flexit.views").shape as [number, number];
  const views = input("views", "float32", [count, width]);
  const texts = concat([constant(reference("flexit.target")), constant(reference("flexit.source"))], 0);
  const weights = constant(NDArray.float32([2], [1, -0.4]));
  const never = constant(NDArray.float32([2], [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]));
  const starts = concat(Array<Tensor>(count).fill(constant(reference("flexit.start"))), 0);
  const ofTexts = sum(promptLosses(views, texts, weights, never, distance));
  const ofPicture = sum(mul(structureLoss(views, starts, distance), structure));
  const toward = mul(add(ofTexts, ofPicture), 1 / count);
  const z = input("z", "float32", reference("flexit.z").shape);
  const way = relativeLoss(z, constant(reference("flexit.z0")));
  const outputs = [
    toward,
    grad(toward, [views])[0] as Tensor,
    way,
    grad(mul(way, regularizer.weight), [z])[0] as Tensor,
  ];
  const feeds = { views: reference("flexit.views"), z: reference("flexit.z") };
  const [total, ofViews, length, ofZ] = evaluate(outputs, feeds) as [NDArray, NDArray, NDArray, NDArray];
  expect(total.item()).toBeCloseTo(reference("flexit.toward").item() + 1 - 0.4 + 0.2, 5); // 1 - cosine for cosine
  expect(relativeError(ofViews, reference("flexit.viewGradient"))).toBeLessThan(1e-5);
  expect(length.item()).toBeCloseTo(reference("flexit.way").item(), 5);
  expect(relativeError(ofZ, reference("flexit.zGradient"))).toBeLessThan(1e-5);
});

test("where the latent began, its way is nothing and pulls nowhere", async () => {
  const start = NDArray.float32([1, 2, 1, 2], [1, -2, 0.5, 3]);
  const z = input("z", "float32", start.shape);
  const way = relativeLoss(z, constant(start));
  const [length, pull] = evaluate([way, grad(way, [z])[0] as Tensor], { z: start }) as [NDArray, NDArray];
  expect(length.item()).toBeLessThan(1e-5);
  expect(pull.floats().every((value) => value === 0)).toBe(true);
});
