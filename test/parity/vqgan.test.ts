/** VQGAN against taming-transformers: encode, quantise, decode, both checkpoint formats, and files that do not fit. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { input } from "../../src/graph/tensor.js";
import { codebookOf, encoderOf, type Generator } from "../../src/models/generator.js";
import { loadGenerator } from "../../src/models/load.js";
import { WeightTaker } from "../../src/models/take-weights.js";
import { gumbelIndices, lookUp } from "../../src/models/vqgan/quantizer.js";
import { mul } from "../../src/ops/arithmetic.js";
import { sum } from "../../src/ops/reduction.js";
import { compile } from "../../src/runtime/program.js";
import { openSafetensors, openWeights } from "../../src/weights/open-file.js";
import { writeSafetensors } from "../../src/weights/safetensors.js";
import { fixture, fixturePath, largestError } from "../support/fixtures.js";

const numbers = (array: NDArray) => Array.from(array.data, Number);

async function codeAndDecode(generator: Generator, reference: (name: string) => NDArray) {
  const z = encoderOf(generator, "test")(input("x", "float32", [1, 3, 32, 32]));
  const { zq, indices } = codebookOf(generator, "test").quantize(z);
  const fromCodes = input("codes", "float32", reference("codes.zq").shape);
  const outputs = { z, zq, indices, picture: generator.decode(zq), wide: generator.decode(fromCodes) };
  const program = await compile(outputs, { threads: 1 });
  const result = await program.run({ x: reference("x"), codes: reference("codes.zq") });
  await program.dispose();
  return result;
}

/** An empty folder for as long as `use` runs. */
async function inFolder(use: (path: string) => Promise<void>) {
  const path = await mkdtemp(join(tmpdir(), "vqgan-"));
  try {
    await use(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

/** That the model in `path` encodes and decodes what is not square. */
async function expectToDraw(path: string, factor: number) {
  const generator = await loadGenerator(path);
  expect(generator).toMatchObject({ factor });
  const z = encoderOf(generator, "test")(input("x", "float32", [1, 3, 32, 48]));
  const { zq, indices } = codebookOf(generator, "test").quantize(z);
  expect(indices.shape).toEqual([1, 32 / factor, 48 / factor]);
  const program = await compile({ picture: generator.decode(zq) }, { threads: 1 });
  const { picture } = await program.run({ x: NDArray.zeros("float32", [1, 3, 32, 48]) });
  await program.dispose();
  expect(picture.shape).toEqual([1, 3, 32, 48]);
  expect(picture.floats().every(Number.isFinite)).toBe(true);
}

test.each(["vqgan", "vqgan/model.safetensors", "vqgan/model.ckpt"])(
  "%s: encode, codes and decode agree",
  async (path) => {
    const reference = await fixture("vqgan/expected.safetensors");
    const generator = await loadGenerator(fixturePath(path));
    expect(generator).toMatchObject({ factor: 2 });
    const result = await codeAndDecode(generator, reference);
    expect(largestError(result.z, reference("z"))).toBeLessThan(1e-5);
    expect(numbers(result.indices)).toEqual(numbers(reference("indices")));
    expect(largestError(result.zq, reference("zq"))).toBeLessThan(1e-6);
    expect(largestError(result.picture, reference("x_rec"))).toBeLessThan(1e-5);
    expect(largestError(result.wide, reference("codes.x"))).toBeLessThan(1e-5); // 6 x 10, not the training size
  },
);

test("the legacy checkpoint format holds the same arrays, and a part of a model is named as such", async () => {
  const whole = await openSafetensors(fixturePath("vqgan/model.safetensors"));
  const legacy = await openWeights(fixturePath("vqgan/model-legacy.ckpt"));
  const kept = legacy.names.filter((name) => !name.startsWith("loss."));
  expect(kept.length).toBeGreaterThan(8);
  for (const name of kept) expect((await legacy.read(name)).floats()).toEqual((await whole.read(name)).floats());
  await expect(loadGenerator(fixturePath("vqgan/model-legacy.ckpt"))).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: expect.stringMatching(/missing: decoder\.mid\.block_1\.norm1\.weight, .* and \d+ more/),
  });
});

test("the gradient of a quantised latent is that of its codes", async () => {
  const generator = await loadGenerator(fixturePath("vqgan"));
  const z = input("z", "float32", [1, 16, 2, 2]);
  const { zq } = codebookOf(generator, "test").quantize(z);
  const loss = sum(mul(zq, zq));
  const [dz] = grad(loss, [z]) as [typeof z];
  const program = await compile({ zq, dz }, { threads: 1 });
  const result = await program.run({ z: NDArray.float32([1, 16, 2, 2], Float32Array.from({ length: 64 }, Math.sin)) });
  await program.dispose();
  expect(result.dz.floats()).toEqual(result.zq.floats().map((value) => 2 * value));
});

test("the codebook's range is per channel", async () => {
  const { codes, range } = codebookOf(await loadGenerator(fixturePath("vqgan")), "test");
  const channel = (c: number) => Array.from({ length: 64 }, (_, k) => codes.at(k * 16 + c));
  for (const c of [0, 7, 15]) {
    expect(range.low[c]).toBe(Math.min(...channel(c)));
    expect(range.high[c]).toBe(Math.max(...channel(c)));
  }
});

test("gumbel: logits, nearest codes and decode agree; a checkpoint without encoder draws but does not encode", async () => {
  const reference = await fixture("gumbel/expected.safetensors");
  const generator = await loadGenerator(fixturePath("gumbel"));
  expect(generator).toMatchObject({ factor: 2 });
  expect(generator.latentShape([12, 20])).toEqual([1, 16, 6, 10]);
  expect(() => encoderOf(generator, "edit()")).toThrow("edit(): gumbel has no encoder");

  const from = new WeightTaker(await openWeights(fixturePath("gumbel/model.ckpt")));
  const codebook = from.take("quantize.embed.weight", [48, 16]);
  const quantizer = { codebook, logits: from.affine("quantize.proj", [48, 16, 1, 1]) };
  const indices = gumbelIndices(quantizer, input("h", "float32", [1, 16, 16, 16]));
  const nearest = codebookOf(generator, "test").quantize(input("z", "float32", [1, 16, 6, 10]));
  const zq = lookUp(quantizer, indices);
  const outputs = { indices, zq, picture: generator.decode(zq), nearest: nearest.indices, nearestZq: nearest.zq };
  const program = await compile({ ...outputs, nearestPicture: generator.decode(nearest.zq) }, { threads: 1 });
  const result = await program.run({ h: reference("h"), z: reference("z") });
  await program.dispose();
  expect(numbers(result.indices)).toEqual(numbers(reference("indices")));
  expect(largestError(result.zq, reference("zq"))).toBeLessThan(1e-6);
  expect(largestError(result.picture, reference("x_rec"))).toBeLessThan(1e-5);
  expect(numbers(result.nearest)).toEqual(numbers(reference("z.indices")));
  expect(largestError(result.nearestZq, reference("z.zq"))).toBeLessThan(1e-6);
  expect(largestError(result.nearestPicture, reference("z.x"))).toBeLessThan(1e-5);
});

test("a transformer's first stage is found by its prefix", async () => {
  const reference = await fixture("vqgan/expected.safetensors");
  await inFolder(async (path) => {
    const dict = await openSafetensors(fixturePath("vqgan/model.safetensors"));
    const arrays: Record<string, NDArray> = { "transformer.tok_emb.weight": NDArray.zeros("float32", [2, 2]) };
    for (const name of dict.names) arrays[`first_stage_model.${name}`] = await dict.read(name);
    await writeFile(join(path, "net.safetensors"), writeSafetensors(arrays));
    const yaml = await readFile(fixturePath("vqgan/config.yaml"), "utf8");
    const stage = yaml.slice(yaml.indexOf("  target:"), yaml.indexOf("data:")).replace(/^/gm, "    ");
    const whole = `model:\n  target: taming.models.cond_transformer.Net2NetTransformer\n  params:\n    first_stage_config:\n${stage}`;
    await writeFile(join(path, "net.yaml"), whole);
    const result = await codeAndDecode(await loadGenerator(path), reference);
    expect(largestError(result.picture, reference("x_rec"))).toBeLessThan(1e-5);
  });
});

test("a model may have no residual blocks in its encoder, and one a level in its decoder", async () => {
  await inFolder(async (path) => {
    const dict = await openSafetensors(fixturePath("vqgan/model.safetensors"));
    const kept = dict.names.filter(
      (name) => !/encoder\.down\.\d\.(block|attn)|decoder\.up\.\d\.(block|attn)\.1/.test(name),
    );
    const arrays: Record<string, NDArray> = {};
    for (const name of kept) arrays[name] = await dict.read(name);
    await writeFile(join(path, "model.safetensors"), writeSafetensors(arrays));
    const yaml = await readFile(fixturePath("vqgan/config.yaml"), "utf8");
    await writeFile(join(path, "config.yaml"), yaml.replace("num_res_blocks: 1", "num_res_blocks: 0"));
    await expectToDraw(path, 2);
  });
});

test("the compact model loads", () => expectToDraw(fixturePath("../../models/compact/vqgan"), 8));

test("files that are no VQGAN, or not of one model, are named", async () => {
  await expect(loadGenerator(fixturePath("nowhere"))).rejects.toThrow("no such file or folder");
  await expect(loadGenerator(fixturePath("clip-gelu"))).rejects.toThrow("holds no yaml");
  await inFolder(async (path) => {
    await expect(loadGenerator(path)).rejects.toThrow("holds no checkpoint");
    await cp(fixturePath("vqgan/model.safetensors"), join(path, "model.safetensors"));
    const yaml = await readFile(fixturePath("vqgan/config.yaml"), "utf8");
    const refuses = async (changed: string, message: string) => {
      await writeFile(join(path, "config.yaml"), changed);
      await expect(loadGenerator(path)).rejects.toMatchObject({
        code: "BAD_MODEL",
        message: expect.stringContaining(message),
      });
    };
    await refuses(yaml.replace("n_embed: 64", "n_embed: 128"), "embedding.weight: expected [128,16], found [64,16]");
    await refuses(
      yaml.replace("num_res_blocks: 1", "num_res_blocks: 2"),
      "missing: encoder.down.0.block.1.norm1.weight",
    );
    await refuses(yaml.replace(/attn_resolutions:\n\s+- 16/, "attn_resolutions: []"), "not part of the model: ");
    await refuses(yaml.replace("vqgan.VQModel", "vqgan.Nothing"), "target taming.models.vqgan.Nothing is no VQGAN");
    await refuses(yaml.replace("in_channels: 3", "in_channels: 4"), "params: ddconfig.in_channels: only models of RGB");
    await refuses("model: [", "not a yaml file");
  });
});
