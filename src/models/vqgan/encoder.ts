/** The encoder: a picture to the latent that a quantiser reads, or to a continuous one. */
import { requires } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { conv2d } from "../../ops/convolution.js";
import { convolve, type LevelWeights, level, type MiddleWeights, middle, type Norm, normSilu } from "./blocks.js";
import { factorOf, type VqganConfig } from "./config.js";

export interface EncoderWeights {
  readonly convIn: Affine;
  /** From the full side down */
  readonly levels: readonly LevelWeights[];
  readonly middle: MiddleWeights;
  readonly normOut: Norm;
  readonly convOut: Affine;
  /** To the channels of a code */
  readonly quantConv?: Affine;
}

/**
 * The latent before quantisation. For a VQ model it lives among the codes; for a Gumbel model it is what the logits of
 * the codes are made of (`gumbelIndices`); for a KL model its first D channels are the mean of a distribution, the
 * others the logarithm of its variance.
 *
 * @param x [n,3,H,W] in -1..1; H and W multiples of the factor f
 * @returns [n,D,H/f,W/f], [n,2D,H/f,W/f] of a KL model
 */
export function encode(weights: EncoderWeights, config: VqganConfig, x: Tensor): Tensor {
  const factor = factorOf(config);
  const [, channels, height, width] = x.shape as [number, number, number, number];
  requires(
    x.rank === 4 && channels === 3 && height % factor === 0 && width % factor === 0,
    "SHAPE_MISMATCH",
    () => `encode(): needs [n,3,H,W] with sides that are multiples of ${factor}, got ${x}`,
  );
  const features = weights.levels.reduce(
    (h, stage) => {
      const y = level(h, stage);
      return stage.resample ? downsample(y, stage.resample) : y;
    },
    convolve(x, weights.convIn),
  );
  const out = convolve(normSilu(middle(features, weights.middle), weights.normOut), weights.convOut);
  return weights.quantConv ? convolve(out, weights.quantConv) : out;
}

/** A 3x3 convolution with stride 2; zeros at the right and the bottom only. */
function downsample(x: Tensor, { weight, bias }: Affine): Tensor {
  return conv2d(x, weight, bias, { stride: 2, padding: [0, 0, 1, 1] });
}
