/** How cutouts are taken of a picture, as a graph: what they are sampled from, where, and in which colours. */
import { NDArray } from "../core/ndarray.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import { resamplingMatrix } from "../image/resize.js";
import type { Perceptor } from "../models/perceptor.js";
import { add, clip, mul, sub } from "../ops/arithmetic.js";
import { reshape, transpose } from "../ops/layout.js";
import { applyAlong, matmul } from "../ops/linear-algebra.js";
import { concat, gather, slice } from "../ops/movement.js";
import { ints } from "../ops/operands.js";
import { adaptiveAvgPool, adaptiveMaxPool, avgPool } from "../ops/pooling.js";
import { gridSample, homographyGrid } from "../ops/resample.js";
import { inputOf, type Perceptors, perceptorsOf } from "../perception/ensemble.js";
import { type CutoutGeometry, cropSides, cropsPicture } from "./cutouts.js";
import type { Settings } from "./settings.js";

/** The windows of a step as the perceptor's settings and the picture's size give them. */
export function cutoutGeometry(settings: Settings, perceptor: Perceptor): CutoutGeometry {
  const [width, height] = settings.size;
  return { method: settings.cutMethod, power: settings.cutPower, width, height, cutSize: perceptor.inputSize };
}

/** Whether cutouts differ from the base picture at all; one plain whole-picture cutout needs no sampling. */
function samplesViews(settings: Settings): boolean {
  return viewsVary(settings) || settings.cutouts > 1;
}

/** Whether a step's look differs from the next one's by chance. */
export function viewsVary(settings: Settings): boolean {
  return cropsPicture(settings.cutMethod) || settings.augmentations.length > 0;
}

/** What is outside, and what is erased, where `padding` is grey. */
const GREY = 0.5;

/** How the run's kind of cutouts of `picture` [1,3,H,W], of its size, are embedded by all perceptors [n,E]. */
export function buildViews(models: Perceptors, settings: Settings): Tensor {
  const [width, height] = settings.size;
  const picture = input("picture", "float32", [1, 3, height, width]);
  const columns = perceptorsOf(models).map((perceptor, index) => {
    const geometry = cutoutGeometry(settings, perceptor);
    const base = basePicture(picture, geometry);
    const parts = cutoutBatches(settings, geometry, index).map((take) => perceptor.encodeImage(take(base)));
    return concat(parts, 0);
  });
  return concat(columns, 1);
}

/**
 * The cutouts of a step in micro-batches: each takes its own [k,3,S,S] of a base picture, or of several in turn.
 *
 * @param index which of the perceptors looks
 */
export function cutoutBatches(
  settings: Settings,
  geometry: CutoutGeometry,
  index: number,
): readonly ((base: Tensor) => Tensor)[] {
  if (!samplesViews(settings)) return [(base) => slice(base, 0, 0, 1)];
  const { cutouts, microBatch } = settings;
  const views = viewInputs(settings, geometry.cutSize, index);
  return Array.from({ length: Math.ceil(cutouts / microBatch) }, (_, i) => {
    const [start, end] = [i * microBatch, Math.min((i + 1) * microBatch, cutouts)];
    const own = sliceViews(views, start, end);
    return (base) => takeCutouts(inTurn(base, start, end), own, geometry, settings);
  });
}

/** Of several pictures each cutout is of the next one; a single one they share. [1,3,H,W], or [end - start,3,H,W] */
function inTurn(base: Tensor, start: number, end: number): Tensor {
  const count = base.shape[0] as number;
  if (count === 1) return base;
  return gather(base, ints(Array.from({ length: end - start }, (_, i) => (start + i) % count)));
}

/** What cutouts are sampled from: the picture itself, or one squeezed copy of it at the perceptor's size. */
export function basePicture(image: Tensor, geometry: CutoutGeometry): Tensor {
  const { cutSize, height, width, method } = geometry;
  if (cropsPicture(method)) return image;
  if (method === "pooled") {
    const size = [cutSize, cutSize] as const;
    return mul(add(adaptiveAvgPool(image, size), adaptiveMaxPool(image, size)), 0.5);
  }
  const rows = constant(resamplingMatrix(height, cutSize));
  const columns = constant(resamplingMatrix(width, cutSize));
  return applyAlong(applyAlong(image, 2, rows), 3, columns); // [1, 3, S, S]
}

/** The step's inputs that say how each cutout looks; only those that the augmentations need. */
export interface ViewTensors {
  /** [n,3,3] */
  readonly homographies: Tensor;
  /** [n,3,4] */
  readonly colours?: Tensor;
  /** [n,3,S,S], added */
  readonly noise?: Tensor;
  /** [n,1,S,S], multiplied */
  readonly mask?: Tensor;
}

/** @param index which of the perceptors looks */
function viewInputs({ cutouts: n, augmentations }: Settings, cutSize: number, index: number): ViewTensors {
  const own: OwnInput = (name, dtype, shape) => input(inputOf(index, name), dtype, shape);
  const has = (kind: string) => augmentations.some((augmentation) => augmentation.kind === kind);
  return {
    homographies: own("homographies", "float32", [n, 3, 3]),
    ...((has("jitter") || has("shade")) && { colours: own("colours", "float32", [n, 3, 4]) }),
    ...((has("noise") || has("grain")) && { noise: noiseOf(own, n, cutSize) }),
    ...(has("erasing") && { mask: maskOf(own, n, cutSize) }),
  };
}

type OwnInput = typeof input;

/** Every cutout takes the rows of one noise field in its own order: white noise within it, few numbers to feed. */
function noiseOf(own: OwnInput, n: number, cutSize: number): Tensor {
  const rows = gather(own("noise", "float32", [3, cutSize, cutSize]), own("noiseRows", "int32", [n, cutSize]), 1); // [3, n, S, S]
  return mul(transpose(rows, [1, 0, 2, 3]), reshape(own("noiseLevels", "float32", [n]), [n, 1, 1, 1]));
}

function maskOf(own: OwnInput, n: number, cutSize: number): Tensor {
  const rows = reshape(own("erasedRows", "float32", [n, cutSize]), [n, 1, cutSize, 1]);
  const columns = reshape(own("erasedColumns", "float32", [n, cutSize]), [n, 1, 1, cutSize]);
  return sub(1, mul(rows, columns));
}

function sliceViews(views: ViewTensors, start: number, end: number): ViewTensors {
  const parts = Object.entries(views).map(([name, tensor]) => [name, slice(tensor, 0, start, end)]);
  return Object.fromEntries(parts) as ViewTensors;
}

/**
 * Samples every view from the base picture and colours it: one bilinear sampling per cutout, averaged over k x k points
 * a pixel where crops shrink, so that nothing aliases.
 *
 * @param base [1,3,H,W], or [n,3,H,W] with one for each
 * @returns [n,3,S,S]
 */
export function takeCutouts(
  base: Tensor,
  { homographies, colours, noise, mask }: ViewTensors,
  geometry: CutoutGeometry,
  { padding }: Pick<Settings, "padding">,
): Tensor {
  const { cutSize } = geometry;
  const finer = cropsPicture(geometry.method) ? Math.max(1, Math.round(cropSides(geometry).largest / cutSize)) : 1;
  const grid = homographyGrid(homographies, cutSize * finer); // [n, kS, kS, 2]
  const outside = padding === "grey" ? GREY : 0;
  const from = outside === 0 ? base : sub(base, outside); // sampling reads 0 outside
  let views = gridSample(from, padding === "border" ? withinBorder(grid, base) : grid);
  if (finer > 1) views = avgPool(views, { kernel: finer });
  if (outside !== 0) views = add(views, outside);
  if (colours) views = recolour(views, colours);
  if (noise) views = add(views, noise);
  if (mask) views = outside === 0 ? mul(views, mask) : add(mul(sub(views, outside), mask), outside);
  return views;
}

/** Pulls points outside the picture to the centre of its border pixels. */
function withinBorder(grid: Tensor, base: Tensor): Tensor {
  const [, , height, width] = base.shape as [number, number, number, number];
  const limit = constant(NDArray.float32([2], [1 - 1 / width, 1 - 1 / height]));
  return clip(grid, sub(0, limit), limit);
}

function recolour(views: Tensor, colours: Tensor): Tensor {
  const [n, c, height, width] = views.shape as [number, number, number, number];
  const pixels = reshape(views, [n, c, height * width]);
  const mixed = add(matmul(slice(colours, 2, 0, 3), pixels), slice(colours, 2, 3, 4));
  return reshape(mixed, [n, c, height, width]);
}
