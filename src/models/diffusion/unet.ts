/** The U-Net of a diffusion model: noise and a text to what schedules make a picture's latent of. */
import { recomputed } from "../../autodiff/recompute.js";
import { requires } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { upsampleConv } from "../../nn/upsample.js";
import { conv2d } from "../../ops/convolution.js";
import { concat } from "../../ops/movement.js";
import { avgPool, resizeNearest } from "../../ops/pooling.js";
import type { DecodeOptions } from "../generator.js";
import { convolve, type Norm, normSilu, type ResidualWeights, residualBlock, type Stage } from "../vqgan/blocks.js";
import {
  type PositionAttentionWeights,
  positionAttention,
  type SpatialTransformerWeights,
  spatialTransformer,
} from "./transformer.js";

/** A residual block, which time is folded into, and what attends behind it where the level does. */
export interface UNetBlockWeights {
  readonly residual: ResidualWeights;
  /** To a text, too */
  readonly transformer?: SpatialTransformerWeights;
  readonly attention?: PositionAttentionWeights;
}

export interface UNetLevelWeights {
  readonly blocks: readonly UNetBlockWeights[];
  /** The convolution, or the residual block, that halves or doubles the side */
  readonly resample?: Affine | ResidualWeights;
}

export interface UNetWeights {
  readonly convIn: Affine;
  readonly down: readonly UNetLevelWeights[];
  readonly middle: readonly UNetBlockWeights[];
  readonly up: readonly UNetLevelWeights[];
  readonly normOut: Norm;
  readonly convOut: Affine;
}

/**
 * On the way down every value that a block or a halving leaves is kept; on the way up every block reads the latest of them
 * that is left beside what comes to it.
 *
 * With `recompute`, the backward pass keeps what stands between blocks and computes their insides again.
 *
 * @param x [n,C,h,w], h and w multiples of what the levels halve
 * @param text [n,l,d]; for nets whose blocks have transformers
 * @returns [n,C',h,w]
 */
export function unet(
  weights: UNetWeights,
  x: Tensor,
  text: Tensor | undefined,
  { recompute = false }: DecodeOptions = {},
): Tensor {
  const halvings = weights.down.filter(({ resample }) => resample).length;
  const [, , height, width] = x.shape as [number, number, number, number];
  requires(
    x.rank === 4 && height % 2 ** halvings === 0 && width % 2 ** halvings === 0,
    "SHAPE_MISMATCH",
    () => `unet(): needs [n,c,h,w] with sides that are multiples of ${2 ** halvings}, got ${x}`,
  );
  const stage: Stage = recompute ? recomputed : (part, h) => part(h);
  const through = (h: Tensor, { residual, transformer, attention }: UNetBlockWeights) => {
    const y = stage((wide) => residualBlock(wide, residual, stage), h);
    if (attention) return stage((wide) => positionAttention(wide, attention), y);
    return transformer ? stage((wide) => spatialTransformer(wide, text as Tensor, transformer, stage), y) : y;
  };
  const within = (h: Tensor, block: ResidualWeights, resample: (h: Tensor) => Tensor) =>
    stage((wide) => residualBlock(wide, block, stage, resample), h);
  let h = convolve(x, weights.convIn);
  const kept = [h];
  for (const { blocks, resample } of weights.down) {
    for (const block of blocks) {
      h = through(h, block);
      kept.push(h);
    }
    if (!resample) continue;
    h =
      "conv1" in resample
        ? within(h, resample, (wide) => avgPool(wide, { kernel: 2 }))
        : conv2d(h, resample.weight, resample.bias, { stride: 2, padding: 1 });
    kept.push(h);
  }
  for (const block of weights.middle) h = through(h, block);
  for (const { blocks, resample } of weights.up) {
    for (const block of blocks) h = through(concat([h, kept.pop() as Tensor], 1), block);
    if (!resample) continue;
    h = "conv1" in resample ? within(h, resample, (small) => resizeNearest(small, 2)) : upsampleConv(h, resample);
  }
  return stage((wide) => convolve(normSilu(wide, weights.normOut), weights.convOut), h);
}
