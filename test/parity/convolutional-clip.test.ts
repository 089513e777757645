/** The convolutional CLIP against its PyTorch class: texts, pictures, stages, the loss's derivative, and folders that are refused. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import type { NDArray } from "../../src/core/ndarray.js";
import { constant, input, type Tensor } from "../../src/graph/tensor.js";
import { loadClip } from "../../src/models/load.js";
import { sphericalDistance } from "../../src/ops/distance.js";
import { mean } from "../../src/ops/reduction.js";
import { embedTexts } from "../../src/prompts/prompt-embedding.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

const FOLDER = "convolutional-clip";
const reference = await fixture(`${FOLDER}/expected.safetensors`);
const { texts }: { texts: { text: string; ids: number[] }[] } = JSON.parse(
  await readFile(fixturePath(`${FOLDER}/expected-ids.json`), "utf8"),
);

test("pictures, what each stage saw, and the derivative of their distance to the texts agree", async () => {
  const perceptor = await loadClip(fixturePath(FOLDER));
  const pixels = reference("image.pixels");
  const x = input("pixels", "float32", pixels.shape);
  const { embedding, layers } = perceptor.encodeImageLayers?.(x) ?? { embedding: perceptor.encodeImage(x), layers: [] };
  const distances = sphericalDistance(embedding, constant(reference("text.embeddings")));
  const dpixels = grad(mean(distances), [x])[0] as Tensor;
  const shown = Object.fromEntries(layers.map((layer, stage) => [`image.layers.${stage}`, layer]));
  const outputs = { "image.embeddings": embedding, ...shown, distances, "image.dpixels": dpixels };
  expect(layers).toHaveLength(4);
  const program = await compile(outputs, { threads: 1 });
  const result: Record<string, NDArray> = await program.run({ pixels });
  await program.dispose();
  for (const name of Object.keys(outputs)) {
    expect(relativeError(result[name] as NDArray, reference(name)), name).toBeLessThan(1e-5);
  }
});

test("texts agree, ids and embeddings; an unknown word is named", async () => {
  const perceptor = await loadClip(fixturePath(FOLDER));
  for (const { text, ids } of texts) {
    const tokenized = perceptor.tokenize(text);
    expect(tokenized.ids.slice(0, tokenized.length), text).toEqual(ids.slice(0, tokenized.length));
    expect(tokenized.end).toBe(ids.indexOf(Math.max(...ids)));
  }
  expect(perceptor.tokenize("a purple quokka").unknown).toEqual(["quokka"]);
  const said = await embedTexts(
    perceptor,
    texts.map(({ text }) => text),
    { threads: 1 },
  );
  expect(relativeError(said, reference("text.embeddings"))).toBeLessThan(1e-5);
});

test("a block that keeps its channels has a shortcut of its own only where the arrays hold one", async () => {
  const { files } = await loadClip(fixturePath(FOLDER));
  expect(files.map(({ name }) => name)).toEqual(["model.safetensors"]);
  const path = await copied();
  await change(path, "config.json", (config) => {
    config.vision_config.depths = [1, 1, 1, 1];
  });
  await expect(loadClip(path)).rejects.toThrow("not part of the model: vision_model.stages.1.1.conv1.bias");
  await change(path, "config.json", (config) => {
    config.vision_config.depths = [1, 2, 1, 2];
  });
  await expect(loadClip(path)).rejects.toThrow(/missing: vision_model\.stages\.3\.1\.conv1\.weight.*conv2\.bias$/);
});

test.each<[string, (vision: Record<string, unknown>, config: Record<string, unknown>) => void]>([
  ["vision_config.hidden_sizes.1", (vision) => Object.assign(vision, { hidden_sizes: [4, -6, 6, 8] })],
  ["vision_config.hidden_sizes", (vision) => delete vision.hidden_sizes],
  ["vision_config.depths has 3 stages, hidden_sizes 4", (vision) => Object.assign(vision, { depths: [1, 2, 1] })],
  ["vision_config.stem_kernel 1 does not fit stem_stride 2", (vision) => Object.assign(vision, { stem_kernel: 1 })],
  ["vision_config.stem_stride", (vision) => Object.assign(vision, { stem_stride: 1.5 })],
  ["vision_config.image_size 40 is not a multiple of 16", (vision) => Object.assign(vision, { image_size: 40 })],
  ["image_size is 64, preprocessor's crop_size 32x32", (vision) => Object.assign(vision, { image_size: 64 })],
  ['vision_config.hidden_act: only "silu"', (vision) => Object.assign(vision, { hidden_act: "relu" })],
  ["vision_config.num_channels: only encoders of RGB", (vision) => Object.assign(vision, { num_channels: 4 })],
  ["projection_dim", (_, config) => delete config.projection_dim],
  ["vision_config", (_, config) => delete config.vision_config],
  ["vision_model.stem.weight: expected [5,3,6,6]", (vision) => Object.assign(vision, { hidden_sizes: [5, 6, 6, 8] })],
])("a configuration that does not fit is refused in one line: %s", async (message, alter) => {
  const path = await copied();
  await change(path, "config.json", (config) => alter(config.vision_config, config));
  const refusal = await loadClip(path).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "BAD_MODEL", message: expect.stringContaining(message) });
  expect((refusal as Error).message).not.toContain("\n");
});

test("what pixels are normalised with is never guessed", async () => {
  const path = await copied();
  await change(path, "preprocessor_config.json", (preprocessor) => delete preprocessor.image_std);
  await expect(loadClip(path)).rejects.toThrow(/preprocessor of .*config\.json: image_std/);
  await rm(join(path, "preprocessor_config.json"));
  await expect(loadClip(path)).rejects.toThrow("preprocessor_config.json: no such file");
});

/** A copy of the fixture for the length of the test. */
async function copied(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "clip-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await cp(fixturePath(FOLDER), path, { recursive: true });
  return path;
}

/** Rewrites a file of JSON. */
// biome-ignore lint/suspicious/noExplicitAny: the tests break it on purpose
async function change(path: string, file: string, alter: (content: any) => void): Promise<void> {
  const content = JSON.parse(await readFile(join(path, file), "utf8"));
  alter(content);
  await writeFile(join(path, file), JSON.stringify(content));
}
