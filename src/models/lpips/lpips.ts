/** LPIPS (Zhang et al. 2018): how unlike two pictures look, by a classifier's layers and how much each of their channels counts. */
import { NDArray } from "../../core/ndarray.js";
import { constant, type Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { add, div, mul, relu, sqrt, square, sub } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import { maxPool } from "../../ops/pooling.js";
import { mean, sum } from "../../ops/reduction.js";
import type { ModelFile } from "../model-file.js";

/** How unlike two pictures are to a classifier (Zhang et al. 2018). */
export interface Lpips {
  readonly name: string;
  /** Pictures [1,3,H,W] in 0..1, of at least 31 pixels a side -> a scalar, 0 for the same */
  distance(a: Tensor, b: Tensor): Tensor;
  readonly files: readonly ModelFile[];
}

/** Where a classifier's convolutions stand and what shrinks between them. */
export interface LpipsForm {
  /** Numbers of the convolutions in the classifier's list of layers, by slice; a slice's last is compared */
  readonly slices: readonly (readonly number[])[];
  /** Before which slices maxima are taken, 2 apart, and of windows of which side */
  readonly pooled: readonly number[];
  readonly window: number;
  /** Of the first convolution; all others have 1 */
  readonly stride: number;
  /** Of every convolution's windows, by number */
  readonly sides: Readonly<Record<number, number>>;
  /** Of the first one's border; all others' keep the size */
  readonly padding: number;
}

/** Networks by the side of their first windows. */
export const lpipsForms = {
  /** VGG-16 */
  3: {
    slices: [[0, 2], [5, 7], [10, 12, 14], [17, 19, 21], [24, 26, 28]],
    pooled: [1, 2, 3, 4],
    window: 2,
    stride: 1,
    sides: {},
    padding: 1,
  },
  /** AlexNet */
  11: { slices: [[0], [3], [6], [8], [10]], pooled: [1, 2], window: 3, stride: 4, sides: { 0: 11, 3: 5 }, padding: 2 },
} as const satisfies Readonly<Record<number, LpipsForm>>; // biome-ignore format: one table

/** Side of a convolution's windows where the form names none. */
export const USUAL_SIDE = 3;

export interface LpipsWeights {
  readonly form: LpipsForm;
  /** By their numbers. */
  readonly convolutions: ReadonlyMap<number, Affine>;
  /** How much each channel of a slice's last convolution counts, [1,C,1,1] each */
  readonly heads: readonly Tensor[];
}

/** What pictures of -1..1 are shifted and scaled by, as the weights were trained. */
const SHIFT = [-0.03, -0.088, -0.188];
const SCALE = [0.458, 0.448, 0.45];
/** Under the root of a place's length. */
const EPSILON = 1e-10;

/** sum over slices of mean over places of sum over channels of w (a^ - b^)^2, with the unit vectors of a place's channels. */
export function lpipsDistance(weights: LpipsWeights, a: Tensor, b: Tensor): Tensor {
  const [ofA, ofB] = [slicesOf(weights, a), slicesOf(weights, b)];
  return weights.heads
    .map((head, i) => {
      const apart = square(sub(unit(ofA[i] as Tensor), unit(ofB[i] as Tensor)));
      return mean(sum(mul(apart, head), { axes: [1] }));
    })
    .reduce((total, each) => add(total, each));
}

/** The last map [1,C,h,w] of every slice. */
function slicesOf({ form, convolutions }: LpipsWeights, picture: Tensor): Tensor[] {
  const channels = (values: readonly number[]) => constant(NDArray.float32([1, 3, 1, 1], values));
  let x = div(sub(sub(mul(picture, 2), 1), channels(SHIFT)), channels(SCALE));
  return form.slices.map((numbers, slice) => {
    if (form.pooled.includes(slice)) x = maxPool(x, { kernel: form.window, stride: 2 });
    for (const number of numbers) {
      const { weight, bias } = convolutions.get(number) as Affine;
      const first = number === 0;
      const side = form.sides[number] ?? USUAL_SIDE;
      const options = { stride: first ? form.stride : 1, padding: first ? form.padding : (side - 1) / 2 };
      x = relu(conv2d(x, weight, bias, options));
    }
    return x;
  });
}

const unit = (x: Tensor): Tensor => div(x, sqrt(add(sum(square(x), { axes: [1], keepDims: true }), EPSILON)));
