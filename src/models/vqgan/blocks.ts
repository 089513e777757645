/** The residual and attention blocks that encoder and decoder share. */
import type { Tensor } from "../../graph/tensor.js";
import { type AttentionWeights, spatialAttention } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { add } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import { groupNorm, groupNormSilu } from "../../ops/normalization.js";

export interface Norm extends Affine {
  readonly groups: number;
  /** Added to the variance, inside the root */
  readonly epsilon: number;
}

export interface ResidualWeights {
  readonly norm1: Norm;
  readonly conv1: Affine;
  /** Added to what that gives [1,c,1,1], where it is no constant that its bias could hold */
  readonly shift?: Tensor;
  readonly norm2: Norm;
  readonly conv2: Affine;
  /** 1x1; only where the number of channels changes */
  readonly shortcut?: Affine;
}

export interface AttentionBlockWeights {
  readonly norm: Norm;
  readonly attention: AttentionWeights;
}

/** A level's residual blocks, each followed by attention where the level attends. */
export interface LevelWeights {
  readonly blocks: readonly ResidualWeights[];
  readonly attentions: readonly AttentionBlockWeights[];
  /** The convolution that halves or doubles the side */
  readonly resample?: Affine;
}

export interface MiddleWeights {
  readonly block1: ResidualWeights;
  readonly attention?: AttentionBlockWeights;
  readonly block2: ResidualWeights;
}

/** A convolution that keeps the side: 1x1 without padding, 3x3 with one zero around. */
export function convolve(x: Tensor, { weight, bias }: Affine): Tensor {
  return conv2d(x, weight, bias, { padding: ((weight.shape[2] as number) - 1) / 2 });
}

/** silu(groupNorm(x)), which comes before nearly every convolution */
export function normSilu(x: Tensor, { weight, bias, groups, epsilon }: Norm): Tensor {
  return groupNormSilu(x, weight, bias, { groups, epsilon });
}

/** How a part is applied: plainly, or so that its values are computed again in the backward pass (`recomputed`). */
export type Stage = (part: (x: Tensor) => Tensor, x: Tensor) => Tensor;

const plainly: Stage = (part, x) => part(x);

/**
 * y = shortcut(r(x)) + conv2(silu(norm2(conv1(r(silu(norm1(x)))))))
 *
 * @param resample r, which changes the side (default: nothing)
 */
export function residualBlock(
  x: Tensor,
  { norm1, conv1, shift, norm2, conv2, shortcut }: ResidualWeights,
  stage = plainly,
  resample = (h: Tensor): Tensor => h,
): Tensor {
  const entered = stage((h) => convolve(resample(normSilu(h, norm1)), conv1), x);
  const hidden = shift ? add(entered, shift) : entered;
  const change = stage((h) => convolve(normSilu(h, norm2), conv2), hidden);
  const kept = resample(x);
  return add(shortcut ? convolve(kept, shortcut) : kept, change);
}

/** y = x + attention(norm(x)) */
export function attentionBlock(x: Tensor, { norm, attention }: AttentionBlockWeights): Tensor {
  const { weight, bias, groups, epsilon } = norm;
  return add(x, spatialAttention(groupNorm(x, weight, bias, { groups, epsilon }), attention));
}

export function middle(x: Tensor, { block1, attention, block2 }: MiddleWeights, stage = plainly): Tensor {
  const first = residualStage(x, block1, stage);
  return residualStage(attention ? stage((h) => attentionBlock(h, attention), first) : first, block2, stage);
}

function residualStage(x: Tensor, block: ResidualWeights, stage: Stage): Tensor {
  return stage((h) => residualBlock(h, block, stage), x);
}

/** The blocks of one level, without its change of side. */
export function level(x: Tensor, { blocks, attentions }: Omit<LevelWeights, "resample">, stage = plainly): Tensor {
  return blocks.reduce((h, block, i) => {
    const y = residualStage(h, block, stage);
    const attention = attentions[i];
    return attention ? stage((wide) => attentionBlock(wide, attention), y) : y;
  }, x);
}
