/**
 * A mask from a phrase (appendix G.2): the perceptors look at many windows of a picture; where they are much more like
 * the phrase than the rest of it, the picture may change.
 */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { input } from "../graph/tensor.js";
import { clampPicture } from "../image/bytes.js";
import { guidedFilter } from "../image/guided-filter.js";
import { windowOf } from "../image/pad.js";
import { resizePicture } from "../image/resize.js";
import type { Perceptor } from "../models/perceptor.js";
import { type Perceptors, perceptorShares, perceptorsOf, tellingOnce } from "../perception/ensemble.js";
import { compareUnits, type ScoreOptions, unitRows, unitTexts } from "../perception/perceive.js";
import type { EmbedOptions } from "../prompts/prompt-embedding.js";
import { compile, type Program } from "../runtime/program.js";
import { USUAL_DEVIATIONS } from "./mask.js";

export interface FindOptions extends ScoreOptions {
  /** How many standard deviations above the mean a place must be like the phrase (default 1.25; the paper's 2 keeps less). */
  readonly deviations?: number;
  /** Whether the map takes the picture's own edges before it is thresholded (default true); the paper's does not. */
  readonly edges?: boolean;
}

export interface FoundMask {
  /** uint8 [H,W], 255 where the phrase is */
  readonly mask: NDArray;
  /** float32 [H,W], how like the phrase each place is, 0..1 over the picture */
  readonly likeness: NDArray;
}

/** Sides of the windows, as shares of the picture's short side. */
const WINDOWS = [1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6];
/** Windows overlap: this many begin within the length of one. */
const OVERLAP = 3;
/** Windows that the perceptor sees at once. */
const BATCH = 16;
/** Short side in pixels that a map has at most: it is no finer than the windows are apart. */
const MAP_SIDE = 256;
/** The map follows the picture's edges in windows of two thirds of its short side, where colours vary by more than this. */
const EDGES = { reach: 1 / 3, epsilon: 1e-3 };

/**
 * (1) crops windows, (2) L(i) = f(crop_i) . g(phrase), unit vectors, (3) writes L(i) at the crop's centre, bilinear
 * between centres, (4) normalises, (5) keeps what lies beyond a number of standard deviations. Before (5), the map takes the
 * picture's edges (`edges`), which the paper does not do.
 *
 * The paper thresholds at `mean - 2 std` of a map it calls L, which reads as a loss: low is like. L is a likeness here,
 * so the same rule keeps what is above `mean + deviations * std`. Windows of several sizes are each brought to mean 0
 * and deviation 1, then averaged, so that no size outvotes the others. So are the maps of several perceptors, by their weights.
 *
 * @param picture [3,H,W] in 0..1
 * @throws BAD_PROMPT for an empty phrase, BAD_ARGUMENT when nothing stands out, or weights and perceptors differ in number
 */
export async function findMask(
  models: Perceptors,
  picture: NDArray,
  phrase: string,
  { deviations = USUAL_DEVIATIONS, edges = true, perceptorWeights, ...options }: FindOptions & EmbedOptions = {},
): Promise<FoundMask> {
  requires(
    phrase.trim() !== "",
    "BAD_PROMPT",
    () => "mask: the phrase is empty",
    'write what to find, such as "jacket"',
  );
  const shares = perceptorShares(models, perceptorWeights);
  const [, height, width] = picture.shape as [number, number, number];
  const shrink = Math.min(1, MAP_SIDE / Math.min(height, width));
  const [rows, columns] = [height, width].map((extent) => Math.round(extent * shrink)) as [number, number];
  const coarse = new Float32Array(rows * columns);
  const once = tellingOnce(options);
  for (const [k, perceptor] of perceptorsOf(models).entries()) {
    const map = await likeness(perceptor, picture, phrase, { size: [rows, columns], scale: shrink }, once);
    map.forEach((value, i) => {
      coarse[i] = (coarse[i] as number) + (shares[k] as number) * value;
    });
  }
  const map = NDArray.float32([1, rows, columns], coarse);
  const radius = Math.max(1, Math.round(EDGES.reach * Math.min(rows, columns)));
  const full = edges
    ? guidedFilter(map, picture, { radius, epsilon: EDGES.epsilon })
    : resizePicture(map, height, width);
  const values = full.floats();
  const { mean, deviation } = moments(values);
  const mask = Uint8Array.from(values, (value) => (value > mean + deviations * deviation ? 255 : 0));
  requires(
    mask.some((value) => value > 0),
    "BAD_ARGUMENT",
    () => `mask: nothing in the picture stands out as "${phrase}"`,
    "ask for fewer deviations, or draw a mask",
  );
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const grey = values.map((value) => (value - low) / (high - low || 1));
  return { mask: new NDArray("uint8", [height, width], mask), likeness: NDArray.float32([height, width], grey) };
}

/** How like the phrase one perceptor finds each place: the mean of the standardised maps of all sizes of windows. */
async function likeness(
  perceptor: Perceptor,
  picture: NDArray,
  phrase: string,
  { size, scale }: { readonly size: readonly [rows: number, columns: number]; readonly scale: number },
  options: EmbedOptions,
): Promise<Float32Array> {
  const { onNotice: _, ...compileOptions } = options;
  const [text] = (await unitTexts(perceptor, [phrase], options)) as [Float32Array];
  const [, height, width] = picture.shape as [number, number, number];
  const s = perceptor.inputSize;
  const pixels = input("pixels", "float32", [BATCH, 3, s, s]);
  const program = await compile({ embedding: perceptor.encodeImage(pixels) }, compileOptions);
  const mean = new Float32Array(size[0] * size[1]);
  for (const share of WINDOWS) {
    const side = Math.max(1, Math.round(Math.min(height, width) * share));
    const [lefts, tops] = [positions(width, side), positions(height, side)];
    const windows = tops.flatMap((top) => lefts.map((left) => [left, top] as const));
    const seen = await unitWindows(program, s, picture, windows, side);
    const values = seen.map((vector) => compareUnits(vector, text).cosine);
    standardised(spread(values, lefts, tops, side, size, scale)).forEach((value, i) => {
      mean[i] = (mean[i] as number) + value / WINDOWS.length;
    });
  }
  await program.dispose();
  return mean;
}

/** Where windows of `side` begin along an axis: evenly from one end to the other. */
function positions(extent: number, side: number): number[] {
  const steps = Math.ceil((extent - side) / Math.max(1, side / OVERLAP));
  return Array.from({ length: steps + 1 }, (_, i) => (steps === 0 ? 0 : Math.round((i * (extent - side)) / steps)));
}

/** Unit embeddings of square windows, each resized to the perceptor's s x s. */
async function unitWindows(
  program: Program<"embedding">,
  s: number,
  picture: NDArray,
  windows: readonly (readonly [left: number, top: number])[],
  side: number,
): Promise<Float32Array[]> {
  const units: Float32Array[] = [];
  for (let start = 0; start < windows.length; start += BATCH) {
    const batch = new Float32Array(BATCH * 3 * s * s);
    windows.slice(start, start + BATCH).forEach(([left, top], i) => {
      const view = clampPicture(resizePicture(windowOf(picture, left, top, side, side), s, s, "bicubic"));
      batch.set(view.floats(), i * 3 * s * s);
    });
    const { embedding } = await program.run({ pixels: NDArray.float32([BATCH, 3, s, s], batch) });
    units.push(...unitRows(embedding).slice(0, windows.length - start));
  }
  return units;
}

/**
 * Values at window centres to a map of the whole picture [rows*columns]: bilinear between centres, the nearest beyond them.
 *
 * @param scale the map's pixels for one of the picture
 */
function spread(
  values: readonly number[],
  lefts: readonly number[],
  tops: readonly number[],
  side: number,
  [height, width]: readonly [number, number],
  scale: number,
): Float32Array {
  const columns = Array.from({ length: width }, (_, x) => between(lefts, (x + 0.5) / scale - side / 2));
  const map = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const [i, down] = between(tops, (y + 0.5) / scale - side / 2);
    columns.forEach(([j, across], x) => {
      const at = (row: number, column: number) =>
        values[Math.min(row, tops.length - 1) * lefts.length + Math.min(column, lefts.length - 1)] as number;
      const upper = at(i, j) + across * (at(i, j + 1) - at(i, j));
      const lower = at(i + 1, j) + across * (at(i + 1, j + 1) - at(i + 1, j));
      map[y * width + x] = upper + down * (lower - upper);
    });
  }
  return map;
}

/** Which of the rising marks lies at or before `place`, and how far on to the next it is, 0..1. */
function between(marks: readonly number[], place: number): [index: number, share: number] {
  const index = Math.max(
    0,
    marks.findLastIndex((mark) => mark <= place),
  );
  const [from, to] = [marks[index] as number, marks[index + 1]];
  return [index, to === undefined ? 0 : Math.min(1, Math.max(0, (place - from) / (to - from)))];
}

function moments(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squared = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squared / values.length) };
}

function standardised(values: Float32Array): Float32Array {
  const { mean, deviation } = moments(values);
  return values.map((value) => (value - mean) / (deviation || 1));
}
