/**
 * A mask from a phrase (appendix G.2): the perceptors look at many windows of a picture; where they are much more like
 * the phrase than the rest of it, the picture may change.
 */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { input } from "../graph/tensor.js";
import { guidedFilter } from "../image/guided-filter.js";
import { resizePicture } from "../image/resize.js";
import type { Perceptor } from "../models/perceptor.js";
import { type Perceptors, perceptorShares, perceptorsOf, tellingOnce } from "../perception/ensemble.js";
import { compareUnits, type ScoreOptions, unitTexts } from "../perception/perceive.js";
import type { EmbedOptions } from "../prompts/prompt-embedding.js";
import { compile } from "../runtime/program.js";
import { type MaskRecipe, maskRecipes, PAPER_DEVIATIONS, USUAL_DEVIATIONS } from "./mask.js";
import { doubtsAbout, type MaskDoubt } from "./mask-doubts.js";
import { positions, spread, unitWindows, WINDOW_BATCH } from "./windows.js";

/** How a mask is found for a phrase. */
export interface FindOptions extends ScoreOptions {
  /**
   * `paper`: the five steps of appendix G.2 and nothing else; `outline`: ours, which standardises each size of windows, takes
   * the picture's edges and keeps what stands out (default "outline").
   */
  readonly recipe?: MaskRecipe;
  /** Standard deviations above the mean that a place's likeness must reach, any number (default 1.25; the paper's: -2). */
  readonly deviations?: number;
  /** Whether the map takes the picture's own edges before it is thresholded (default true; the paper's: never). */
  readonly edges?: boolean;
}

/** Where in a picture a phrase is. */
export interface FoundMask {
  /** uint8 [H,W], 255 where the phrase is */
  readonly mask: NDArray;
  /** float32 [H,W], how like the phrase each place is, 0..1 over the picture */
  readonly likeness: NDArray;
  /** Why it may be another thing, or nothing, that was found; usually none. */
  readonly doubts: readonly MaskDoubt[];
}

/** Sides of the windows, as shares of the picture's short side. */
const WINDOWS = [1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6];
/** Short side in pixels that a map has at most: it is no finer than the windows are apart. */
const MAP_SIDE = 256;
/** The map follows the picture's edges in windows of two thirds of its short side, where colours vary by more than this. */
const EDGES = { reach: 1 / 3, epsilon: 1e-3 };

/**
 * The paper's five steps (`recipe: "paper"`): (1) crop windows, (2) L(i) = f(crop_i) . g(phrase), unit vectors, (3) write L(i)
 * at the crop's centre (a pixel takes that of the nearest; the mean over sizes of windows), (4) normalise to 0..1, (5) keep
 * what is above `mean - 2 std`. Taken of a likeness, that keeps nearly all of most pictures.
 *
 * Ours: the map is linear between centres; windows of several sizes are each brought to mean 0 and deviation 1, then
 * averaged, so that no size outvotes the others; the map takes the picture's edges; kept is what is above
 * `mean + 1.25 std`. In both, maps of several perceptors are averaged by their weights.
 *
 * @param picture [3,H,W] in 0..1
 * @throws BAD_PROMPT for an empty phrase, BAD_ARGUMENT when nothing stands out, weights and perceptors differ in number, or
 *   the paper's recipe is asked for edges
 */
export async function findMask(
  models: Perceptors,
  picture: NDArray,
  phrase: string,
  { recipe = "outline", perceptorWeights, ...given }: FindOptions & EmbedOptions = {},
): Promise<FoundMask> {
  const isPaper = recipe === "paper";
  const { deviations = isPaper ? PAPER_DEVIATIONS : USUAL_DEVIATIONS, edges = !isPaper, ...options } = given;
  requires(
    maskRecipes.includes(recipe) && !(isPaper && edges),
    "BAD_ARGUMENT",
    () => `mask: expected the recipe ${maskRecipes.join(" or ")}, the paper's without edges; got ${recipe}`,
  );
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
    const map = await likeness(perceptor, picture, phrase, { size: [rows, columns], scale: shrink, isPaper }, once);
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
  const found = new NDArray("uint8", [height, width], mask);
  const { onNotice: _, ...quiet } = options; // all that the phrase holds was told above
  const doubts = await doubtsAbout(models, picture, found, phrase, {
    ...quiet,
    ...(perceptorWeights && { perceptorWeights }),
  });
  return { mask: found, likeness: NDArray.float32([height, width], grey), doubts };
}

interface MapOptions {
  readonly size: readonly [rows: number, columns: number];
  /** The map's pixels for one of the picture. */
  readonly scale: number;
  readonly isPaper: boolean;
}

/** How like the phrase one perceptor finds each place: the mean of the maps of all sizes of windows, ours standardised. */
async function likeness(
  perceptor: Perceptor,
  picture: NDArray,
  phrase: string,
  { size, scale, isPaper }: MapOptions,
  options: EmbedOptions,
): Promise<Float32Array> {
  const { onNotice: _, ...compileOptions } = options;
  const [text] = (await unitTexts(perceptor, [phrase], options)) as [Float32Array];
  const [, height, width] = picture.shape as [number, number, number];
  const s = perceptor.inputSize;
  const pixels = input("pixels", "float32", [WINDOW_BATCH, 3, s, s]);
  const program = await compile({ embedding: perceptor.encodeImage(pixels) }, compileOptions);
  const mean = new Float32Array(size[0] * size[1]);
  for (const share of WINDOWS) {
    const side = Math.max(1, Math.round(Math.min(height, width) * share));
    const [lefts, tops] = [positions(width, side), positions(height, side)];
    const windows = tops.flatMap((top) => lefts.map((left) => [left, top] as const));
    const seen = await unitWindows(program, s, picture, windows, side);
    const values = seen.map((vector) => compareUnits(vector, text).cosine);
    const map = spread(values, lefts, tops, side, size, scale, isPaper ? "nearest" : "bilinear");
    (isPaper ? map : standardised(map)).forEach((value, i) => {
      mean[i] = (mean[i] as number) + value / WINDOWS.length;
    });
  }
  await program.dispose();
  return mean;
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
