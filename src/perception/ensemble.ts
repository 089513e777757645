/**
 * Several perceptors that look at one picture: each sees cutouts of its own at its own size, and their losses add with
 * weights. Their embeddings stand side by side: [r,E] then means E of all of them, the first one's columns first.
 */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import type { Tensor } from "../graph/tensor.js";
import type { Perceptor } from "../models/perceptor.js";
import { split } from "../ops/movement.js";
import { type EmbedOptions, embedTexts, readText, type TextNotice } from "../prompts/prompt-embedding.js";

/** Who looks at the picture. */
export interface Perceptors {
  readonly perceptor: Perceptor;
  /** Further perceptors, whose losses add to those of the first. */
  readonly companions?: readonly Perceptor[] | undefined;
}

export function perceptorsOf({ perceptor, companions = [] }: Perceptors): readonly [Perceptor, ...Perceptor[]] {
  return [perceptor, ...companions];
}

/** How much each perceptor's losses count. @throws BAD_ARGUMENT when there are more or fewer weights than perceptors */
export function perceptorWeights(
  models: Perceptors,
  { perceptorWeights: weights }: { readonly perceptorWeights: readonly number[] },
): readonly number[] {
  const perceptors = perceptorsOf(models);
  if (weights.length === 0) return perceptors.map(() => 1);
  requires(
    weights.length === perceptors.length,
    "BAD_ARGUMENT",
    () => `perceptorWeights: ${weights.length} weights for ${perceptors.map(({ name }) => name).join(", ")}`,
    "give one for each CLIP, in their order, or none",
  );
  return weights;
}

/** The same with the sum 1, for means over perceptors. */
export function perceptorShares(models: Perceptors, weights: readonly number[] = []): readonly number[] {
  const each = perceptorWeights(models, { perceptorWeights: weights });
  const total = each.reduce((sum, weight) => sum + weight, 0);
  return each.map((weight) => weight / total);
}

/** E of all perceptors together. */
export function joinedSize(models: Perceptors): number {
  return perceptorsOf(models).reduce((sum, { embeddingSize }) => sum + embeddingSize, 0);
}

/** Embeddings [r,E] of all perceptors -> [r,E] of each. */
export function splitColumns(joined: Tensor, models: Perceptors): Tensor[] {
  const sizes = perceptorsOf(models).map(({ embeddingSize }) => embeddingSize);
  return sizes.length === 1 ? [joined] : split(joined, 1, sizes);
}

/** The first perceptor's columns [r,E] of the embeddings of all. */
export function firstColumns(joined: NDArray, { perceptor: { embeddingSize } }: Perceptors): NDArray {
  const [rows, width] = joined.shape as [number, number];
  if (width === embeddingSize) return joined;
  const values = joined.floats();
  const first = new Float32Array(rows * embeddingSize);
  for (let row = 0; row < rows; row++) {
    first.set(values.subarray(row * width, row * width + embeddingSize), row * embeddingSize);
  }
  return NDArray.float32([rows, embeddingSize], first);
}

/** One row per text [p,E] of all perceptors, not normalised; what several say in the same words is told once. */
export async function embedForAll(
  models: Perceptors,
  texts: readonly string[],
  options: EmbedOptions,
): Promise<NDArray> {
  const once = tellingOnce(options);
  const parts: NDArray[] = [];
  for (const perceptor of perceptorsOf(models)) parts.push(await embedTexts(perceptor, texts, once));
  return joinColumns(parts);
}

/** What of texts is not read as written, without encoding them; what several say in the same words is told once. */
export function textNoticesOfAll(
  models: Perceptors,
  texts: readonly string[],
  options: Pick<EmbedOptions, "longPrompts">,
): TextNotice[] {
  const notices: TextNotice[] = [];
  const once = tellingOnce({ ...options, onNotice: (notice) => notices.push(notice) });
  for (const perceptor of perceptorsOf(models)) for (const text of texts) readText(perceptor, text, once);
  return notices;
}

/** Options under which what several perceptors say in the same words is told once. */
export function tellingOnce<Options extends EmbedOptions>({ onNotice, ...options }: Options) {
  const told = new Set<string>();
  return {
    ...options,
    onNotice: (notice: TextNotice): void => {
      const words = JSON.stringify(notice);
      if (!told.has(words)) onNotice?.(notice);
      told.add(words);
    },
  };
}

/** Embeddings [r,E] of each perceptor -> [r,E] of all. */
function joinColumns(parts: readonly NDArray[]): NDArray {
  const [rows] = (parts[0] as NDArray).shape as [number];
  const width = parts.reduce((sum, { shape }) => sum + (shape[1] as number), 0);
  const joined = new Float32Array(rows * width);
  let column = 0;
  for (const part of parts) {
    const [, own] = part.shape as [number, number];
    const values = part.floats();
    for (let row = 0; row < rows; row++) joined.set(values.subarray(row * own, (row + 1) * own), row * width + column);
    column += own;
  }
  return NDArray.float32([rows, width], joined);
}

/** What an input of the step is called that every perceptor has one of. */
export function inputOf(index: number, name: string): string {
  return index === 0 ? name : `${name} of perceptor ${index}`;
}
