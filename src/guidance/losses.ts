/** Losses of one step (paper sections 2.1, 2.4 and 2.5). */
import { sizeOf } from "../core/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { abs, add, div, log, max, mul, relu, sign, sqrt, square, sub } from "../ops/arithmetic.js";
import { cosineSimilarity, normalize, pairedSphericalDistance, sphericalDistance } from "../ops/distance.js";
import { replaceGrad } from "../ops/gradient-control.js";
import { reshape } from "../ops/layout.js";
import { slice } from "../ops/movement.js";
import { avgPool } from "../ops/pooling.js";
import { mean, sum } from "../ops/reduction.js";

/** The losses of one step as numbers. */
export interface Losses {
  /** Sum of everything below, weighted as the gradient sees it. */
  readonly total: number;
  /** One weighted distance per prompt, in the order written. */
  readonly prompts: readonly number[];
  /** The structure term's share (0 when it is off). */
  readonly structure: number;
  /** The perceptual term's share (0 when it is off). */
  readonly perceptual: number;
  /** The share of the direction between two texts; absent when it is off. */
  readonly direction?: number;
  /** The share of the whole picture's direction beside that of its cutouts; absent when it is off. */
  readonly whole?: number;
  /** The share of what holds the picture's content; absent when it is off. */
  readonly content?: number;
  /** The share of what holds the picture's edges; absent when it is off. */
  readonly edges?: number;
  /** Each of the picture's regularisers, as settings list them. */
  readonly picture: readonly number[];
  /** Minus weight * score of each of the rewards, as settings list them. */
  readonly rewards: readonly number[];
  /** The regulariser's share (0 when it is off). */
  readonly latent: number;
}

/** Squared angle d = 2 asin(|e^ - t^| / 2)^2 in 0..pi^2/2, or 1 - cosine in 0..2. */
export const distances = ["spherical", "cosine"] as const;

/**
 * Distance of every cutout to every prompt, weighted: |w_p| * s_p * d, summed over cutouts, with s_p = sign(w_p).
 *
 * A prompt's gradient ends once s_p * d falls below its stop; the value shown does not.
 *
 * @param embeddings [n,E] of the cutouts
 * @param prompts [p,E]
 * @param weights [p], of either sign
 * @param stops [p], -Infinity for never
 * @returns [p]
 */
export function promptLosses(
  embeddings: Tensor,
  prompts: Tensor,
  weights: Tensor,
  stops: Tensor,
  distance: (typeof distances)[number] = "spherical",
): Tensor {
  const apart =
    distance === "cosine" ? sub(1, cosineSimilarity(embeddings, prompts)) : sphericalDistance(embeddings, prompts);
  const signed = mul(apart, sign(weights)); // [n, p]
  const stopped = replaceGrad(signed, max(signed, stops)); // [n, p]
  return mul(sum(stopped, { axes: [0] }), abs(weights));
}

/**
 * How far every cutout is from the same cutout of the source, summed (appendix G.2): keeps an edit's structure. With cosine
 * distance, it is what FlexIT's target has of the source (Couairon et al. 2022).
 *
 * @param embeddings [n,E] of the cutouts
 * @param originals [n,E] of the source's, seen through the same views
 * @returns [1]
 */
export function structureLoss(
  embeddings: Tensor,
  originals: Tensor,
  distance: (typeof distances)[number] = "spherical",
): Tensor {
  const apart =
    distance === "cosine"
      ? sub(1, sum(mul(normalize(embeddings), normalize(originals)), { axes: [1] }))
      : pairedSphericalDistance(embeddings, originals);
  return sum(apart, { axes: [0], keepDims: true });
}

/**
 * How far what every cutout shows is from the same cutout of the source, in the perceptor's inner layers, summed over
 * cutouts: LPIPS (Zhang et al. 2018) with this encoder and equal weights. Per layer, |f^ - o^|^2 of the unit vectors of a
 * position's channels, mean over positions; then the mean over layers. 0..4 a cutout.
 *
 * @param layers [n,positions,channels] each
 * @param originals of the source's cutouts, of the same shapes
 * @returns [1]
 */
export function perceptualLoss(layers: readonly Tensor[], originals: readonly Tensor[]): Tensor {
  const each = layers.map((layer, i) => {
    const apart = square(sub(normalize(layer), normalize(originals[i] as Tensor)));
    return mul(sum(apart), 1 / ((layer.shape[1] as number) * layers.length));
  });
  return reshape(
    each.reduce((total, loss) => add(total, loss)),
    [1],
  );
}

/** Length under which a change counts as little: it has no direction of its own, and pulls towards the texts'. */
const SMALL_CHANGE = 0.01;

/**
 * How far the way from the source to the picture points away from the way between two texts, 1 - cosine, 0..2, summed over
 * cutouts: the directional loss of StyleGAN-NADA (Gal et al. 2021). Where both pictures are equal it is 1, and its gradient
 * points along the texts' way: lengths of image changes are sqrt(|change|^2 + .01^2).
 *
 * @param embeddings [n,E] of the cutouts
 * @param originals [n,E] of the source's, seen through the same views, or [1,E] of the whole source
 * @param direction [1,E], of length 1
 * @param threshold cutouts that are nearer than this to the way count as 0, so that no single one is overdone (CLIPstyler, Kwon & Ye 2022)
 * @returns [1]
 */
export function directionLoss(embeddings: Tensor, originals: Tensor, direction: Tensor, threshold = 0): Tensor {
  const change = sub(normalize(embeddings), normalize(originals)); // [n, E]
  const along = sum(mul(change, direction), { axes: [1], keepDims: true });
  const length = sqrt(add(sum(square(change), { axes: [1], keepDims: true }), SMALL_CHANGE ** 2));
  const apart = sub(1, div(along, length)); // [n, 1]
  const counted = threshold === 0 ? apart : mul(apart, relu(sign(sub(apart, threshold)))); // the sign has no gradient
  return reshape(sum(counted), [1]);
}

/** Scales at which edges are compared: blocks of so many pixels a side. */
const EDGE_SCALES = [1, 2, 4];
/** Slope, of 1 a pixel, under which nothing counts as an edge: keeps roots and quotients finite on a plain picture. */
const NO_EDGE = 1e-3;

/**
 * How unlike two pictures' edges are: 1 - 2 cov(e, f) / (var(e) + var(f)) of the lengths of their grey's gradients, mean over
 * three scales, 0..2. It asks where edges are and how strong, and leaves colours open, and what is light and what dark.
 *
 * @param a [1,3,H,W] in 0..1, as b is; both sides at least 16
 * @returns [1]
 */
export function edgesLoss(a: Tensor, b: Tensor): Tensor {
  const each = EDGE_SCALES.map((scale) => {
    const [x, y] = [a, b].map((picture) => edgesOf(scale === 1 ? picture : avgPool(picture, { kernel: scale })));
    return sub(1, concordance(x as Tensor, y as Tensor));
  });
  return reshape(
    mul(
      each.reduce((total, loss) => add(total, loss)),
      1 / each.length,
    ),
    [1],
  );
}

/** Lengths of the gradient of the grey [1,1,H-1,W-1]. */
function edgesOf(picture: Tensor): Tensor {
  const grey = mean(picture, { axes: [1], keepDims: true });
  const corner = slice(slice(grey, 2, 0, -1), 3, 0, -1);
  const right = sub(slice(slice(grey, 2, 0, -1), 3, 1), corner);
  const down = sub(slice(slice(grey, 3, 0, -1), 2, 1), corner);
  return sqrt(add(add(square(right), square(down)), NO_EDGE ** 2));
}

function concordance(x: Tensor, y: Tensor): Tensor {
  const [a, b] = [sub(x, mean(x)), sub(y, mean(y))];
  return div(mul(mean(mul(a, b)), 2), add(add(mean(square(a)), mean(square(b))), NO_EDGE ** 2));
}

/** mean((z - target)^2): keeps the latent where the decoder knows its way. */
export function latentLoss(z: Tensor, target: Tensor): Tensor {
  return mean(square(sub(z, target)));
}

/** Length under which a position's way counts as none: at 0 its gradient is 0. */
const NO_WAY = 1e-6;

/**
 * sum over positions of |z - start| by that of |start|, lengths over the channels [1]: FlexIT's pull to where the latent
 * began (Couairon et al. 2022), which lets a few positions go far rather than all of them a little.
 */
export function relativeLoss(z: Tensor, start: Tensor): Tensor {
  const lengths = (x: Tensor) => sum(sqrt(add(sum(square(x), { axes: [1] }), NO_WAY ** 2)));
  return div(lengths(sub(z, start)), lengths(start));
}

/**
 * How unlikely a latent's length is for noise (Samuel et al. 2023): |e|^2 / 2 - (n - 1) ln |e| for e = z / deviation of n
 * numbers, less its least value, which it has at |e| = sqrt(n - 1).
 */
export function noiseLoss(z: Tensor, deviation = 1): Tensor {
  const free = sizeOf(z.shape) - 1;
  const ratio = mul(sum(square(z)), 1 / (free * deviation ** 2)); // |e|^2 / (n - 1)
  return mul(sub(add(ratio, -1), log(ratio)), free / 2);
}
