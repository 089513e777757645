/**
 * One step of the method as one graph (paper section 2): decode the latent, look at cutouts of the picture, compare them
 * with the prompts, and differentiate the loss with respect to the latent.
 */
import { grad } from "../autodiff/grad.js";
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { type Shape, sizeOf } from "../core/shape.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import { resamplingMatrix } from "../image/resize.js";
import type { Generator } from "../models/generator.js";
import type { ImageLayers, Perceptor } from "../models/perceptor.js";
import { add, clip, mul, sub } from "../ops/arithmetic.js";
import { clampWithGrad } from "../ops/gradient-control.js";
import { applyAlong, matmul } from "../ops/linear-algebra.js";
import { concat, gather, reshape, slice, transpose } from "../ops/movement.js";
import { adaptiveAvgPool, adaptiveMaxPool, avgPool } from "../ops/pooling.js";
import { gridSample, homographyGrid } from "../ops/resample.js";
import { type CutoutGeometry, cropSides, cropsPicture } from "./cutouts.js";
import { inputOf, joinedSize, type Perceptors, perceptorsOf, perceptorWeights, splitColumns } from "./ensemble.js";
import { latentOf } from "./latent-kind.js";
import { latentLoss, perceptualLoss, promptLosses, structureLoss } from "./losses.js";
import { type OwnLosses, pictureLosses } from "./picture-regularizers.js";
import type { Settings } from "./settings.js";

export interface StepModels extends Perceptors {
  readonly generator: Generator;
  /** What `pictureRegularizers` may name as their own. */
  readonly losses?: OwnLosses | undefined;
}

/** What the step computes. Its inputs are named in `stepInputs`. */
export interface StepOutputs {
  /** dLoss/dz [1,D,h,w] */
  readonly gradient: Tensor;
  /**
   * Weighted distance of each prompt, mean over cutouts; the structure and the perceptual term where they count; each of
   * the picture's regularisers: [p] or more
   */
  readonly losses: Tensor;
  /** mean((z - target)^2), without its weight */
  readonly latentLoss: Tensor;
  /** The picture of the latent before this step [1,3,H,W], 0..1 */
  readonly image: Tensor;
}

/** The windows of a step as the perceptor's settings and the picture's size give them. */
export function cutoutGeometry(settings: Settings, perceptor: Perceptor): CutoutGeometry {
  const [width, height] = settings.size;
  return { method: settings.cutMethod, power: settings.cutPower, width, height, cutSize: perceptor.inputSize };
}

/** Whether cutouts differ from the base picture at all; one plain whole-picture cutout needs no sampling. */
function samplesViews(settings: Settings): boolean {
  return cropsPicture(settings.cutMethod) || settings.augmentations.length > 0 || settings.cutouts > 1;
}

/** How the run's kind of cutouts of `picture` [1,3,H,W], of its size, are embedded by all perceptors [n,E]. */
export function buildViews(models: Perceptors, settings: Settings): Tensor {
  const [width, height] = settings.size;
  const picture = input("picture", "float32", [1, 3, height, width]);
  const columns = perceptorsOf(models).map((perceptor, index) => {
    const geometry = cutoutGeometry(settings, perceptor);
    const base = basePicture(picture, geometry);
    if (!samplesViews(settings)) return perceptor.encodeImage(base);
    const views = viewInputs(settings, geometry.cutSize, index);
    const parts: Tensor[] = [];
    for (let start = 0; start < settings.cutouts; start += settings.microBatch) {
      const end = Math.min(start + settings.microBatch, settings.cutouts);
      parts.push(perceptor.encodeImage(takeCutouts(base, sliceViews(views, start, end), geometry, settings)));
    }
    return concat(parts, 0);
  });
  return concat(columns, 1);
}

/** Builds the step's graph for `promptCount` prompt embeddings on a latent [1,D,h,w], or logits of codes [1,K,h,w]. */
export function buildStep(
  models: StepModels,
  settings: Settings,
  latentShape: readonly number[],
  promptCount: number,
): StepOutputs {
  const { generator } = models;
  const z = input("z", "float32", latentShape);
  const latent = latentOf(generator, settings.latent, z); // [1, D, h, w]
  const image = clampWithGrad(mul(add(generator.decode(latent, settings), 1), 0.5), 0, 1); // [1, 3, H, W]

  const prompts = splitColumns(input("prompts", "float32", [promptCount, joinedSize(models)]), models);
  const original = keepsSource(settings) ? input("original", "float32", image.shape) : undefined;
  const shares = perceptorWeights(models, settings);
  const common = {
    image,
    original,
    weights: input("weights", "float32", [promptCount]),
    stops: input("stops", "float32", [promptCount]),
  };
  const [seen, ...others] = perceptorsOf(models).map((perceptor, index) =>
    perceive(
      { ...common, perceptor, index, share: shares[index] as number, prompts: prompts[index] as Tensor },
      settings,
    ),
  ) as [Perceived, ...Perceived[]];
  const all = others.reduce(
    (sum, { losses, gradient }) => ({ losses: add(sum.losses, losses), gradient: add(sum.gradient, gradient) }),
    seen,
  );
  const regularized = regularizePicture(image, settings, models.losses, all);
  const [pictureGradient] = grad(image, [z], regularized.gradient);

  const target = input("latentTarget", "float32", latentShape);
  const distance = latentLoss(z, target);
  const [latentGradient] = grad(distance, [z]);
  const gradient = add(pictureGradient as Tensor, mul(latentGradient as Tensor, input("latentWeight", "float32", [])));
  // The runtime schedules what leads to the last output first: were it the losses, every micro-batch would run forward
  // and keep its activations before the first one runs backward.
  return { image, losses: regularized.losses, latentLoss: distance, gradient };
}

/** What one perceptor looks at, and what for. */
interface Look {
  readonly perceptor: Perceptor;
  /** Which of the perceptors it is */
  readonly index: number;
  /** How much its losses count */
  readonly share: number;
  /** [p,E] */
  readonly prompts: Tensor;
  /** [1,3,H,W] */
  readonly image: Tensor;
  /** What an edit is held against [1,3,H,W] */
  readonly original: Tensor | undefined;
  /** Of the prompts [p] */
  readonly weights: Tensor;
  readonly stops: Tensor;
}

interface Perceived {
  /** Weighted, mean over cutouts: [p], and more of an edit */
  readonly losses: Tensor;
  /** Of the losses' sum with respect to the picture [1,3,H,W] */
  readonly gradient: Tensor;
}

/**
 * One perceptor's losses. Cutouts go through it in micro-batches, each with its own backward pass down to the base
 * picture, so that only one batch's activations live at a time; the sum of their gradients is the gradient of their sum.
 */
function perceive(
  { perceptor, index, share, prompts, image, original, weights, stops }: Look,
  settings: Settings,
): Perceived {
  const geometry = cutoutGeometry(settings, perceptor);
  const base = basePicture(image, geometry);
  const views = viewInputs(settings, geometry.cutSize, index);
  const baseOfOriginal = original && basePicture(original, geometry);
  const scale = share / settings.cutouts;
  let losses: Tensor | undefined;
  let baseGradient: Tensor | undefined;
  for (let start = 0; start < settings.cutouts; start += settings.microBatch) {
    const end = Math.min(start + settings.microBatch, settings.cutouts);
    const see = (picture: Tensor): ImageLayers =>
      encodeLayers(
        perceptor,
        samplesViews(settings) ? takeCutouts(picture, sliceViews(views, start, end), geometry, settings) : picture,
        settings,
      );
    const seen = see(base);
    const distances = promptLosses(seen.embedding, prompts, weights, stops); // [p]
    const kept = baseOfOriginal ? sourceLosses(seen, see(baseOfOriginal), settings) : [];
    const batch = mul(concat([distances, ...kept], 0), scale); // [p] to [p + 2]
    const [gradient] = grad(batch, [base], constant(ones(batch.shape)));
    losses = losses ? add(losses, batch) : batch;
    baseGradient = baseGradient ? add(baseGradient, gradient as Tensor) : gradient;
  }
  const [gradient] = grad(base, [image], baseGradient) as [Tensor];
  return { losses: losses as Tensor, gradient };
}

/** Whether the step holds its cutouts against those of an edit's source. */
function keepsSource({ structure, perceptual }: Settings): boolean {
  return structure > 0 || perceptual > 0;
}

/** The inner layers only where they count. */
function encodeLayers(perceptor: Perceptor, pixels: Tensor, { perceptual }: Settings): ImageLayers {
  if (perceptual === 0) return { embedding: perceptor.encodeImage(pixels), layers: [] };
  const { name, encodeImageLayers } = perceptor;
  requires(
    encodeImageLayers,
    "BAD_MODEL",
    () => `perceptual: ${name} shows no inner layers`,
    "use structure, or another perceptor",
  );
  return encodeImageLayers(pixels);
}

/** The weighted terms that hold cutouts against the source's, summed over cutouts, [1] each. */
function sourceLosses(seen: ImageLayers, original: ImageLayers, { structure, perceptual }: Settings): Tensor[] {
  return [
    ...(structure > 0 ? [mul(structureLoss(seen.embedding, original.embedding), structure)] : []),
    ...(perceptual > 0 ? [mul(perceptualLoss(seen.layers, original.layers), perceptual)] : []),
  ];
}

const ones = (shape: Shape): NDArray => NDArray.float32(shape, new Float32Array(sizeOf(shape)).fill(1));

/** The picture's regularisers joined to what there is: their weighted losses, and dLoss/dPicture [1,3,H,W]. */
function regularizePicture(
  image: Tensor,
  { pictureRegularizers }: Settings,
  own: OwnLosses | undefined,
  { losses, gradient }: Perceived,
): Perceived {
  if (pictureRegularizers.length === 0) return { losses, gradient };
  const weights = input("pictureWeights", "float32", [pictureRegularizers.length]);
  const each = pictureLosses(image, pictureRegularizers, own);
  const [added] = grad(each, [image], weights) as [Tensor];
  return { losses: concat([losses, mul(each, weights)], 0), gradient: add(gradient, added) };
}

/** What cutouts are sampled from: the picture itself, or one squeezed copy of it at the perceptor's size. */
function basePicture(image: Tensor, geometry: CutoutGeometry): Tensor {
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
    ...(has("jitter") && { colours: own("colours", "float32", [n, 3, 4]) }),
    ...(has("noise") && { noise: noiseOf(own, n, cutSize) }),
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
 * @param base [1,3,H,W]
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
  let views = gridSample(base, padding === "border" ? withinBorder(grid, base) : grid);
  if (finer > 1) views = avgPool(views, { kernel: finer });
  if (colours) views = recolour(views, colours);
  if (noise) views = add(views, noise);
  if (mask) views = mul(views, mask);
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
