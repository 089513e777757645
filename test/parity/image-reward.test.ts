/** ImageReward against transformers' BLIP: tokens, scores in published units and their gradients of the picture. */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { describeFolder } from "../../src/cli/describe-model.js";
import { input } from "../../src/graph/tensor.js";
import { loadClip } from "../../src/models/load.js";
import { onDisk } from "../../src/models/on-disk.js";
import { isJointScorer, readReward } from "../../src/models/read-reward.js";
import type { JointScorer } from "../../src/models/reward.js";
import { RewardLook, RewardTexts } from "../../src/perception/reward-look.js";
import { middleSquare, type RewardName, rewardValues } from "../../src/perception/rewards.js";
import { type Prompt, parsePrompts, plainPrompt } from "../../src/prompts/prompt.js";
import { compile } from "../../src/runtime/program.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

const path = fixturePath("image-reward");
const reward: RewardName = { kind: "model", name: "imagereward", output: null };
const settings = { steps: 1, sceneFade: 0, longPrompts: "average", perceptorWeights: [] } as const;

async function scorerAt(folder: string): Promise<JointScorer> {
  const model = await readReward(await onDisk(folder));
  if (!isJointScorer(model)) throw new Error(`${folder} is no ImageReward`);
  return model;
}

test("tokens, scores and gradients agree, of one text, of one that is too long and of two with weights", async () => {
  const reference = await fixture("image-reward/expected.safetensors");
  const expected = JSON.parse(await readFile(join(path, "expected.json"), "utf8"));
  const texts = expected.texts as readonly [string, string, string];
  const joint = await scorerAt(path);
  expect(joint).toMatchObject({ name: "image-reward", inputSize: 12, contextLength: 35 });
  expect(texts.flatMap((text) => joint.tokenize(text).ids)).toEqual(Array.from(reference("ids").data, Number));

  const perceptor = await loadClip(fixturePath("clip-quick-gelu"));
  const models = { perceptor, rewards: { imagereward: { name: "imagereward", joint } } };
  const pixels = reference("image");
  const image = input("image", "float32", pixels.shape);
  const graph = (prompts: readonly Prompt[]) => {
    const values = rewardValues(models, [reward], prompts.length, (one) => middleSquare(image, one));
    const [gradient] = grad(values, [image]) as [typeof values];
    return compile({ values, gradient }, { threads: 1 });
  };
  const one = (text: string) => parsePrompts(plainPrompt(text));
  const two = parsePrompts(
    `${plainPrompt(texts[0])}:${expected.weights[0]} | ${plainPrompt(texts[1])}:${expected.weights[1]}`,
  );
  const [ofOne, ofTwo] = [await graph(one(texts[0])), await graph(two)];
  for (const [name, prompts, program] of [
    ["first", one(texts[0]), ofOne],
    ["long", one(texts[2]), ofOne], // another text is another input
    ["weighted", two, ofTwo],
  ] as const) {
    const read = await RewardTexts.of(models, [reward], prompts, settings, { threads: 1 });
    const result = await program.run({ image: pixels, ...read.feeds(0) });
    expect(Math.abs(result.values.item() - reference(`${name}.value`).item()), name).toBeLessThan(1e-4);
    expect(relativeError(result.gradient, reference(`${name}.gradient`)), name).toBeLessThan(1e-3);
  }
  await ofOne.dispose();
  await ofTwo.dispose();

  // Outside of a step, the same picture is worth the same; what is cut is told.
  const notices: string[] = [];
  const look = await RewardLook.of(models, [reward], one(texts[2]), settings, {
    threads: 1,
    onNotice: ({ kind }) => void notices.push(kind),
  });
  const picture = pixels.reshape(pixels.shape.slice(1));
  expect(Math.abs((await look.score(picture)) - reference("long.value").item())).toBeLessThan(1e-3);
  expect(notices).toEqual(["truncated"]);
  await look.dispose();
});

test("models ls tells it, and what does not fit is named", () =>
  inEmptyFolder(async (folder) => {
    expect(await describeFolder(path)).toMatchObject([
      { kind: "reward", file: "ImageReward.pt", facts: { inputSize: 12, contextLength: 35 } },
    ]);
    await cp(path, folder, { recursive: true });
    expect((await scorerAt(join(folder, "ImageReward.pt"))).inputSize).toBe(12);
    const med = join(folder, "med_config.json");
    const json = JSON.parse(await readFile(med, "utf8"));
    await writeFile(med, JSON.stringify({ ...json, num_hidden_layers: 3 }));
    await expect(scorerAt(folder)).rejects.toThrow(
      "missing: blip.text_encoder.encoder.layer.2.attention.self.query.weight",
    );
    await writeFile(med, JSON.stringify({ ...json, hidden_size: 30 }));
    await expect(scorerAt(folder)).rejects.toThrow("word_embeddings.weight: expected [");
    await rm(med);
    await expect(scorerAt(folder)).rejects.toThrow("med_config.json: no such file; ImageReward needs it");
    await writeFile(med, JSON.stringify(json));
    await rm(join(folder, "vocab.txt"));
    await expect(scorerAt(folder)).rejects.toThrow(
      "vocab.txt: no such file; ImageReward without a tokenizer.json needs it",
    );
  }));
