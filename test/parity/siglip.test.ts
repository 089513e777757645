/** SigLIP against `transformers`: embeddings of texts and pictures, the derivative, token ids and their padding. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { loadClip } from "../../src/models/load.js";
import { embedTexts } from "../../src/prompts/prompt-embedding.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, largestError, relativeError } from "../support/fixtures.js";
import { seenPictures } from "../support/seen-pictures.js";

const reference = await fixture("siglip/expected.safetensors");
const { texts }: { texts: { text: string; ids: number[]; padded: number[] }[] } = JSON.parse(
  await readFile(fixturePath("siglip/expected-ids.json"), "utf8"),
);

test("embeddings of texts and pictures and the pictures' derivative agree", async () => {
  const perceptor = await loadClip(fixturePath("siglip"));
  const result = await seenPictures(perceptor, reference("image.pixels"), reference("image.ct"));
  expect(largestError(result.image, reference("image.embeddings"))).toBeLessThan(2e-5);
  expect(relativeError(result.dpixels, reference("image.dpixels"))).toBeLessThan(1e-4);
  const said = await embedTexts(
    perceptor,
    texts.map(({ text }) => text),
    { threads: 1 },
  );
  expect(largestError(said, reference("text.embeddings"))).toBeLessThan(2e-5);
});

test("token ids and their padding agree; a long text is cut and the cut is shown", async () => {
  const { tokenize } = await loadClip(fixturePath("siglip"));
  for (const { text, ids, padded } of texts) {
    const result = tokenize(text);
    expect(result.ids, JSON.stringify(text)).toEqual(padded);
    expect(result.truncated !== undefined).toBe(ids.length > padded.length);
    if (result.truncated) expect(result.truncated.kept + result.truncated.cut).toBe(text);
  }
});

test("the padding is what tokenizer_config.json says", async () => {
  const path = await mkdtemp(join(tmpdir(), "siglip-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await cp(fixturePath("siglip"), path, { recursive: true });
  await writeFile(join(path, "tokenizer_config.json"), JSON.stringify({ pad_token: "<pad>" }));
  const { tokenize } = await loadClip(path);
  expect(tokenize("a castle").ids.slice(0, 5)).toEqual([4, 8, 1, 0, 0]);
  const config = JSON.parse(await readFile(join(path, "config.json"), "utf8"));
  await writeFile(
    join(path, "config.json"),
    JSON.stringify({ ...config, vision_config: { ...config.vision_config, vision_use_head: false } }),
  );
  await expect(loadClip(path)).rejects.toThrow("only models with their pooling head can be used");
});

test("what is left of a picture behind its last whole patch is not looked at, as with so400m-patch14-384", async () => {
  const path = await mkdtemp(join(tmpdir(), "siglip-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await cp(fixturePath("siglip"), path, { recursive: true });
  const config = JSON.parse(await readFile(join(path, "config.json"), "utf8"));
  const side = 37; // four patches of 8, and 5 pixels
  await writeFile(
    join(path, "config.json"),
    JSON.stringify({ ...config, vision_config: { ...config.vision_config, image_size: side } }),
  );
  const wide = await loadClip(path);
  expect(wide.inputSize).toBe(side);
  const cut = reference("image.pixels");
  const [n] = cut.shape as [number];
  const filled = new Float32Array(n * 3 * side * side).fill(0.7);
  for (let row = 0; row < n * 3 * 32; row++) {
    const at = Math.floor(row / 32) * side * side + (row % 32) * side;
    filled.set(cut.floats().subarray(row * 32, (row + 1) * 32), at);
  }
  const pixels = NDArray.float32([n, 3, side, side], filled);
  const x = input("pixels", "float32", pixels.shape);
  const image = wide.encodeImage(x);
  const ct = reference("image.ct");
  const dpixels = grad(image, [x], input("ct", "float32", ct.shape))[0] as Tensor;
  const program = await compile({ image, dpixels }, { threads: 1 });
  const result = await program.run({ pixels, ct });
  await program.dispose();
  expect(largestError(result.image, reference("image.embeddings"))).toBeLessThan(2e-5);
  const derivative = result.dpixels.floats();
  derivative.forEach((value, i) => {
    if (i % side >= 32 || Math.floor(i / side) % side >= 32) expect(value).toBe(0);
  });
});
