/** CLIP's image tower: a vision transformer whose class token becomes the embedding. */
import { requires } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { constant, type Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { add, mul } from "../../ops/arithmetic.js";
import { expand, reshape, transpose } from "../../ops/layout.js";
import { linear } from "../../ops/linear-algebra.js";
import { concat, slice } from "../../ops/movement.js";
import { layerNorm } from "../../ops/normalization.js";
import { sum } from "../../ops/reduction.js";
import type { ImageLayers } from "../perceptor.js";
import { type ClipConfig, gridOf } from "./config.js";
import { type BlockWeights, transformer } from "./transformer.js";

export type PictureConfig = Pick<ClipConfig, "image" | "pixelMean" | "pixelStd">;

export interface ImageWeights {
  /** [d,3,p,p] */
  readonly patches: Tensor;
  /** [d] */
  readonly classToken: Tensor;
  /** [1+g*g,d] */
  readonly positions: Tensor;
  readonly preNorm: Affine;
  readonly blocks: readonly BlockWeights[];
  readonly postNorm: Affine;
  /** [E,d] */
  readonly projection: Tensor;
}

/** Layers of a tower that are shown, as in LPIPS, evenly over its depth. */
const SHOWN_LAYERS = 4;

/**
 * Pictures to embeddings, and the patches' tokens between blocks, as the block that follows reads them.
 *
 * @param pixels [n,3,S,S] in 0..1; the encoder's own mean and deviation are applied here
 */
export function encodeImageLayers(weights: ImageWeights, config: PictureConfig, pixels: Tensor): ImageLayers {
  const { image } = config;
  const n = pictureCount(pixels, image.size);
  const norm = (h: Tensor, { weight, bias }: Affine) => layerNorm(h, weight, bias, { epsilon: image.layerNormEpsilon });
  const tokens = norm(placedTokens(weights, config, pixels), weights.preNorm);
  const { output: classToken, contexts } = transformer(tokens, weights.blocks, image, { kept: 1 }); // [n, 1, d]
  const embedding = linear(norm(reshape(classToken, [n, image.width]), weights.postNorm), weights.projection);
  return { embedding, layers: evenly(contexts.slice(1)).map((context) => slice(context, 1, 1)) };
}

/**
 * The class token and the patches, each with its position.
 *
 * @param bias of the patch convolution [d], where it has one
 * @returns [n,1+g*g,d]
 */
export function placedTokens(
  { patches, classToken, positions }: Pick<ImageWeights, "patches" | "classToken" | "positions">,
  config: PictureConfig,
  pixels: Tensor,
  bias?: Tensor,
): Tensor {
  const { width } = config.image;
  const behind = slice(positions, 0, 1);
  const placed = embedPatches(patches, bias ? add(behind, bias) : behind, config, pixels); // [n, g*g, d]
  const ahead = reshape(add(classToken, slice(positions, 0, 0, 1)), [1, 1, width]);
  return concat([expand(ahead, [pixels.shape[0] as number, 1, width]), placed], 1);
}

/** The layers to show of those between blocks; the first block reads the patches themselves. */
export function evenly(between: readonly Tensor[]): Tensor[] {
  const count = Math.min(SHOWN_LAYERS, between.length);
  const place = (k: number) => Math.round(((k + 1) * (between.length + 1)) / (count + 1)) - 1;
  return Array.from({ length: count }, (_, k) => between[place(k)] as Tensor);
}

/**
 * The patch convolution, whose stride is its kernel, as one matrix product. With W the kernel and positions P:
 * W . (x - mean) / std + P = (W / std) . x + (P - W . mean / std), so normalising the pixels costs nothing: both
 * brackets are constants.
 *
 * @param patches W [d,3,p,p]
 * @param positions P [g*g,d], with the convolution's bias where it has one
 * @returns [n,g*g,d]
 */
export function embedPatches(patches: Tensor, positions: Tensor, config: PictureConfig, pixels: Tensor): Tensor {
  const { size, patch, width } = config.image;
  const n = pixels.shape[0] as number;
  const grid = gridOf(config.image);
  const side = grid * patch;
  const whole = side === size ? pixels : slice(slice(pixels, 2, 0, side), 3, 0, side);
  const scaled = mul(patches, perChannel(config.pixelStd.map((std) => 1 / std))); // [d, 3, p, p]
  const offset = sum(mul(scaled, perChannel(config.pixelMean.map((mean) => -mean))), { axes: [1, 2, 3] }); // [d]
  const cells = transpose(reshape(whole, [n, 3, grid, patch, grid, patch]), [0, 2, 4, 1, 3, 5]); // [n, g, g, 3, p, p]
  const embedded = linear(
    reshape(cells, [n, grid * grid, 3 * patch * patch]),
    reshape(scaled, [width, 3 * patch * patch]),
  );
  return add(embedded, add(positions, offset));
}

/** How many square pictures of `size` [n,3,size,size] holds. @throws SHAPE_MISMATCH on anything else */
export function pictureCount(pixels: Tensor, size: number): number {
  const [n, channels, height, width] = pixels.shape as [number, number, number, number];
  requires(
    pixels.rank === 4 && channels === 3 && height === size && width === size,
    "SHAPE_MISMATCH",
    () => `encodeImage(): needs float32[n,3,${size},${size}], got ${pixels}`,
  );
  return n;
}

/** [1,3,1,1] */
export const perChannel = (values: readonly number[]): Tensor => constant(NDArray.float32([1, 3, 1, 1], values));

/** A map [n,c,h,w] as the features of its positions [n,h*w,c]. */
export function positionsOf(map: Tensor): Tensor {
  const [n, c, rows, columns] = map.shape as [number, number, number, number];
  return transpose(reshape(map, [n, c, rows * columns]), [0, 2, 1]);
}
