/** VQGAN's decoder: a latent of codes to a picture. */
import { requires } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { upsampleConv } from "../../nn/upsample.js";
import { convolve, type LevelWeights, level, type MiddleWeights, middle, normSilu } from "./blocks.js";
import type { VqganConfig } from "./config.js";

export interface DecoderWeights {
  /** From the channels of a code */
  readonly postQuantConv: Affine;
  readonly convIn: Affine;
  readonly middle: MiddleWeights;
  /** From the smallest side up */
  readonly levels: readonly LevelWeights[];
  readonly normOut: Affine;
  readonly convOut: Affine;
}

/**
 * The picture of a latent; values run over -1..1 a little, as nothing bounds them.
 *
 * @param z [n,D,h,w], usually quantised
 * @returns [n,3,f*h,f*w]
 */
export function decode(weights: DecoderWeights, config: VqganConfig, z: Tensor): Tensor {
  requires(
    z.rank === 4 && z.shape[1] === config.codeChannels,
    "SHAPE_MISMATCH",
    () => `decode(): needs [n,${config.codeChannels},h,w], got ${z}`,
  );
  const first = convolve(convolve(z, weights.postQuantConv), weights.convIn);
  const features = weights.levels.reduce(
    (h, stage) => {
      const y = level(h, stage);
      return stage.resample ? upsampleConv(y, stage.resample) : y;
    },
    middle(first, weights.middle),
  );
  return convolve(normSilu(features, weights.normOut), weights.convOut);
}
