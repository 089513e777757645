/** Texts to unit-free embeddings, with an honest word about what the perceptor did not take in. */

import { NDArray } from "../core/ndarray.js";
import { nearest } from "../core/nearest.js";
import { input } from "../graph/tensor.js";
import type { Perceptor } from "../models/perceptor.js";
import { type CompileOptions, compile } from "../runtime/program.js";

export interface UnknownWord {
  readonly word: string;
  /** Known words spelt much like it, nearest first; empty when there are none or words are not what it knows. */
  readonly nearest: readonly string[];
}

/** What of a prompt was not used as written. */
export type TextNotice =
  | { readonly kind: "unknown-words"; readonly text: string; readonly words: readonly UnknownWord[] }
  | { readonly kind: "truncated"; readonly text: string; readonly kept: string; readonly cut: string };

export interface EmbedOptions extends CompileOptions {
  readonly onNotice?: (notice: TextNotice) => void;
}

/** @returns one row per text [p,E], not normalised */
export async function embedTexts(
  perceptor: Perceptor,
  texts: readonly string[],
  { onNotice, ...compileOptions }: EmbedOptions = {},
): Promise<NDArray> {
  const tokenized = texts.map((text) => {
    const result = perceptor.tokenize(text);
    if (result.unknown.length > 0) {
      const words = result.unknown.map((word) => ({ word, nearest: nearest(word, perceptor.words ?? []) }));
      onNotice?.({ kind: "unknown-words", text, words });
    }
    if (result.truncated) onNotice?.({ kind: "truncated", text, ...result.truncated });
    return result;
  });
  const length = perceptor.contextLength;
  const ids = input("ids", "int64", [1, length]);
  const end = input("end", "int64", [1]);
  const program = await compile({ embedding: perceptor.encodeText(ids, end) }, compileOptions);
  const rows: Float32Array[] = [];
  for (const { ids: tokens, end: position } of tokenized) {
    const feeds = { ids: NDArray.int64([1, length], tokens), end: NDArray.int64([1], [position]) };
    rows.push((await program.run(feeds)).embedding.floats());
  }
  await program.dispose();
  const all = new Float32Array(rows.length * perceptor.embeddingSize);
  rows.forEach((row, i) => {
    all.set(row, i * perceptor.embeddingSize);
  });
  return NDArray.float32([rows.length, perceptor.embeddingSize], all);
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
