/** Heads, PickScore's form and axes against PyTorch: scores in published units and their gradients of the picture. */
import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import type { NDArray } from "../../src/core/ndarray.js";
import { input } from "../../src/graph/tensor.js";
import { loadClip } from "../../src/models/load.js";
import { onDisk } from "../../src/models/on-disk.js";
import type { Perceptor } from "../../src/models/perceptor.js";
import { isHeadModel, readReward } from "../../src/models/read-reward.js";
import type { RewardModel } from "../../src/models/reward.js";
import { RewardLook, RewardTexts } from "../../src/perception/reward-look.js";
import { middleSquare, type RewardName, rewardValues } from "../../src/perception/rewards.js";
import { parsePrompts, plainPrompt } from "../../src/prompts/prompt.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

let perceptor: Perceptor;
let reference: (tensor: string) => NDArray;
let texts: string[];
const rewards: Record<string, RewardModel> = {};
const settings = { steps: 1, sceneFade: 0, longPrompts: "cut", perceptorWeights: [] } as const;

beforeAll(async () => {
  perceptor = await loadClip(fixturePath("clip-quick-gelu"));
  reference = await fixture("rewards/expected.safetensors");
  ({ texts } = JSON.parse(await readFile(fixturePath("rewards/expected.json"), "utf8")));
  for (const file of ["linear.pth", "mse.pth", "relu.pth", "vad.safetensors"]) {
    const head = await readReward(await onDisk(fixturePath(`rewards/${file}`)));
    if (!isHeadModel(head)) throw new Error(`${file} is no head`);
    rewards[head.name] = { name: head.name, perceptor, head, scale: 1 };
  }
  const scale = (await perceptor.cosineScale?.()) as number;
  expect(scale).toBeCloseTo(reference("logit_scale").item(), 3);
  rewards.pickscore = { name: "pickscore", perceptor, scale };
});

test.each([
  ["linear", null],
  ["mse", null],
  ["relu", null],
  ["vad", "arousal"],
  ["pickscore", null],
  ["axis", null],
])("%s: its score and the gradient", async (name, output) => {
  const reward: RewardName =
    name === "axis"
      ? { kind: "axis", from: texts[0] as string, to: texts[1] as string }
      : { kind: "model", name, output };
  const models = { perceptor, rewards };
  const prompts = parsePrompts(plainPrompt(texts[0] as string));
  const pixels = reference("image");
  const image = input("image", "float32", pixels.shape);
  const values = rewardValues(models, [reward], prompts.length, (one) => middleSquare(image, one));
  const [gradient] = grad(values, [image]);
  const program = await compile({ values, gradient: gradient as typeof values }, { threads: 1 });
  const read = await RewardTexts.of(models, [reward], prompts, settings, { threads: 1 });
  const result = await program.run({ image: pixels, ...read.feeds(0) });
  await program.dispose();
  const wanted = reference(`${name}.value`).item();
  expect(Math.abs(result.values.item() - wanted)).toBeLessThan(1e-4 * Math.max(1, Math.abs(wanted)));
  expect(relativeError(result.gradient, reference(`${name}.gradient`))).toBeLessThan(1e-3);

  // Outside of a step, the same picture is worth the same.
  const look = await RewardLook.of(models, [reward], prompts, settings, { threads: 1 });
  const picture = pixels.reshape(pixels.shape.slice(1));
  expect(Math.abs((await look.score(picture)) - wanted)).toBeLessThan(1e-3 * Math.max(1, Math.abs(wanted)));
  await look.dispose();
});
