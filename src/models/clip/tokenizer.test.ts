/** Tokenizers out of foreign files: what hangs, swells or does not fit together is refused in words. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../../test/support/fixtures.js";
import { clipTokenizer } from "./tokenizer.js";
import { requireTamePatterns } from "./tokenizer-patterns.js";

const text = { contextLength: 32, endToken: undefined, vocabulary: 100_000 };
const file = JSON.parse(await readFile(fixturePath("clip-gelu/tokenizer.json"), "utf8"));

/** The fixture with some of its parts replaced. */
const tokenizer = (parts: object) => clipTokenizer({ ...file, ...parts }, text);
const replacing = (pattern: object, content: string) => ({ type: "Replace", pattern, content });

test.each([
  "(a+)+$",
  "(a|a)*$",
  "(a|ab)(c|bcd)*d",
  "(?:a{1,30}){1,30}b",
  "((a{1000}){1000}){1000}",
  "a*a*a*a*a*b",
  "a?".repeat(30) + "a".repeat(30),
  "(.*)\\1{3}x",
  "(?=(a+)+b)a",
])("the pattern %s is refused before a text meets it", (Regex) => {
  expect(() => tokenizer({ pre_tokenizer: { type: "Split", pattern: { Regex }, behavior: "Isolated" } })).toThrow(
    expect.objectContaining({ code: "BAD_MODEL", message: expect.stringContaining("could take for ever") }),
  );
});

test.each([
  ["GPT-2", "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"],
  [
    "GPT-4",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ],
  ["sentencepiece", " {2,}"],
])("the patterns of %s are taken", (_, source) => {
  const pattern = new RegExp(source.replace("(?i:", "(?:"), "gu");
  expect(() => requireTamePatterns([{ pattern }], "tokenizer.json")).not.toThrow();
});

test("replacements that make a text longer and longer are refused", () => {
  const normalizers = Array.from({ length: 9 }, () => replacing({ String: "a" }, "a".repeat(10)));
  expect(() => tokenizer({ normalizer: { type: "Sequence", normalizers } })).toThrow(/replacements make texts/);
  expect(() => tokenizer({ normalizer: replacing({ String: "a" }, "$`$'") })).toThrow(/refers to what it replaces/);
});

test.each<[string, unknown]>([
  ["no tokens", { type: "RobertaProcessing" }],
  ["no pairs", { type: "RobertaProcessing", cls: 3, sep: null }],
  ["a template of numbers", { type: "TemplateProcessing", single: [7] }],
  ["no template", { type: "TemplateProcessing", single: null, pair: null }],
  ["a sequence of nothing", { type: "Sequence", processors: [null] }],
  ["no processor of a known kind", { type: "Telepathy" }],
])("a post_processor with %s is no TypeError", (_, post_processor) => {
  expect(() => tokenizer({ post_processor })("a castle")).toThrow(
    expect.objectContaining({ name: "VqganClipError", code: "BAD_MODEL" }),
  );
});
