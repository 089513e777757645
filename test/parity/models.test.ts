/** CLIP and VQGAN against transformers and taming-transformers, on tiny models in the published formats. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { input } from "../../src/graph/tensor.js";
import { embedPictures } from "../../src/guidance/prompt-embedding.js";
import { loadClip } from "../../src/models/clip/load.js";
import { loadVqgan } from "../../src/models/vqgan/load.js";
import { compile } from "../../src/runtime/program.js";
import { parseSafetensors, writeSafetensors } from "../../src/weights/safetensors.js";
import { fixture, fixturePath, largestError } from "../support/fixtures.js";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "models-"));
});
afterAll(() => rm(scratch, { recursive: true }));

/** A copy of a model folder whose arrays went through `change`. */
async function altered(name: string, change: (arrays: Record<string, NDArray>) => void): Promise<string> {
  const folder = await mkdtemp(join(scratch, "m-"));
  await cp(fixturePath(name), folder, { recursive: true });
  const dict = parseSafetensors(await readFile(join(folder, "model.safetensors")));
  const arrays: Record<string, NDArray> = {};
  for (const key of dict.names) arrays[key] = await dict.read(key);
  change(arrays);
  await writeFile(join(folder, "model.safetensors"), writeSafetensors(arrays));
  return folder;
}

describe("CLIP", () => {
  test.each([
    ["clip-quick-gelu", "clip-quick-gelu"],
    ["clip-gelu", "clip-gelu"],
    ["clip-f16", "clip-quick-gelu"],
  ])("%s: text and image embeddings", async (name, expectation) => {
    const reference = await fixture(`${expectation}/expected.safetensors`);
    const folder = name === "clip-f16" ? join(scratch, "f16") : fixturePath(name);
    if (name === "clip-f16") {
      await cp(fixturePath(expectation), folder, { recursive: true }); // its tokenizer and preprocessor
      await cp(fixturePath(name), folder, { recursive: true });
    }
    const clip = await loadClip(folder);
    const ids = reference("text.ids");
    const [count, length] = ids.shape as [number, number];
    const names = JSON.parse(await readFile(fixturePath(`${expectation}/expected-ids.json`), "utf8"));
    const which = Array.from(reference("text.which").data, Number);
    const ends = which.map((i) => clip.tokenize(names.texts[i].text).end);
    const program = await compile(
      { e: clip.encodeText(input("ids", "int64", [count, length]), input("end", "int64", [count])) },
      { threads: 1 },
    );
    const { e } = await program.run({ ids, end: NDArray.int64([count], ends) });
    await program.dispose();
    expect(largestError(e, reference("text.embeddings"))).toBeLessThan(1e-4);
    const pictures = await embedPictures(clip, reference("image.pixels"), { threads: 1 });
    expect(largestError(pictures, reference("image.embeddings"))).toBeLessThan(1e-4);
  });

  test.each(["clip-quick-gelu", "clip-gelu"])("%s: token ids of awkward texts", async (name) => {
    const clip = await loadClip(fixturePath(name));
    const { texts } = JSON.parse(await readFile(fixturePath(`${name}/expected-ids.json`), "utf8"));
    for (const { text, ids, length, truncated } of texts as {
      text: string;
      ids: number[];
      length: number;
      truncated?: number[];
    }[]) {
      const tokens = clip.tokenize(text);
      const wanted = length > clip.contextLength ? (truncated as number[]) : ids;
      expect(tokens.ids.slice(0, tokens.length), text).toEqual(wanted);
      expect(tokens.truncated !== undefined, text).toBe(length > clip.contextLength);
      if (tokens.truncated) expect(tokens.truncated.kept + tokens.truncated.cut).toBe(text);
    }
  });

  test("weights that do not fit are named: key, wanted, found", async () => {
    const key = "visual_projection.weight";
    const reshaped = await altered("clip-gelu", (arrays) => {
      const { data } = arrays[key] as NDArray;
      arrays[key] = new NDArray("float32", [32, 16], data);
    });
    await expect(loadClip(reshaped)).rejects.toThrow(`${key}: expected [16,32], found [32,16]`);
    const missing = await altered("clip-gelu", (arrays) => void delete arrays[key]);
    await expect(loadClip(missing)).rejects.toThrow(`missing: ${key}`);
    const surplus = await altered("clip-gelu", (arrays) => void (arrays["vision_model.extra"] = NDArray.scalar(1)));
    await expect(loadClip(surplus)).rejects.toThrow("not part of the model: vision_model.extra");
  });

  test("a folder that is none, or another model's, is said to be so", async () => {
    await expect(loadClip(join(scratch, "nowhere"))).rejects.toThrow("is no folder");
    await expect(loadClip(fixturePath("vqgan"))).rejects.toThrow("config.json: no such file");
  });
});

describe("VQGAN", () => {
  test("encode, quantise and decode", async () => {
    const reference = await fixture("vqgan/expected.safetensors");
    const vqgan = await loadVqgan(fixturePath("vqgan"));
    const z = vqgan.encode(input("x", "float32", [1, 3, 32, 32]));
    const { zq, indices } = vqgan.quantize(z);
    const program = await compile({ z, zq, indices, decoded: vqgan.decode(zq) }, { threads: 1 });
    const result = await program.run({ x: reference("x") });
    await program.dispose();
    expect(largestError(result.z, reference("z"))).toBeLessThan(1e-3);
    expect(Array.from(result.indices.data)).toEqual(Array.from(reference("indices").data));
    expect(largestError(result.zq, reference("zq"))).toBeLessThan(1e-3);
    expect(largestError(result.decoded, reference("x_rec"))).toBeLessThan(1e-3);
  });

  test.each(["model.safetensors", "model.ckpt"])("decodes given codes of another shape, from %s", async (file) => {
    const reference = await fixture("vqgan/expected.safetensors");
    const vqgan = await loadVqgan(fixturePath(`vqgan/${file}`));
    const program = await compile({ x: vqgan.decode(input("zq", "float32", [1, 16, 6, 10])) }, { threads: 1 });
    const { x } = await program.run({ zq: reference("codes.zq") });
    await program.dispose();
    expect(largestError(x, reference("codes.x"))).toBeLessThan(1e-3);
  });

  test("a Gumbel model without its encoder quantises and decodes", async () => {
    const reference = await fixture("gumbel/expected.safetensors");
    const vqgan = await loadVqgan(fixturePath("gumbel"));
    expect(vqgan.encodes).toBe(false);
    const { zq, indices } = vqgan.quantize(input("z", "float32", [1, 16, 6, 10]));
    const program = await compile({ zq, indices, x: vqgan.decode(zq) }, { threads: 1 });
    const result = await program.run({ z: reference("z") });
    await program.dispose();
    expect(Array.from(result.indices.data)).toEqual(Array.from(reference("z.indices").data));
    expect(largestError(result.x, reference("z.x"))).toBeLessThan(1e-3);
    expect(() => vqgan.encode(input("x", "float32", [1, 3, 32, 32]))).toThrow("holds no encoder");
  });

  test("weights that do not fit are named: key, wanted, found", async () => {
    const key = "decoder.conv_in.weight";
    const reshaped = await altered("vqgan", (arrays) => {
      const { data } = arrays[key] as NDArray;
      arrays[key] = new NDArray("float32", [24, 32, 3, 3], data);
    });
    await expect(loadVqgan(join(reshaped, "model.safetensors"))).rejects.toThrow(
      `${key}: expected [32,24,3,3], found [24,32,3,3]`,
    );
    const missing = await altered("vqgan", (arrays) => void delete arrays[key]);
    await expect(loadVqgan(join(missing, "model.safetensors"))).rejects.toThrow(`missing: ${key}`);
  });

  test("a checkpoint that holds only part of the model lists what is missing", async () => {
    const folder = await mkdtemp(join(scratch, "legacy-"));
    await cp(fixturePath("vqgan/model-legacy.ckpt"), join(folder, "model.ckpt"));
    await cp(fixturePath("vqgan/config.yaml"), join(folder, "config.yaml"));
    await expect(loadVqgan(folder)).rejects.toThrow(/missing: decoder\.mid\.block_1\.norm1\.weight, .* and \d+ more/);
  });
});
