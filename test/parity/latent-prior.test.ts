/** A latent diffusion model's net in a prior's place against the diffusers library: what it makes of latents under noise. */
import { expect, test } from "vitest";
import { describeFolder } from "../../src/cli/describe-model.js";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { input } from "../../src/graph/tensor.js";
import { presets } from "../../src/guidance/presets.js";
import { PriorPull } from "../../src/guidance/prior-pull.js";
import type { Settings } from "../../src/guidance/settings.js";
import { priorOf } from "../../src/models/generator.js";
import { loadGenerator } from "../../src/models/load.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

const FOLDER = "diffusion-latents";
/** Of 200 times, the last is 199. */
const shareOf = (time: number) => time / 199;

test.each([20, 120, 190])(
  "time %i: what a latent was, sides that its levels do not halve evenly included",
  async (time) => {
    const reference = await fixture(`${FOLDER}/expected.safetensors`);
    const prior = priorOf(await loadGenerator(fixturePath(FOLDER)), "test");
    const level = prior.at(shareOf(time));
    const [z, e] = ["z", "e"].map((name) => input(name, "float32", reference("z").shape));
    const x = add(mul(z!, level.signal), mul(e!, level.noise));
    const y = prior.answer(x, input("time", "float32", [1, prior.timeWidth]));
    const program = await compile({ guess: add(mul(x, level.of), mul(y, level.answer)) }, { threads: 1 });
    const { guess } = await program.run({ z: reference("z"), e: reference("e"), time: level.time });
    await program.dispose();
    expect(relativeError(guess, reference(`guess.${time}`))).toBeLessThan(1e-4);
  },
);

test("a step's pull is the share of the way to that guess, under noise of the seed and the step's number", async () => {
  const generator = await loadGenerator(fixturePath(FOLDER));
  const reference = await fixture(`${FOLDER}/expected.safetensors`);
  const z = reference("z");
  const settings = {
    ...presets.paper,
    prompts: "x",
    size: [20, 12],
    seed: 4,
    steps: 10,
    prior: { weight: 1, from: 0.9, to: 0.4 },
  } as Settings;
  const pull = async (weight: number, step: number, final?: number) => {
    const weighed = { ...settings, prior: { ...settings.prior, weight, final } };
    const prior = (await PriorPull.compile(generator, weighed, z.shape, { threads: 1 }))!;
    const pulled = await prior.pull(z, { settings: weighed, step });
    await prior.dispose();
    return pulled;
  };
  const whole = await pull(1, 3);
  const part = await pull(0.25, 3);
  const between = z.floats().map((value, i) => value + 0.25 * (whole.floats()[i]! - value));
  expect(relativeError(part, NDArray.float32(z.shape, between))).toBeLessThan(1e-5);

  const prior = priorOf(generator, "test");
  const level = prior.at(0.75); // .9 + 3/10 of the way to .4
  const e = new Random(4).split("noise of the prior at step 3").normals(z.size);
  const x = NDArray.float32(z.shape, z.floats().map((value, i) => level.signal * value + level.noise * e[i]!)); // biome-ignore format: one line
  const seen = input("x", "float32", z.shape);
  const program = await compile({ y: prior.answer(seen, input("time", "float32", [1, prior.timeWidth])) });
  const { y } = await program.run({ x, time: level.time });
  await program.dispose();
  const guess = x.floats().map((value, i) => level.of * value + level.answer * y.floats()[i]!);
  expect(relativeError(whole, NDArray.float32(z.shape, guess))).toBeLessThan(1e-5);
  expect((await pull(0.5, 5, 0)).bytes).toEqual((await pull(0.25, 5)).bytes); // half of the way to nothing
  expect((await pull(1, 4)).bytes).not.toEqual(whole.bytes);
  const none = { ...settings, prior: presets.paper.prior };
  expect(await PriorPull.compile(generator, none, z.shape, {})).toBeUndefined();
});

test("models ls tells the whole, and a generator without a prior says what has one", async () => {
  const [facts] = await describeFolder(fixturePath(FOLDER));
  expect(facts).toMatchObject({
    name: FOLDER,
    kind: "VQGAN",
    facts: { factor: 2, codes: 16, channels: 4, prior: true, encodes: true },
  });
  const bare = await loadGenerator(fixturePath(`${FOLDER}/vqvae`));
  expect(bare.prior).toBeUndefined();
  expect(() => priorOf(bare, "prior")).toThrow("prior: vqvae has none");
});
