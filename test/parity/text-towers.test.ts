/** Readers of many languages against `transformers`: M-CLIP, sentence-transformers, Chinese-CLIP, SigLIP 2 in both forms. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeFolder } from "../../src/cli/describe-model.js";
import { loadClip } from "../../src/models/load.js";
import { onDisk } from "../../src/models/on-disk.js";
import type { Perceptor } from "../../src/models/perceptor.js";
import type { TextReader } from "../../src/models/text-reader.js";
import { readTextTower } from "../../src/models/text-tower.js";
import { embedTexts } from "../../src/prompts/prompt-embedding.js";
import { VqganClip } from "../../src/vqgan-clip.js";
import { fixture, fixturePath, largestError, relativeError } from "../support/fixtures.js";
import { seenPictures } from "../support/seen-pictures.js";

const towerAt = async (path: string) => readTextTower(await onDisk(path));

interface Expected {
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[];
}
const expectedOf = async (folder: string): Promise<Expected> =>
  JSON.parse(await readFile(fixturePath(`${folder}/expected-ids.json`), "utf8"));

/** A copy of a fixture's folder that a test may change. */
async function copyOf(folder: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tower-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await cp(fixturePath(folder), path, { recursive: true });
  return path;
}

async function change(file: string, changes: object): Promise<void> {
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...changes }));
}

async function textsAgree(folder: string, reader: TextReader): Promise<void> {
  const { texts } = await expectedOf(folder);
  for (const { text, ids } of texts) {
    const read = reader.tokenize(text);
    expect(read.ids.slice(0, read.length), `${folder}: ${text}`).toEqual(ids);
    expect(read.ids).toHaveLength(reader.contextLength);
  }
  const said = await embedTexts(
    reader,
    texts.map(({ text }) => text),
    { threads: 1 },
  );
  const reference = await fixture(`${folder}/expected.safetensors`);
  expect(largestError(said, reference("text.embeddings"))).toBeLessThan(2e-5);
}

test.each(["text-tower-mclip", "text-tower-sentence"])("%s: ids and embeddings of texts agree", async (folder) => {
  const tower = await towerAt(fixturePath(folder));
  expect(tower.name).toBe(folder);
  const [facts] = await describeFolder(fixturePath(folder));
  const { embeddingSize, contextLength } = tower;
  expect(facts).toMatchObject({ name: folder, kind: "text tower", facts: { embeddingSize, contextLength } });
  expect(facts?.parameters).toBeGreaterThan(10_000);
  await textsAgree(folder, tower);
});

test.each(["chinese-clip", "siglip2", "siglip2-naflex"])(
  "%s: texts, pictures and the pictures' derivative agree",
  async (folder) => {
    const perceptor = await loadClip(fixturePath(folder));
    await textsAgree(folder, perceptor);
    const reference = await fixture(`${folder}/expected.safetensors`);
    const result = await seenPictures(perceptor, reference("image.pixels"), reference("image.ct"));
    expect(largestError(result.image, reference("image.embeddings"))).toBeLessThan(2e-5);
    expect(relativeError(result.dpixels, reference("image.dpixels"))).toBeLessThan(1e-4);
  },
);

test("what fills a text up changes nothing: alone and beside a longer one it is the same", async () => {
  const tower = await towerAt(fixturePath("text-tower-sentence"));
  const [alone, beside] = [
    await embedTexts(tower, ["a castle"], { threads: 1 }),
    await embedTexts(tower, ["a castle", "ein altes rotes Schloss und ein Turm"], { threads: 1 }),
  ];
  alone.floats().forEach((value, i) => {
    expect(value).toBeCloseTo(beside.at(i), 5);
  });
});

test("a tower reads in a CLIP's place, and both files tell the model", async () => {
  const vq = await VqganClip.fromPretrained({
    vqgan: fixturePath("vqgan"),
    clip: fixturePath("clip-quick-gelu"),
    textTower: fixturePath("text-tower-sentence"),
    threads: 1,
  });
  const [said] = await vq.embedTexts(["старый замок у реки"]);
  const reference = (await fixture("text-tower-sentence/expected.safetensors"))("text.embeddings").floats();
  const row = reference.slice(3 * 24, 4 * 24);
  const length = Math.hypot(...row);
  (said as Float32Array).forEach((value, i) => {
    expect(value).toBeCloseTo((row[i] as number) / length, 5);
  });
  const [, identity] = await vq.identities();
  expect(identity?.name).toBe("clip-quick-gelu+text-tower-sentence");
  const alone = await VqganClip.fromPretrained({ vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu") });
  expect((await alone.identities())[1]?.sha256).not.toBe(identity?.sha256);
  await vq.dispose();
});

test("what does not fit is refused in words that say what would", async () => {
  await expect(loadClip(fixturePath("text-tower-mclip"))).rejects.toMatchObject({
    message: expect.stringContaining("reads texts alone"),
    hint: expect.stringContaining("--text-tower"),
  });
  await expect(towerAt(fixturePath("clip-gelu"))).rejects.toMatchObject({
    message: expect.stringContaining('model_type "clip"'),
    hint: "a whole model is named by --clip",
  });
  const pair = { vqgan: fixturePath("vqgan"), textTower: fixturePath("text-tower-mclip") };
  await expect(VqganClip.fromPretrained({ ...pair, clip: fixturePath("clip-gelu") })).rejects.toThrow(
    /text-tower-mclip makes 24 numbers of a text, clip-gelu 16 of a picture/,
  );
  const two = [fixturePath("clip-quick-gelu"), fixturePath("clip-gelu")];
  await expect(VqganClip.fromPretrained({ ...pair, clip: two })).rejects.toThrow("reads for one CLIP, there are 2");

  const path = await copyOf("text-tower-sentence");
  await change(join(path, "1_Pooling/config.json"), { pooling_mode_mean_tokens: false, pooling_mode_max_tokens: true });
  await expect(towerAt(path)).rejects.toThrow(/1_Pooling.config.json: pools by max/);
  await cp(fixturePath("text-tower-sentence/1_Pooling"), join(path, "1_Pooling"), { recursive: true });
  await change(join(path, "2_Dense/config.json"), { in_features: 31 });
  await expect(towerAt(path)).rejects.toThrow("in_features is 31, what comes before gives 32");
  await change(join(path, "config.json"), { model_type: "mpnet" });
  await expect(towerAt(path)).rejects.toMatchObject({
    message: expect.stringContaining('model_type "mpnet"'),
    hint: expect.stringContaining("distilbert"),
  });
});

test("without a tokenizer.json and a vocab.txt it says what is missing", async () => {
  const path = await copyOf("chinese-clip");
  await rm(join(path, "vocab.txt"));
  await expect(loadClip(path)).rejects.toThrow(
    /vocab.txt: no such file; a CLIP model without a tokenizer.json needs it/,
  );
  await writeFile(join(path, "vocab.txt"), "a\nb\n");
  await expect(loadClip(path)).rejects.toThrow("has no [CLS], [SEP], [UNK], [PAD]");
});

test("a text beyond the context is cut and the cut is shown", async () => {
  const tower: Pick<Perceptor, "tokenize"> = await towerAt(fixturePath("text-tower-sentence"));
  const text = "ein altes rotes schloss und ein turm und ein baum und ein haus und ein hund";
  const { truncated, length, end } = tower.tokenize(text);
  expect([length, end]).toEqual([16, 15]);
  expect(`${truncated?.kept}${truncated?.cut}`).toBe(text);
});
