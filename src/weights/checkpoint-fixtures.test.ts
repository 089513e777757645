/** The reader against files that PyTorch wrote, and against files made to do harm. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { VqganClipError } from "../core/errors.js";
import { MemorySource } from "./byte-source.js";
import { openSafetensors, openTorchCheckpoint, openWeights } from "./open-file.js";
import type { StateDict } from "./state-dict.js";
import { readTorchCheckpoint } from "./torch-checkpoint.js";
import { resolveTorchGlobal } from "./torch-globals.js";

async function expectEqual(actual: StateDict, expected: StateDict): Promise<void> {
  expect(actual.names.sort()).toEqual(expected.names.sort());
  for (const name of expected.names) {
    const [got, wanted] = [await actual.read(name), await expected.read(name)];
    expect(got.shape, name).toEqual(wanted.shape);
    expect([...got.as("float64").data], name).toEqual([...wanted.as("float64").data]);
  }
}

test.each([
  ["variety", "variety"],
  ["variety-old-zip", "variety"],
  ["variety-legacy", "variety"],
  ["nested", "nested"],
  ["nested-old-zip", "nested"],
])("%s.ckpt holds what %s.safetensors holds, from a file and from memory", async (checkpoint, expectation) => {
  const expected = await openSafetensors(fixturePath(`checkpoints/${expectation}.safetensors`));
  const path = fixturePath(`checkpoints/${checkpoint}.ckpt`);
  await expectEqual(await openTorchCheckpoint(path), expected);
  await expectEqual(await readTorchCheckpoint(new MemorySource(await readFile(path))), expected);
});

test("a Lightning checkpoint keeps its float16 arrays in the file, at the offsets it names", async () => {
  const path = fixturePath("vqgan/model.ckpt");
  const dict = await openWeights(path);
  const expected = await openWeights(fixturePath("vqgan/model.safetensors"));
  expect(dict.names.filter((name) => !name.startsWith("loss.")).sort()).toEqual(expected.names.sort());
  const file = await readFile(path);
  for (const name of expected.names) {
    const { dtype, source } = dict.get(name);
    expect(dtype).toBe("float16");
    if (source.kind !== "file") throw new Error(`${name} was copied`);
    const array = await dict.read(name);
    expect(Buffer.compare(file.subarray(source.offset, source.offset + source.length), array.bytes)).toBe(0);
    expect([...array.floats()], name).toEqual([...(await expected.read(name)).floats()]);
  }
});

test.each(["vqgan/model-legacy.ckpt", "gumbel/model.ckpt"])("%s opens with file-backed arrays", async (name) => {
  const dict = await openWeights(fixturePath(name));
  expect(dict.entries.size).toBeGreaterThan(5);
  for (const { source } of dict.entries.values()) expect(source.kind).toBe("file");
});

test("classes of other libraries stay inert names", async () => {
  const dict = await openTorchCheckpoint(fixturePath("checkpoints/omegaconf.ckpt"));
  expect([...(await dict.read("w")).floats()]).toEqual([0, 1, 2]);
});

test("what torch.load(weights_only=True) takes beside the weights is data; what is no plain tensor is told who asks", async () => {
  const dict = await openTorchCheckpoint(fixturePath("checkpoints/beside.ckpt"));
  expect([...(await dict.read("w")).floats()]).toEqual([0, 1, 2]);
  expect(dict.names).toEqual(["w"]);
  expect(Object.fromEntries(dict.unreadable)).toEqual({
    sparse: "a sparse tensor",
    sparse_csr: "a sparse tensor",
    quantised: "a quantised tensor",
    quantised_rows: "a quantised tensor",
    float8: "a tensor of torch.float8_e4m3fn",
    uint16: "a tensor of torch.uint16",
    complex: "a tensor of torch.ComplexFloatStorage",
    meta: "a meta (empty) tensor",
    nested: "a nested tensor",
  });
  await expect(dict.read("sparse")).rejects.toThrow("sparse is a sparse tensor, which is not read");
});

test("no name on the list of weights_only is called code", async () => {
  const { names } = JSON.parse(await readFile(fixturePath("checkpoints/weights-only.json"), "utf8"));
  expect(names.length).toBeGreaterThan(100);
  for (const name of names as string[]) {
    const at = name.lastIndexOf(".");
    expect(() => resolveTorchGlobal(name.slice(0, at), name.slice(at + 1)), name).not.toThrow();
  }
});

const hostile = JSON.parse(await readFile(fixturePath("checkpoints/hostile.json"), "utf8")) as {
  files: Record<string, { tries: string; mention: string | null }>;
};

test.each(Object.entries(hostile.files))("%s is refused: %o", async (name, { mention }) => {
  const open = () => openTorchCheckpoint(fixturePath(`checkpoints/${name}`));
  if (name === "hostile-prototype.ckpt") {
    await open().catch(() => undefined);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect("polluted" in {}).toBe(false);
  } else {
    const error = await open().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(VqganClipError);
    if (mention) expect((error as VqganClipError).message).toContain(mention);
  }
  expect(existsSync("HACKED")).toBe(false);
});

test("every hostile file is described", async () => {
  const files = await readdir(fixturePath("checkpoints"));
  expect(files.filter((name) => /^hostile-.*\.ckpt$/.test(name)).sort()).toEqual(Object.keys(hostile.files).sort());
});
