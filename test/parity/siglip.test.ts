/** SigLIP against `transformers`: embeddings of texts and pictures, the derivative, token ids and their padding. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { embedTexts } from "../../src/guidance/prompt-embedding.js";
import { loadClip } from "../../src/models/load.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, largestError, relativeError } from "../support/fixtures.js";

const reference = await fixture("siglip/expected.safetensors");
const { texts }: { texts: { text: string; ids: number[]; padded: number[] }[] } = JSON.parse(
  await readFile(fixturePath("siglip/expected-ids.json"), "utf8"),
);

test("embeddings of texts and pictures and the pictures' derivative agree", async () => {
  const perceptor = await loadClip(fixturePath("siglip"));
  const [pixels, ct] = [reference("image.pixels"), reference("image.ct")];
  const x = input("pixels", "float32", pixels.shape);
  const image = perceptor.encodeImage(x);
  const dpixels = grad(image, [x], input("ct", "float32", ct.shape))[0] as Tensor;
  const program = await compile({ image, dpixels }, { threads: 1 });
  const result = await program.run({ pixels, ct });
  await program.dispose();
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
