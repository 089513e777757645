/** The vocabulary that comes with the package against OpenAI's own tokenizer, and against a tokenizer.json. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../../test/support/fixtures.js";
import { clipVocabulary, tokenizerOfMerges } from "./clip-vocabulary.js";
import { clipTokenizer } from "./tokenizer.js";

test("texts get the ids that OpenAI's tokenizer gives", async () => {
  const { texts } = JSON.parse(await readFile(fixturePath("clip-vocabulary/expected-ids.json"), "utf8"));
  const file = await clipVocabulary(49408, "tokenizer.json");
  const tokenize = clipTokenizer(file, { contextLength: 77, endToken: undefined, vocabulary: 49408 });
  expect(texts.length).toBeGreaterThan(10);
  for (const { text, ids } of texts as { text: string; ids: number[] }[]) {
    expect(tokenize(text).ids.slice(0, ids.length), text).toEqual(ids);
  }
});

test("cut to 500 merges it is the tokenizer.json that transformers writes", async () => {
  const published = JSON.parse(await readFile(fixturePath("clip-gelu/tokenizer.json"), "utf8"));
  const own = (await clipVocabulary(1014, "tokenizer.json")) as Record<string, Record<string, unknown>>;
  expect(own.model).toEqual(expect.objectContaining({ vocab: published.model.vocab, merges: published.model.merges }));
  for (const part of ["normalizer", "pre_tokenizer", "post_processor"]) expect(own[part]).toEqual(published[part]);
});

test("a merges.txt, as older folders have it, is the same", async () => {
  const published = JSON.parse(await readFile(fixturePath("clip-gelu/tokenizer.json"), "utf8"));
  const lines = published.model.merges.map((pair: string[]) => pair.join(" "));
  expect(tokenizerOfMerges(`#version: 0.2\n${lines.join("\n")}\n`, "merges.txt")).toEqual(
    await clipVocabulary(1014, "tokenizer.json"),
  );
  expect(() => tokenizerOfMerges("#version: 0.2\ni n\nthree of them\n", "merges.txt")).toThrow(/two parts a line/);
});

test("a larger vocabulary is another one", async () => {
  await expect(clipVocabulary(49409, "DIR/tokenizer.json")).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: "DIR/tokenizer.json: no such file; CLIP's own vocabulary has 49408 tokens, not 49409",
  });
});
