/**
 * A small U-Net that repaints a picture (CLIPstyler, Kwon & Ye 2022): its latent is its weights, so that what is optimised
 * is a way to paint. It begins at random weights; nothing is learnt before.
 */
import { NDArray } from "../../core/ndarray.js";
import type { Random } from "../../core/random.js";
import { sizeOf } from "../../core/shape.js";
import { input, type Tensor } from "../../graph/tensor.js";
import { add, mul, relu, sigmoid } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import { reshape } from "../../ops/layout.js";
import { concat, slice } from "../../ops/movement.js";
import { groupNorm } from "../../ops/normalization.js";
import { floats, zeros } from "../../ops/operands.js";
import { resizeBilinear } from "../../ops/resample.js";
import { type Generator, sourceOption } from "../generator.js";

/** Channels at full size and at each half size below. */
const WIDTHS = [16, 32, 64, 128] as const;
/** Both sides are halved as often as there are widths below the first. */
const FACTOR = 2 ** (WIDTHS.length - 1);

/** Settings that suit the bundled encoder, which sees little in a small patch: more of the same patch before, less of the whole picture. */
const recommended = {
  steps: 100,
  optimizer: "adam",
  learningRate: 0.003,
  schedule: { kind: "linear", final: 0.1 },
  cutouts: 8,
  cutMethod: "patches",
  augmentations: [{ kind: "perspective", distortion: 0.5, p: 1 }],
  direction: { from: "a photo", to: null, weight: 9, threshold: 0.3, against: "same", whole: 1 },
  start: "normal",
  pictureRegularizers: [{ kind: "tv", weight: 0.02 }],
  regularizer: { weight: 0, target: "zero", decay: 0, every: 1 },
  strength: 0.8,
};

/** The latent [1,N] holds the convolutions one after another: each one's weights, then its biases where it has any. */
export const unet: Generator = {
  name: "unet",
  factor: FACTOR,
  resolution: 256,
  recommended,
  repaints: true,
  latentShape: () => [1, length()],
  first: (_, random) => NDArray.float32([1, length()], randomWeights(random)),
  decode: (z, options) => repaint(sourceOption("unet", options), takeFrom(z)),
  files: [],
};

/** A convolution's weights [out,from,side,side], and biases [out] unless it is normalised, which would take them away. */
interface Convolution {
  readonly shape: readonly [out: number, from: number, side: number, side: number];
  readonly biased: boolean;
}

type Take = (convolution: Convolution) => { readonly weight: Tensor; readonly bias?: Tensor };

/** @param x [1,3,H,W] in -1..1 @returns the same, repainted */
function repaint(x: Tensor, take: Take): Tensor {
  const convolve = (h: Tensor, width: number, side: number, { stride = 1, biased = true } = {}) => {
    const { weight, bias } = take({ shape: [width, h.shape[1] as number, side, side], biased });
    return conv2d(h, weight, bias, { stride, padding: Math.floor((side - 1) / 2) });
  };
  const normalised = (h: Tensor, width: number) => relu(instanceNorm(convolve(h, width, 3, { biased: false })));
  const block = (h: Tensor, width: number) => add(normalised(normalised(h, width), width), convolve(h, width, 1));
  const [thinnest, ...wider] = WIDTHS;
  const first = convolve(x, thinnest, 1);
  const shown: Tensor[] = [];
  let h = first;
  for (const width of WIDTHS.slice(0, -1)) {
    shown.push(block(h, width));
    h = convolve(shown.at(-1) as Tensor, width, 4, { stride: 2 });
  }
  h = block(h, wider.at(-1) as number);
  for (const seen of shown.reverse()) {
    const [, width, rows, columns] = seen.shape as [number, number, number, number];
    h = block(concat([resizeBilinear(h, [rows, columns]), seen], 1), width);
  }
  h = block(concat([h, first], 1), thinnest);
  return add(mul(sigmoid(convolve(h, 3, 1)), 2), -1);
}

function instanceNorm(x: Tensor): Tensor {
  const channels = x.shape[1] as number;
  return groupNorm(x, floats([channels], new Float32Array(channels).fill(1)), zeros([channels]), { groups: channels });
}

/** What `repaint` takes, in its order. */
let known: readonly Convolution[] | undefined;

function convolutions(): readonly Convolution[] {
  if (known) return known;
  const taken: Convolution[] = [];
  repaint(input("x", "float32", [1, 3, FACTOR, FACTOR]), (convolution) => {
    taken.push(convolution);
    return { weight: zeros(convolution.shape), bias: zeros([convolution.shape[0]]) };
  });
  known = taken;
  return taken;
}

const length = (): number =>
  convolutions().reduce((sum, { shape, biased }) => sum + sizeOf(shape) + (biased ? shape[0] : 0), 0);

/** Uniform within 1 / sqrt(what a number is summed of), as PyTorch begins its convolutions. */
function randomWeights(random: Random): Float32Array {
  const values = convolutions().flatMap(({ shape: [out, from, side], biased }) => {
    const most = 1 / Math.sqrt(from * side * side);
    return Array.from({ length: out * from * side * side + (biased ? out : 0) }, () => random.uniform(-most, most));
  });
  return Float32Array.from(values);
}

function takeFrom(z: Tensor): Take {
  const flat = reshape(z, [-1]);
  let at = 0;
  const next = (shape: readonly number[]) => {
    at += sizeOf(shape);
    return reshape(slice(flat, 0, at - sizeOf(shape), at), shape);
  };
  return ({ shape, biased }) => ({ weight: next(shape), ...(biased && { bias: next([shape[0]]) }) });
}
