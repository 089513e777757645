/** A small convolutional image tower with a smooth gradient: SiLU everywhere, sides halved by averages, all last cells read. */
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { silu } from "../../ops/activation.js";
import { add, mul, sub } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import { reshape, transpose } from "../../ops/layout.js";
import { linear } from "../../ops/linear-algebra.js";
import { pad } from "../../ops/movement.js";
import { avgPool } from "../../ops/pooling.js";
import type { PixelScale } from "../clip/config.js";
import { perChannel, pictureCount, positionsOf } from "../clip/image-encoder.js";
import type { ImageLayers } from "../perceptor.js";
import type { ConvolutionalImageConfig } from "./config.js";

export interface ConvolutionalBlockWeights {
  /** 3x3 */
  readonly conv1: Affine;
  /** 3x3 */
  readonly conv2: Affine;
  /** 1x1; always where a block changes the number of channels */
  readonly shortcut: Affine | undefined;
}

export interface ConvolutionalImageWeights {
  /** [c,3,k,k] */
  readonly stem: Affine;
  readonly stages: readonly (readonly ConvolutionalBlockWeights[])[];
  /** [E,c*g*g], channels outermost */
  readonly projection: Tensor;
}

/**
 * Pictures to embeddings, not normalised, and what each stage saw.
 *
 * @param pixels [n,3,S,S] in 0..1; the encoder's own mean and deviation are applied here
 */
export function encodeConvolutionalImage(
  weights: ConvolutionalImageWeights,
  { image, pixelMean, pixelStd }: PixelScale & { readonly image: ConvolutionalImageConfig },
  pixels: Tensor,
): ImageLayers {
  const n = pictureCount(pixels, image.size);
  const { weight, bias } = weights.stem;
  const scaled = mul(weight, perChannel(pixelStd.map((std) => 1 / std))); // W . (x - mean) / std = (W / std) . (x - mean)
  let h = silu(stemConvolution(sub(pixels, perChannel(pixelMean)), scaled, bias, image.stem.stride)); // [n, c, S/s, S/s]
  const layers = weights.stages.map((blocks, stage) => {
    h = blocks.reduce(residual, stage === 0 ? h : avgPool(h, { kernel: 2 }));
    return positionsOf(h);
  });
  return { embedding: linear(reshape(h, [n, -1]), weights.projection), layers };
}

/** silu(shortcut(x) + conv2(silu(conv1(x)))) */
function residual(x: Tensor, { conv1, conv2, shortcut }: ConvolutionalBlockWeights): Tensor {
  const hidden = silu(conv2d(x, conv1.weight, conv1.bias, { padding: 1 }));
  const change = conv2d(hidden, conv2.weight, conv2.bias, { padding: 1 });
  return silu(add(shortcut ? conv2d(x, shortcut.weight, shortcut.bias) : x, change));
}

/**
 * conv2d(x, weight, bias, { stride: s, padding: floor((k - s + 1) / 2) }) without its stride: each s x s square of pixels
 * becomes the channels of one cell, and the kernel, with zeros around so that it covers whole cells, is rearranged alike,
 * which the engine does once. The derivative then is a convolution over cells, without s*s - 1 zeros between cotangents.
 *
 * @param x [n,c,S,S], S a multiple of s
 * @returns [n,out,S/s,S/s]
 */
export function stemConvolution(x: Tensor, weight: Tensor, bias: Tensor, stride: number): Tensor {
  const kernel = weight.shape[2] as number;
  const padding = Math.floor((kernel - stride + 1) / 2);
  const before = Math.ceil(padding / stride); // cells
  const ahead = before * stride - padding; // zeros ahead of the kernel
  const cells = Math.ceil((ahead + kernel) / stride); // k', the kernel's side in cells
  const behind = cells * stride - ahead - kernel;
  const whole = pad(weight, [0, 0, ahead, ahead], [0, 0, behind, behind]);
  const after = cells - 1 - before;
  return conv2d(cellsOf(x, stride), cellsOf(whole, stride), bias, {
    padding: [before, before, after, after],
  });
}

/** [n,c,h,w] -> [n,c*s*s,h/s,w/s] */
function cellsOf(x: Tensor, side: number): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [rows, columns] = [h / side, w / side];
  const apart = transpose(reshape(x, [n, c, rows, side, columns, side]), [0, 1, 3, 5, 2, 4]);
  return reshape(apart, [n, c * side * side, rows, columns]);
}
