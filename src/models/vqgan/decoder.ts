/** The decoder: a latent, of codes or continuous, to a picture. */
import { recomputed } from "../../autodiff/recompute.js";
import { requires } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { upsampleConv } from "../../nn/upsample.js";
import type { DecodeOptions } from "../generator.js";
import {
  convolve,
  type LevelWeights,
  level,
  type MiddleWeights,
  middle,
  type Norm,
  normSilu,
  type Stage,
} from "./blocks.js";
import type { VqganConfig } from "./config.js";

export interface DecoderWeights {
  /** From the channels of a code */
  readonly postQuantConv?: Affine;
  readonly convIn: Affine;
  readonly middle: MiddleWeights;
  /** From the smallest side up */
  readonly levels: readonly LevelWeights[];
  readonly normOut: Norm;
  readonly convOut: Affine;
}

/**
 * The picture of a latent; values run over -1..1 a little, as nothing bounds them.
 *
 * With `recompute`, the backward pass keeps only what stands between levels, then between the blocks of one level, then
 * between the halves of one block, and computes the rest again: three forward passes in all, a fraction of the memory.
 *
 * @param z [n,D,h,w], usually quantised
 * @returns [n,3,f*h,f*w]
 */
export function decode(
  weights: DecoderWeights,
  config: VqganConfig,
  z: Tensor,
  { recompute = false }: DecodeOptions = {},
): Tensor {
  requires(
    z.rank === 4 && z.shape[1] === config.codeChannels,
    "SHAPE_MISMATCH",
    () => `decode(): needs [n,${config.codeChannels},h,w], got ${z}`,
  );
  const { postQuantConv, convIn } = weights;
  const first = convolve(postQuantConv ? convolve(z, postQuantConv) : z, convIn);
  const stage: Stage = recompute ? recomputed : (f, x) => f(x);
  const features = weights.levels.reduce(
    (h, { resample, ...blocks }) =>
      stage((x) => {
        const y = level(x, blocks, stage);
        return resample ? stage((wide) => upsampleConv(wide, resample), y) : y;
      }, h),
    stage((x) => middle(x, weights.middle, stage), first),
  );
  return stage((x) => convolve(normSilu(x, weights.normOut), weights.convOut), features);
}
