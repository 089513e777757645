/** Weights under the names that people have them, for every kind of model: the same model, read in the same place. */
import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { NDArray } from "../core/ndarray.js";
import { type WeightStems, weightStems } from "../core/weight-names.js";
import { input } from "../graph/tensor.js";
import { compile } from "../runtime/program.js";
import { openWeights } from "../weights/open-file.js";
import { writeSafetensors } from "../weights/safetensors.js";
import { loadClip, loadGenerator } from "./load.js";
import { readCheckpoint } from "./model-weights.js";
import { onDisk } from "./on-disk.js";

const kinds = {
  CLIP: { folder: "clip-quick-gelu", stems: weightStems.transformers, load: loadClip },
  SigLIP: { folder: "siglip", stems: weightStems.transformers, load: loadClip },
  OpenCLIP: { folder: "open-clip", stems: weightStems.openClip, load: loadClip },
  diffusers: { folder: "diffusers-vq", stems: weightStems.diffusers, load: loadGenerator },
  VQGAN: { folder: "vqgan", stems: weightStems.transformers, load: loadGenerator },
} as const;

/** A copy of a fixture's folder without other checkpoints than the safetensors one. */
async function copied(folder: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "weights-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await cp(fixturePath(folder), path, { recursive: true });
  for (const name of await readdir(path)) if (name.endsWith(".ckpt")) await rm(join(path, name));
  if (folder === "open-clip") await cp(fixturePath("clip-gelu/tokenizer.json"), join(path, "tokenizer.json"));
  return path;
}

async function arraysIn(path: string): Promise<Record<string, NDArray>> {
  const dict = await openWeights(path);
  const arrays: Record<string, NDArray> = {};
  for (const name of dict.names) arrays[name] = await dict.read(name);
  return arrays;
}

/** The weights in three parts and their index, as `save_pretrained` leaves them. */
async function split(folder: string, { safetensors: stem }: WeightStems): Promise<string[]> {
  const whole = join(folder, `${stem}.safetensors`);
  const arrays = Object.entries(await arraysIn(whole));
  const names = [1, 2, 3].map((i) => `${stem}-0000${i}-of-00003.safetensors`);
  const weight_map: Record<string, string> = {};
  for (const [i, name] of names.entries()) {
    const part = arrays.filter((_, k) => k % 3 === i);
    for (const [key] of part) weight_map[key] = name;
    await writeFile(join(folder, name), writeSafetensors(Object.fromEntries(part)));
  }
  await rm(whole);
  const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map });
  await writeFile(join(folder, `${stem}.safetensors.index.json`), index);
  return names;
}

test.each(Object.entries(kinds))("%s in parts", async (_, { folder, stems, load }) => {
  const path = await copied(folder);
  const arrays = await arraysIn(join(path, `${stems.safetensors}.safetensors`));
  const parts = await split(path, stems);
  const [file] = (await load(path)).files;
  const index = `${stems.safetensors}.safetensors.index.json`;
  expect(file?.name).toBe(index);
  const { weights } = await readCheckpoint((await onDisk(path)).files, index, "a test");
  expect(weights.names.sort()).toEqual(Object.keys(arrays).sort());
  for (const [name, { dtype, shape, bytes }] of Object.entries(arrays)) {
    const read = await weights.read(name);
    expect([read.dtype, read.shape, Buffer.compare(read.bytes, bytes)], name).toEqual([dtype, shape, 0]);
  }
  let lines = "";
  for (const part of parts) {
    const digest = createHash("sha256").update(await readFile(join(path, part)));
    lines += `${digest.digest("hex")}  ${part}\n`;
  }
  expect(await file?.sha256()).toBe(createHash("sha256").update(lines).digest("hex"));
});

test.each(Object.entries(kinds))("%s under the names of variants", async (_, { folder, stems, load }) => {
  const path = await copied(folder);
  let name = `${stems.safetensors}.safetensors`;
  for (const next of [`${stems.safetensors}.fp16.safetensors`, `${stems.bin}.fp16.bin`, `${stems.bin}.bin`]) {
    await rename(join(path, name), join(path, next));
    name = next;
    expect((await load(path)).files.map((file) => file.name)).toEqual([next]);
  }
});

test("a file of a Hugging Face folder is that folder's model", async () => {
  expect(await loadClip(fixturePath("clip-f16/model.safetensors")).catch((error) => error.message)).toContain(
    "tokenizer.json",
  );
  expect((await loadClip(fixturePath("clip-quick-gelu/model.safetensors"))).name).toBe("clip-quick-gelu");
});

test("parts without their index, an index without a part, and one that leads elsewhere are named", async () => {
  const path = await copied("clip-quick-gelu");
  const parts = await split(path, weightStems.transformers);
  const index = join(path, "model.safetensors.index.json");
  const text = await readFile(index, "utf8");
  await writeFile(index, text.replace(/"model-00001[^"]*"/, '"../model.safetensors"'));
  await expect(loadClip(path)).rejects.toThrow(/names of files beside it, found "\.\.\/model.safetensors"/);
  await writeFile(index, "{}");
  await expect(loadClip(path)).rejects.toThrow(/weight_map must name 1 to 1000 parts, it names 0/);
  await writeFile(index, text);
  await rename(join(path, parts[1]!), join(path, "elsewhere"));
  await expect(loadClip(path)).rejects.toThrow(`${parts[1]}: no such file`);
  await rm(index);
  await expect(loadClip(path)).rejects.toMatchObject({ code: "BAD_MODEL", hint: expect.stringMatching(/their index/) });
});

test("float64 weights give what float32 ones give; buffers that are no weights do not matter", async () => {
  const path = await copied("clip-quick-gelu");
  const embedded = async () => {
    const clip = await loadClip(path);
    const { ids, end } = clip.tokenize("a red apple");
    const program = await compile(
      { text: clip.encodeText(input("ids", "int64", [1, ids.length]), input("end", "int64", [1])) },
      { threads: 1 },
    );
    const result = await program.run({ ids: NDArray.int64([1, ids.length], ids), end: NDArray.int64([1], [end]) });
    await program.dispose();
    return result.text;
  };
  const before = await embedded();
  const file = join(path, "model.safetensors");
  const arrays = Object.entries(await arraysIn(file)).map(([name, array]): [string, NDArray] => {
    return [name, array.dtype.startsWith("float") ? array.as("float64") : array];
  });
  const others = {
    mask: NDArray.zeros("bool", [2]),
    batches: NDArray.int64([], [7]),
    nothing: NDArray.float32([0, 4], []),
  };
  await writeFile(file, writeSafetensors({ ...Object.fromEntries(arrays), ...others }));
  expect((await openWeights(file)).get("text_projection.weight").dtype).toBe("float64");
  expect(await embedded()).toEqual(before);
});

test.each([
  ["<!DOCTYPE html><html><title>Sign in</title>", /config.yaml is a web page, not the file/],
  ["\ufeff\n<html>", /config.yaml is a web page/],
  ["", /config.yaml is empty/],
  ["# nothing but a comment\n", /expected keys and values \(model: \.\.\.\), found nothing/],
  ["Not found\n", /found a line of text/],
  ["model:\n\tparams: 1\n", /^[^\n]*not a yaml file: Tabs are not allowed[^\n]*$/],
])("a yaml that is %j is refused in words", async (text, message) => {
  const path = await copied("vqgan");
  await writeFile(join(path, "config.yaml"), text);
  await expect(loadGenerator(path)).rejects.toThrow(message);
});

test.each(["no", "No", "off", "OFF", "False", "n"])("YAML 1.1, as PyYAML reads it: %s is false", async (no) => {
  const path = await copied("vqgan");
  const yaml = await readFile(join(path, "config.yaml"), "utf8");
  expect(yaml).toMatch(/double_z: false/);
  await writeFile(join(path, "config.yaml"), yaml.replace("double_z: false", `double_z: ${no}`));
  expect((await loadGenerator(path)).name).toContain("weights-");
});
