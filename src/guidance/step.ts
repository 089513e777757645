/**
 * One step of the method as one graph (paper section 2): decode the latent, look at cutouts of the picture, compare them
 * with the prompts, and differentiate the loss with respect to the latent.
 */
import { grad } from "../autodiff/grad.js";
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { type Shape, sizeOf } from "../core/shape.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import type { Classifier } from "../models/classifier/vgg19.js";
import type { Generator } from "../models/generator.js";
import type { ImageLayers, Perceptor } from "../models/perceptor.js";
import { add, mul } from "../ops/arithmetic.js";
import { clampWithGrad } from "../ops/gradient-control.js";
import { concat, slice } from "../ops/movement.js";
import { joinedSize, perceptorsOf, perceptorWeights, splitColumns } from "../perception/ensemble.js";
import type { Rewarding } from "../perception/rewards.js";
import { decoded, originalInput } from "./decoded.js";
import { latentOf } from "./latent-kind.js";
import { directionLoss, latentLoss, noiseLoss, promptLosses, relativeLoss } from "./losses.js";
import type { OwnLosses } from "./picture-regularizers.js";
import {
  holdPicture,
  joinLoss,
  type Perceived,
  regularizePicture,
  rewardPicture,
  type Source,
} from "./picture-terms.js";
import { basePicture, cutoutBatches, cutoutGeometry } from "./sampling.js";
import type { Settings } from "./settings.js";
import { cutoutLosses, keptTerms, looksAtCutouts, type Original } from "./source-terms.js";

export interface StepModels extends Rewarding {
  readonly generator: Generator;
  /** What `pictureRegularizers` may name as their own. */
  readonly losses?: OwnLosses | undefined;
  /** What tells how unlike two pictures' contents are, for `content`. */
  readonly classifier?: Classifier | undefined;
}

/** What the step computes. What it is fed, `step-program.ts` says. */
export interface StepOutputs {
  /** dLoss/dz [1,D,h,w]; absent where the search needs none */
  readonly gradient?: Tensor;
  /**
   * Weighted distance of each prompt, mean over cutouts; the structure and the perceptual term where they count; each of
   * the picture's regularisers; and the scores of the rewards, which have no weight yet: [p] or more
   */
  readonly losses: Tensor;
  /** The regulariser of the latent, without its weight */
  readonly latentLoss: Tensor;
  /** The picture of the latent before this step [1,3,H,W], 0..1 */
  readonly image: Tensor;
  /** What another autoencoder draws the finished picture of, see `Generator.finishing`; absent where none does */
  readonly inner?: Tensor;
}

/** The last graph of each pair: what a plan was made from is what is compiled. */
const latest = new WeakMap<StepModels, { readonly key: string; readonly outputs: StepOutputs }>();

/**
 * Builds the step's graph for `promptCount` prompt embeddings on a latent [1,D,h,w], or logits of codes [1,K,h,w].
 *
 * @param room of lists of what lies where, see `DecodeOptions`
 */
export function buildStep(
  models: StepModels,
  settings: Settings,
  latentShape: readonly number[],
  promptCount: number,
  room?: number,
): StepOutputs {
  const key = JSON.stringify([settings, latentShape, promptCount, room]);
  const known = latest.get(models);
  if (known?.key === key) return known.outputs;
  const outputs = stepGraph(models, settings, latentShape, promptCount, room);
  latest.set(models, { key, outputs });
  return outputs;
}

function stepGraph(
  models: StepModels,
  settings: Settings,
  latentShape: readonly number[],
  promptCount: number,
  room: number | undefined,
): StepOutputs {
  const { generator } = models;
  const z = input("z", "float32", latentShape);
  const latent = latentOf(generator, settings.latent, z); // [1, D, h, w]
  const { recompute, size, noising } = settings;
  const kept = keptTerms(settings).length;
  const original = kept > 0 || generator.repaints ? originalInput(size) : undefined;
  const { picture, inner } = decoded(generator, latent, { recompute, size, noising, room }, original);
  const image = clampWithGrad(picture, 0, 1); // [1, 3, H, W], or views [V, 3, H, W]

  const prompts = splitColumns(input("prompts", "float32", [promptCount, joinedSize(models)]), models);
  const directions = settings.direction
    ? splitColumns(input("textDirection", "float32", [1, joinedSize(models)]), models)
    : [];
  const source =
    kept > 0 && original ? { picture: original, weights: input("keptWeights", "float32", [kept]) } : undefined;
  const counts = perceptorWeights(models, settings);
  const shares =
    settings.perceptorWeights.length > 0 ? input("perceptorWeights", "float32", [counts.length]) : undefined;
  const common = {
    image,
    source,
    weights: input("weights", "float32", [promptCount]),
    stops: input("stops", "float32", [promptCount]),
  };
  const [seen, ...others] = perceptorsOf(models).map((perceptor, index) => {
    const share = shares ? slice(shares, 0, index, index + 1) : undefined;
    const own = { prompts: prompts[index] as Tensor, direction: directions[index] };
    return perceive({ ...common, ...own, perceptor, index, share }, settings);
  }) as [Perceived, ...Perceived[]];
  const all = others.reduce(
    (sum, { losses, gradient }) => ({ losses: add(sum.losses, losses), gradient: add(sum.gradient, gradient) }),
    seen,
  );
  const held = holdPicture(image, settings, models.classifier, source, all);
  const asked = rewardPicture(image, settings, models, regularizePicture(image, settings, models.losses, held));
  const distance = latentPull(z, settings, generator);
  const seenOnly = {
    image: slice(image, 0, 0, 1),
    ...(inner && { inner }),
    losses: asked.losses,
    latentLoss: distance,
  };
  if (settings.search !== "gradient") return seenOnly;
  const [pictureGradient] = grad(image, [z], asked.gradient);
  const [latentGradient] = grad(distance, [z]);
  const gradient = add(pictureGradient as Tensor, mul(latentGradient as Tensor, input("latentWeight", "float32", [])));
  // The runtime schedules what leads to the last output first: were it the losses, every micro-batch would run forward
  // and keep its activations before the first one runs backward.
  return { ...seenOnly, gradient };
}

/** The regulariser of what is optimised, without its weight. */
function latentPull(z: Tensor, { regularizer: { target } }: Settings, { deviation }: Generator): Tensor {
  if (target === "noise") return noiseLoss(z, deviation);
  const wanted = input("latentTarget", "float32", z.shape);
  return target === "relative" ? relativeLoss(z, wanted) : latentLoss(z, wanted);
}

/** What one perceptor looks at, and what for. */
interface Look {
  readonly perceptor: Perceptor;
  /** Which of the perceptors it is */
  readonly index: number;
  /** How much its losses count [1], where that is not 1 */
  readonly share: Tensor | undefined;
  /** [p,E] */
  readonly prompts: Tensor;
  /** [1,3,H,W], or views [V,3,H,W] */
  readonly image: Tensor;
  /** What an edit is held against */
  readonly source: Source | undefined;
  /** Of the prompts [p] */
  readonly weights: Tensor;
  readonly stops: Tensor;
  /** Between two texts [1,E], of length 1; where it counts */
  readonly direction: Tensor | undefined;
}

/**
 * One perceptor's losses. Cutouts go through it in micro-batches, each with its own backward pass down to the base
 * picture, so that only one batch's activations live at a time; the sum of their gradients is the gradient of their sum.
 */
function perceive(
  { perceptor, index, share, prompts, image, source, weights, stops, direction }: Look,
  settings: Settings,
): Perceived {
  const geometry = cutoutGeometry(settings, perceptor);
  const base = basePicture(image, geometry);
  const terms = keptTerms(settings, "cutouts").length;
  const seeWhole = (picture: Tensor) => perceptor.encodeImage(basePicture(picture, { ...geometry, method: "whole" })); // [1, E]
  const whole = source && settings.direction ? seeWhole(source.picture) : undefined;
  const sourceBase = source && looksAtCutouts(settings) ? basePicture(source.picture, geometry) : undefined;
  const scale = share ? mul(share, 1 / settings.cutouts) : 1 / settings.cutouts;
  let losses: Tensor | undefined;
  let baseGradient: Tensor | undefined;
  for (const take of cutoutBatches(settings, geometry, index)) {
    const see = (picture: Tensor): ImageLayers => encodeLayers(perceptor, take(picture), settings);
    const seen = see(base);
    const parts = [promptLosses(seen.embedding, prompts, weights, stops, settings.distance)]; // [p]
    if (source && terms > 0) {
      const original: Original = { cutouts: sourceBase && see(sourceBase), whole };
      parts.push(mul(cutoutLosses(seen, original, settings, direction), slice(source.weights, 0, 0, terms)));
    }
    const batch = mul(concat(parts, 0), scale); // [p] to [p + 3]
    const [gradient] = grad(batch, [base], constant(ones(batch.shape)));
    losses = losses ? add(losses, batch) : batch;
    baseGradient = baseGradient ? add(baseGradient, gradient as Tensor) : gradient;
  }
  const [gradient] = grad(base, [image], baseGradient) as [Tensor];
  const perceived = { losses: losses as Tensor, gradient };
  if (!source || keptTerms(settings, "whole").length === 0) return perceived;
  const apart = directionLoss(seeWhole(image), whole as Tensor, direction as Tensor);
  const weight = slice(source.weights, 0, terms, terms + 1);
  return joinLoss(perceived, image, apart, share ? mul(weight, share) : weight);
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

const ones = (shape: Shape): NDArray => NDArray.float32(shape, new Float32Array(sizeOf(shape)).fill(1));
