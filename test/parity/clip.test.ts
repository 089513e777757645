/** CLIP against `transformers`: embeddings of texts and pictures, token ids, and folders that do not fit together. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { input } from "../../src/graph/tensor.js";
import { loadClip } from "../../src/models/load.js";
import type { Perceptor } from "../../src/models/perceptor.js";
import { compile } from "../../src/runtime/program.js";
import { openSafetensors } from "../../src/weights/open-file.js";
import { writeSafetensors } from "../../src/weights/safetensors.js";
import { fixture, fixturePath, largestError } from "../support/fixtures.js";

interface ExpectedIds {
  readonly context_length: number;
  readonly end: number;
  readonly texts: readonly { text: string; ids: number[]; length: number; truncated?: number[] }[];
}

const expectedIds = async (folder: string): Promise<ExpectedIds> =>
  JSON.parse(await readFile(fixturePath(`${folder}/expected-ids.json`), "utf8"));

const positions = (values: readonly number[]) => NDArray.int64([values.length], values);

async function embed(perceptor: Perceptor, ids: NDArray, end: NDArray, pixels: NDArray) {
  const text = perceptor.encodeText(input("ids", "int64", ids.shape), input("end", "int64", end.shape));
  const image = perceptor.encodeImage(input("pixels", "float32", pixels.shape));
  const program = await compile({ text, image }, { threads: 1 });
  const result = await program.run({ ids, end, pixels });
  await program.dispose();
  return result;
}

/** A copy of a fixture folder, changed by `change`, for as long as `use` runs. */
async function withCopy(folder: string, change: (path: string) => Promise<void>, use: (path: string) => Promise<void>) {
  const path = await mkdtemp(join(tmpdir(), "clip-"));
  try {
    await cp(fixturePath(folder), path, { recursive: true });
    await change(path);
    await use(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

async function changeWeights(path: string, change: (arrays: Record<string, NDArray>) => void): Promise<void> {
  const file = join(path, "model.safetensors");
  const dict = await openSafetensors(file);
  const arrays: Record<string, NDArray> = {};
  for (const name of dict.names) arrays[name] = await dict.read(name);
  change(arrays);
  await writeFile(file, writeSafetensors(arrays));
}

test.each(["clip-quick-gelu", "clip-gelu"])("%s: embeddings of texts and pictures agree", async (folder) => {
  const reference = await fixture(`${folder}/expected.safetensors`);
  const { texts } = await expectedIds(folder);
  const perceptor = await loadClip(fixturePath(folder));
  const which = Array.from(reference("text.which").data, Number);
  const tokenized = which.map((i) => perceptor.tokenize(texts[i]?.text as string));
  const ids = reference("text.ids");
  expect(tokenized.flatMap(({ ids }) => [...ids])).toEqual(Array.from(ids.data, Number));
  const end = positions(tokenized.map(({ end }) => end));
  const result = await embed(perceptor, ids, end, reference("image.pixels"));
  expect(largestError(result.text, reference("text.embeddings"))).toBeLessThan(1e-5);
  expect(largestError(result.image, reference("image.embeddings"))).toBeLessThan(1e-5);
});

test("float16 weights give the embeddings of the float32 weights they equal", async () => {
  const reference = await fixture("clip-quick-gelu/expected.safetensors");
  await withCopy(
    "clip-quick-gelu",
    (path) => cp(join(fixturePath("clip-f16"), "model.safetensors"), join(path, "model.safetensors")),
    async (path) => {
      const perceptor = await loadClip(path);
      const ids = reference("text.ids");
      const rows = ids.shape[0] as number;
      const numbers = Array.from(ids.data, Number);
      const length = ids.shape[1] as number;
      const end = positions(
        Array.from({ length: rows }, (_, i) => numbers.slice(i * length, (i + 1) * length).indexOf(1013)),
      );
      const result = await embed(perceptor, ids, end, reference("image.pixels"));
      expect(largestError(result.text, reference("text.embeddings"))).toBeLessThan(1e-5);
      expect(largestError(result.image, reference("image.embeddings"))).toBeLessThan(1e-5);
    },
  );
});

test.each(["clip-quick-gelu", "clip-gelu"])("%s: token ids of awkward texts agree", async (folder) => {
  const { tokenize } = await loadClip(fixturePath(folder));
  const { texts, context_length, end } = await expectedIds(folder);
  for (const { text, ids, length, truncated } of texts) {
    const result = tokenize(text);
    const wanted = truncated ?? ids;
    expect(result.ids.slice(0, result.length), JSON.stringify(text)).toEqual(wanted);
    expect(result.ids).toHaveLength(context_length);
    expect(result.end).toBe(wanted.indexOf(end));
    expect(result.unknown).toEqual([]);
    expect(result.truncated !== undefined, JSON.stringify(text)).toBe(length > context_length);
    if (result.truncated) expect(result.truncated.kept + result.truncated.cut).toBe(text);
  }
});

test("a text that is too long is cut after a word, and the cut is shown", async () => {
  const { tokenize } = await loadClip(fixturePath("clip-gelu"));
  const text = `${"a ".repeat(29)}painting of a castle`;
  const { truncated, ids, end } = tokenize(text);
  expect(truncated).toEqual({ kept: "a ".repeat(29).trimEnd(), cut: " painting of a castle" });
  expect(end).toBe(31);
  expect(ids.at(-1)).toBe(1013);
  const letters = tokenize("\u{1f600}".repeat(40)).truncated;
  expect(letters?.kept.length).toBeGreaterThan(0);
  expect(`${letters?.kept}${letters?.cut}`).toBe("\u{1f600}".repeat(40));
});

test("words outside a word vocabulary are named; its padding follows the end token", async () => {
  const { tokenize } = await loadClip(fixturePath("../../models/compact/clip"));
  const { unknown, ids, end, length } = tokenize("a red zxqvk circle and qqqjx zxqvk");
  expect(unknown).toEqual(["zxqvk", "qqqjx"]);
  expect(end).toBe(length - 1);
  expect(ids).toHaveLength(16);
});

test("weights that do not fit are named: missing, surplus, of another shape", async () => {
  const key = "text_model.encoder.layers.1.mlp.fc1.weight";
  const refused = async (change: (arrays: Record<string, NDArray>) => void, message: string) => {
    await withCopy(
      "clip-gelu",
      (path) => changeWeights(path, change),
      async (path) => {
        await expect(loadClip(path)).rejects.toMatchObject({
          code: "BAD_MODEL",
          message: expect.stringContaining(message),
        });
      },
    );
  };
  await refused((arrays) => delete arrays["visual_projection.weight"], "missing: visual_projection.weight");
  await refused((arrays) => {
    arrays[key] = arrays["visual_projection.weight"] as NDArray;
  }, `not part of the model: ${key}`);
  await refused((arrays) => {
    const weight = arrays["visual_projection.weight"] as NDArray;
    arrays["visual_projection.weight"] = weight.reshape([...weight.shape].reverse());
  }, "visual_projection.weight: expected [16,32], found [32,16]");
});

test("folders that are no CLIP model are named", async () => {
  await expect(loadClip(fixturePath("nowhere"))).rejects.toMatchObject({ code: "BAD_MODEL" });
  await expect(loadClip(fixturePath("vqgan"))).rejects.toThrow(/config\.json: no such file/);
  const config = (change: Record<string, unknown>) => async (path: string) => {
    const file = join(path, "config.json");
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...change }));
  };
  await withCopy("clip-gelu", config({ model_type: "blip" }), async (path) => {
    await expect(loadClip(path)).rejects.toThrow(
      'config.json: model_type: only model_type "clip", "siglip", "siglip2", "chinese_clip", "convolutional_clip" can be used',
    );
  });
  await withCopy("clip-gelu", config({ vision_config: { image_size: 64 } }), async (path) => {
    await expect(loadClip(path)).rejects.toThrow("vision_config.image_size is 64, preprocessor's crop_size 32x32");
  });
});
