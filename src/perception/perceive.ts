/** A picture and texts in the perceptors' spaces, outside of a run: unit embeddings and how near they are. */
import type { NDArray } from "../core/ndarray.js";
import { clampPicture } from "../image/bytes.js";
import { windowOf } from "../image/pad.js";
import { resizePicture } from "../image/resize.js";
import type { Perceptor } from "../models/perceptor.js";
import { type EmbedOptions, embedPictures, embedTexts } from "../prompts/prompt-embedding.js";
import type { CompileOptions } from "../runtime/program.js";
import { type Perceptors, perceptorShares, perceptorsOf, tellingOnce } from "./ensemble.js";

/** How several perceptors count. */
export interface ScoreOptions {
  /** How much each of several perceptors counts, in their order (default: 1 each). */
  readonly perceptorWeights?: readonly number[];
}

/** Of several perceptors, the weighted means. */
export interface Score {
  readonly prompt: string;
  /** -1..1, 1 for the same direction */
  readonly cosine: number;
  /** Squared spherical distance, 0..pi^2/2, as a run's losses have it */
  readonly distance: number;
}

/** Unit vectors of texts, [E] each. */
export async function unitTexts(
  perceptor: Perceptor,
  texts: readonly string[],
  options: EmbedOptions = {},
): Promise<Float32Array[]> {
  return unitRows(await embedTexts(perceptor, texts, options));
}

/** The unit vector [E] of a picture [3,H,W] in 0..1, seen as CLIP's own preprocessing does. */
export async function unitPicture(
  perceptor: Perceptor,
  picture: NDArray,
  options: CompileOptions = {},
): Promise<Float32Array> {
  const side = perceptor.inputSize;
  const view = centreSquare(picture, side).reshape([1, 3, side, side]);
  return unitRows(await embedPictures(perceptor, view, options))[0] as Float32Array;
}

/** Texts as all perceptors see them: their unit vectors side by side, the first one's first [E of all] each. */
export async function joinedTexts(
  models: Perceptors,
  texts: readonly string[],
  options: EmbedOptions = {},
): Promise<Float32Array[]> {
  const once = tellingOnce(options);
  const each: Float32Array[][] = [];
  for (const perceptor of perceptorsOf(models)) each.push(await unitTexts(perceptor, texts, once));
  return texts.map((_, i) => joined(each.map((rows) => rows[i] as Float32Array)));
}

/** A picture [3,H,W] in 0..1 as all perceptors see it, side by side [E of all]. */
export async function joinedPicture(
  models: Perceptors,
  picture: NDArray,
  options: CompileOptions = {},
): Promise<Float32Array> {
  const each: Float32Array[] = [];
  for (const perceptor of perceptorsOf(models)) each.push(await unitPicture(perceptor, picture, options));
  return joined(each);
}

/** How near each prompt is to the picture [3,H,W], nearest first. @throws BAD_ARGUMENT when weights and perceptors differ */
export async function scorePicture(
  models: Perceptors,
  picture: NDArray,
  prompts: readonly string[],
  { perceptorWeights, ...options }: ScoreOptions & EmbedOptions = {},
): Promise<Score[]> {
  const shares = perceptorShares(models, perceptorWeights);
  const { onNotice: _, ...compileOptions } = options;
  const once = tellingOnce(options);
  const scores = prompts.map((prompt) => ({ prompt, cosine: 0, distance: 0 }));
  for (const [k, perceptor] of perceptorsOf(models).entries()) {
    const seen = await unitPicture(perceptor, picture, compileOptions);
    const said = await unitTexts(perceptor, prompts, once);
    for (const [i, score] of scores.entries()) {
      const { cosine, distance } = compareUnits(seen, said[i] as Float32Array);
      score.cosine += (shares[k] as number) * cosine;
      score.distance += (shares[k] as number) * distance;
    }
  }
  return scores.sort((a, b) => b.cosine - a.cosine);
}

/** Two unit vectors. */
export function compareUnits(a: Float32Array, b: Float32Array): { cosine: number; distance: number } {
  let cosine = 0;
  let chord = 0;
  a.forEach((value, i) => {
    cosine += value * (b[i] as number);
    chord += (value - (b[i] as number)) ** 2;
  });
  return { cosine, distance: 2 * Math.asin(Math.min(1, Math.sqrt(chord) / 2)) ** 2 };
}

/** The short side resized to `side` (bicubic), then the middle square. */
export function centreSquare(picture: NDArray, side: number): NDArray {
  const [, height, width] = picture.shape as [number, number, number];
  const short = Math.min(height, width);
  const [newHeight, newWidth] = [height, width].map((extent) =>
    Math.max(side, Math.floor((side * extent) / short)),
  ) as [number, number];
  const resized = resizePicture(picture, newHeight, newWidth, "bicubic");
  const [top, left] = [Math.floor((newHeight - side) / 2), Math.floor((newWidth - side) / 2)];
  return clampPicture(windowOf(resized, left, top, side, side));
}

/** The rows of embeddings [n,E], each of length 1. */
export function unitRows(embeddings: NDArray): Float32Array[] {
  const [count, size] = embeddings.shape as [number, number];
  const values = embeddings.floats();
  return Array.from({ length: count }, (_, i) => {
    const row = values.slice(i * size, (i + 1) * size);
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
}

/** Vectors one after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
