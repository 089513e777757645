/** Wav2CLIP: a ResNet of basic blocks on a sound's spectrum, whose mean a small net takes into the space of OpenAI's CLIP ViT-B/32. */
import { NDArray } from "../../core/ndarray.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { add, relu } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import { linear } from "../../ops/linear-algebra.js";
import { batchNorm } from "../../ops/normalization.js";
import { maxPool } from "../../ops/pooling.js";
import { mean } from "../../ops/reduction.js";
import { powerSpectrum } from "../../sound/spectrum.js";

/** Samples a second of what it hears. */
export const HEARD_RATE = 16_000;
const WINDOW = { size: 512, hop: 353 } as const;

/** A convolution without bias [out,in,k,k], and the batch norm behind it. */
export interface ConvNorm {
  readonly weight: Tensor;
  readonly norm: Affine & { readonly mean: Tensor; readonly variance: Tensor };
}

export interface BasicBlock {
  readonly convs: readonly [ConvNorm, ConvNorm];
  /** 1x1, where a block changes channels or sides */
  readonly shortcut: ConvNorm | undefined;
}

export interface Wav2ClipWeights {
  /** 7x7 with stride 2 */
  readonly stem: ConvNorm;
  readonly stages: readonly (readonly BasicBlock[])[];
  /** To the CLIP's space, relu between them */
  readonly maps: readonly [Affine, Affine];
}

/**
 * What the net sees of a sound: the logarithm of its power spectrum, with mean 0 and deviation 1.
 *
 * @param samples of `HEARD_RATE`, more than 256
 * @returns float32 [1,1,257,T], T = 1 + floor(samples / 353)
 */
export function heard(samples: Float32Array): NDArray {
  const { rows, columns, values } = powerSpectrum(samples, WINDOW);
  const logs = values.map((power) => Math.log(power + 1e-7));
  const average = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const squares = logs.reduce((sum, value) => sum + (value - average) ** 2, 0);
  const deviation = Math.sqrt(squares / (logs.length - 1)) + 1e-9;
  return NDArray.float32(
    [1, 1, rows, columns],
    logs.map((value) => (value - average) / deviation),
  );
}

/** @param spectrum [1,1,257,T] @returns [1,E], not normalised */
export function encodeSound(weights: Wav2ClipWeights, spectrum: Tensor): Tensor {
  const { stem, stages, maps } = weights;
  let h = relu(convNorm(spectrum, stem, 2, 3));
  h = maxPool(h, { kernel: 3, stride: 2, padding: 1 });
  for (const [stage, blocks] of stages.entries()) {
    for (const [i, block] of blocks.entries()) h = basicBlock(h, block, stage > 0 && i === 0 ? 2 : 1);
  }
  const pooled = mean(h, { axes: [2, 3] }); // [1, c]
  return linear(relu(linear(pooled, maps[0].weight, maps[0].bias)), maps[1].weight, maps[1].bias);
}

/** relu(shortcut(x) + conv(relu(conv(x)))) */
function basicBlock(x: Tensor, { convs: [first, second], shortcut }: BasicBlock, stride: 1 | 2): Tensor {
  const inner = convNorm(relu(convNorm(x, first, stride, 1)), second, 1, 1);
  return relu(add(inner, shortcut ? convNorm(x, shortcut, stride, 0) : x));
}

function convNorm(x: Tensor, { weight, norm }: ConvNorm, stride: number, padding: number): Tensor {
  return batchNorm(conv2d(x, weight, undefined, { stride, padding }), norm.weight, norm.bias, norm);
}
