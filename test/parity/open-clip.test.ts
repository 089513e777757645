/** OpenAI's and OpenCLIP's own layouts against their libraries: embeddings of texts and pictures, and the derivative. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { loadClip } from "../../src/models/load.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, largestError, relativeError } from "../support/fixtures.js";

/** A fixture's folder with the tokenizer that all of them share. */
async function withTokenizer(folder: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "clip-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await cp(fixturePath(folder), path, { recursive: true });
  await cp(fixturePath("clip-gelu/tokenizer.json"), join(path, "tokenizer.json"));
  return path;
}

test.each([
  ["clip-resnet", "model.pt", "model"],
  ["open-clip", "", undefined],
  ["open-clip", "open_clip_model.safetensors", undefined],
])("%s/%s: embeddings of texts and pictures and the pictures' derivative agree", async (folder, file, name) => {
  const reference = await fixture(`${folder}/expected.safetensors`);
  const perceptor = await loadClip(join(await withTokenizer(folder), file));
  if (name) expect(perceptor.name).toBe(name);
  const [ids, pixels, ct] = [reference("text.ids"), reference("image.pixels"), reference("image.ct")];
  const [rows, length] = ids.shape as [number, number];
  const at = Array.from(ids.data, Number);
  const end = NDArray.int64(
    [rows],
    Array.from({ length: rows }, (_, i) => at.slice(i * length, (i + 1) * length).indexOf(1013)),
  );
  const x = input("pixels", "float32", pixels.shape);
  const image = perceptor.encodeImage(x);
  const program = await compile(
    {
      text: perceptor.encodeText(input("ids", "int64", ids.shape), input("end", "int64", end.shape)),
      image,
      dpixels: grad(image, [x], input("ct", "float32", ct.shape))[0] as Tensor,
    },
    { threads: 1 },
  );
  const result = await program.run({ ids, end, pixels, ct });
  await program.dispose();
  expect(largestError(result.text, reference("text.embeddings"))).toBeLessThan(2e-5);
  expect(largestError(result.image, reference("image.embeddings"))).toBeLessThan(2e-5);
  expect(relativeError(result.dpixels, reference("image.dpixels"))).toBeLessThan(1e-4);
});

test("what a model is made of is refused by name, not guessed", async () => {
  const path = await withTokenizer("open-clip");
  const changed = async (change: object) => {
    const file = join(path, "open_clip_config.json");
    const { model_cfg, ...rest } = JSON.parse(await readFile(fixturePath("open-clip/open_clip_config.json"), "utf8"));
    await writeFile(file, JSON.stringify({ model_cfg: { ...model_cfg, ...change }, ...rest }));
  };
  await changed({ vision_cfg: { timm_model_name: "convnext", image_size: 32, no_ln_pre: false } });
  await expect(loadClip(path)).rejects.toThrow('model_cfg.vision_cfg: there is no "timm_model_name"');
  await changed({ text_cfg: { width: 24, heads: 5 } });
  await expect(loadClip(path)).rejects.toThrow("the text's width 24 of its 5 heads");
  await rm(join(path, "open_clip_config.json"));
  await expect(loadClip(join(path, "open_clip_model.safetensors"))).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: expect.stringContaining("open_clip_config.json: no such file"),
  });
});

test("an archive needs nothing beside it: its texts are read with CLIP's own vocabulary", async () => {
  const alone = await loadClip(fixturePath("clip-resnet/model.pt"));
  const beside = await loadClip(join(await withTokenizer("clip-resnet"), "model.pt"));
  for (const text of ["a painting of a castle", "it's 3d \u5bcc\u58eb caf\u00e9", "x".repeat(300)]) {
    expect(alone.tokenize(text)).toEqual(beside.tokenize(text));
  }
});

test("a model that names another tokenizer needs that one's file", async () => {
  const path = await withTokenizer("open-clip");
  await rm(join(path, "tokenizer.json"));
  expect((await loadClip(path)).contextLength).toBe(32);
  const file = join(path, "open_clip_config.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  config.model_cfg.text_cfg.hf_tokenizer_name = "xlm-roberta-base";
  await writeFile(file, JSON.stringify(config));
  await expect(loadClip(path)).rejects.toMatchObject({ hint: expect.stringContaining("xlm-roberta-base") });
});

test("a folder with both forms is the one whose config.json says so", async () => {
  const path = await withTokenizer("open-clip");
  await writeFile(join(path, "config.json"), JSON.stringify({ architecture: "vit_tiny" })); // another library's
  expect((await loadClip(path)).embeddingSize).toBe(16);
  await writeFile(join(path, "config.json"), JSON.stringify({ model_type: "clip" }));
  await expect(loadClip(path)).rejects.toThrow("model.safetensors: no such file");
});
