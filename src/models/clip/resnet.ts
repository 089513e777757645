/** The ResNets of CLIP: three convolutions, four stages of bottlenecks, and attention in place of the last average. */
import type { Tensor } from "../../graph/tensor.js";
import { type AttentionWeights, multiHeadAttention } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { add, div, relu, sub } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import { reshape } from "../../ops/layout.js";
import { concat, slice } from "../../ops/movement.js";
import { avgPool } from "../../ops/pooling.js";
import { mean } from "../../ops/reduction.js";
import type { ImageLayers } from "../perceptor.js";
import { perChannel, pictureCount, positionsOf } from "./image-encoder.js";

export interface ResNetConfig {
  /** Side S of the pictures it looks at */
  readonly size: number;
  /** Channels of the first stage's bottlenecks; the tower ends with 32 times as many */
  readonly width: number;
  /** Of each of the four stages */
  readonly blocks: readonly number[];
  readonly heads: number;
}

/** Convolutions with their batch norms folded in. */
export interface BottleneckWeights {
  /** 1x1, 3x3, 1x1 */
  readonly convs: readonly [Affine, Affine, Affine];
  /** 1x1, where a block changes channels or sides */
  readonly shortcut: Affine | undefined;
}

export interface ResNetWeights {
  /** 3x3, the first of stride 2 */
  readonly stem: readonly [Affine, Affine, Affine];
  readonly stages: readonly (readonly BottleneckWeights[])[];
  /** [1+g*g,c] */
  readonly positions: Tensor;
  /** The output map goes to [E,c] */
  readonly attention: AttentionWeights;
}

/**
 * Pictures to embeddings, not normalised, and what each stage saw.
 *
 * @param pixels [n,3,S,S] in 0..1; the encoder's own mean and deviation are applied here
 */
export function encodeResNet(
  weights: ResNetWeights,
  config: { readonly image: ResNetConfig; readonly pixelMean: readonly number[]; readonly pixelStd: readonly number[] },
  pixels: Tensor,
): ImageLayers {
  const { size, heads } = config.image;
  const n = pictureCount(pixels, size);
  let h = div(sub(pixels, perChannel(config.pixelMean)), perChannel(config.pixelStd));
  for (const [i, { weight, bias }] of weights.stem.entries()) {
    h = relu(conv2d(h, weight, bias, { stride: i === 0 ? 2 : 1, padding: 1 }));
  }
  h = avgPool(h, { kernel: 2 }); // [n, width, S/4, S/4]
  const layers: Tensor[] = [];
  for (const [stage, blocks] of weights.stages.entries()) {
    for (const [i, block] of blocks.entries()) h = bottleneck(h, block, stage > 0 && i === 0 ? 2 : 1);
    layers.push(positionsOf(h));
  }
  const seen = layers.at(-1) as Tensor; // [n, g*g, c]
  const tokens = add(concat([mean(seen, { axes: [1], keepDims: true }), seen], 1), weights.positions);
  const pooled = multiHeadAttention(slice(tokens, 1, 0, 1), tokens, weights.attention, { heads }); // [n, 1, E]
  return { embedding: reshape(pooled, [n, pooled.shape[2] as number]), layers };
}

/** relu(shortcut(x) + conv(pool(conv(conv(x))))): sides are halved by averages, never by strides. */
function bottleneck(x: Tensor, { convs: [reduce, look, expand], shortcut }: BottleneckWeights, stride: 1 | 2): Tensor {
  const pooled = (h: Tensor) => (stride === 1 ? h : avgPool(h, { kernel: stride }));
  const inner = relu(conv2d(relu(conv2d(x, reduce.weight, reduce.bias)), look.weight, look.bias, { padding: 1 }));
  const y = conv2d(pooled(inner), expand.weight, expand.bias);
  return relu(add(y, shortcut ? conv2d(pooled(x), shortcut.weight, shortcut.bias) : x));
}
