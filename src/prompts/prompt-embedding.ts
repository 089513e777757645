/** Texts to unit-free embeddings, with an honest word about what the perceptor did not take in. */

import { NDArray } from "../core/ndarray.js";
import { nearestWords } from "../core/nearest.js";
import { input } from "../graph/tensor.js";
import type { Perceptor } from "../models/perceptor.js";
import type { TextReader, TokenizedText, Tokenizing } from "../models/text-reader.js";
import { type CompileOptions, compile } from "../runtime/program.js";

/** A word that the text encoder does not know, and those like it that it does. */
export interface UnknownWord {
  readonly word: string;
  /** Known words spelt much like it, nearest first, then known parts of it; empty when there are none or words are not what it knows. */
  readonly nearest: readonly string[];
}

/** What of a prompt was not used as written. */
export type TextNotice =
  | { readonly kind: "unknown-words"; readonly text: string; readonly words: readonly UnknownWord[] }
  | { readonly kind: "truncated"; readonly text: string; readonly kept: string; readonly cut: string }
  | { readonly kind: "averaged"; readonly text: string; readonly parts: readonly string[] };

export const longPromptWays = ["cut", "average"] as const;
/**
 * - `cut`: the beginning that fits, as the reference does
 * - `average`: all of it, in parts that fit; the mean of their unit embeddings, each weighted by its tokens
 */
export type LongPrompts = (typeof longPromptWays)[number];

export interface EmbedOptions extends CompileOptions {
  /** What is read of texts that are too long (default "cut"). */
  readonly longPrompts?: LongPrompts;
  readonly onNotice?: (notice: TextNotice) => void;
}

/** @returns one row per text [p,E], not normalised */
export async function embedTexts(
  reader: TextReader,
  texts: readonly string[],
  { onNotice, longPrompts = "cut", ...compileOptions }: EmbedOptions = {},
): Promise<NDArray> {
  const reading = { longPrompts, ...(onNotice && { onNotice }) };
  const read = texts.map((text) => readText(reader, text, reading));
  const length = reader.ignoresPadding ? Math.max(1, ...read.flat().map((part) => part.length)) : reader.contextLength;
  const ids = input("ids", "int64", [1, length]);
  const end = input("end", "int64", [1]);
  const program = await compile({ text: reader.encodeText(ids, end) }, compileOptions);
  const embed = async ({ ids: tokens, end: position }: TokenizedText): Promise<Float32Array> => {
    const ends = program.reads("end") && { end: NDArray.int64([1], [position]) }; // some read the last position
    const feeds = { ids: NDArray.int64([1, length], tokens.slice(0, length)), ...ends };
    return (await program.run(feeds)).text.floats();
  };
  const all = new Float32Array(texts.length * reader.embeddingSize);
  for (const [i, parts] of read.entries()) {
    const rows: Float32Array[] = [];
    for (const part of parts) rows.push(await embed(part));
    const row = rows.length === 1 ? (rows[0] as Float32Array) : weightedMean(rows, parts.map((part) => part.length)); // biome-ignore format: one thought
    all.set(row, i * reader.embeddingSize);
  }
  await program.dispose();
  return NDArray.float32([texts.length, reader.embeddingSize], all);
}

/** A text in the parts that are encoded; tells what of it is not read as written. Nothing runs. */
export function readText(
  reader: Tokenizing,
  text: string,
  { onNotice, longPrompts = "cut" }: Pick<EmbedOptions, "longPrompts" | "onNotice">,
): readonly Part[] {
  const parts = partsOf(reader, text, longPrompts);
  const unknown = [...new Set(parts.flatMap((part) => part.unknown))];
  if (unknown.length > 0) {
    const words = unknown.map((word) => ({ word, nearest: nearestWords(word, reader.words ?? []) }));
    onNotice?.({ kind: "unknown-words", text, words });
  }
  const cut = parts.at(-1)?.truncated;
  if (cut) onNotice?.({ kind: "truncated", text, ...cut });
  if (parts.length > 1) onNotice?.({ kind: "averaged", text, parts: parts.map((part) => part.text) });
  return parts;
}

interface Part extends TokenizedText {
  readonly text: string;
}

/** A text as the reader reads it: whole, its beginning, or all of it in parts that fit. */
function partsOf(reader: Tokenizing, text: string, longPrompts: LongPrompts): Part[] {
  const tokenized = reader.tokenize(text);
  const { truncated } = tokenized;
  if (!truncated || longPrompts === "cut" || truncated.kept === "") return [{ text, ...tokenized }];
  const { kept, cut } = truncated;
  return [{ text: kept, ...reader.tokenize(kept) }, ...partsOf(reader, cut.trim(), longPrompts)];
}

/** The mean of unit vectors in the directions of `rows`. */
function weightedMean(rows: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const mean = new Float32Array((rows[0] as Float32Array).length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  rows.forEach((row, k) => {
    const scale = (weights[k] as number) / total / Math.hypot(...row);
    row.forEach((value, i) => {
      mean[i] = (mean[i] as number) + scale * value;
    });
  });
  return mean;
}

/** Embeddings of pictures [n,3,S,S] in 0..1 at the perceptor's own size -> [n,E], not normalised. */
export async function embedPictures(
  perceptor: Perceptor,
  pictures: NDArray,
  options: CompileOptions = {},
): Promise<NDArray> {
  const pixels = input("pixels", "float32", pictures.shape);
  const program = await compile({ embedding: perceptor.encodeImage(pixels) }, options);
  const { embedding } = await program.run({ pixels: pictures });
  await program.dispose();
  return embedding;
}
