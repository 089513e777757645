/** LPIPS (Zhang et al. 2018): how unlike two pictures look, by a classifier's layers and how much each of their channels counts. */
import { NDArray } from "../../core/ndarray.js";
import { constant, type Tensor } from "../../graph/tensor.js";
import { add, div, mul, sqrt, square, sub } from "../../ops/arithmetic.js";
import { mean, sum } from "../../ops/reduction.js";
import { type ClassifierForm, type Convolutions, slicesOf } from "../classifier/layers.js";
import type { ModelFile } from "../model-file.js";

/** How unlike two pictures are to a classifier (Zhang et al. 2018). */
export interface Lpips {
  readonly name: string;
  /** Pictures [1,3,H,W] in 0..1, of at least 31 pixels a side -> a scalar, 0 for the same */
  distance(a: Tensor, b: Tensor): Tensor;
  readonly files: readonly ModelFile[];
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
} as const satisfies Readonly<Record<number, ClassifierForm>>; // biome-ignore format: one table

export interface LpipsWeights {
  readonly form: ClassifierForm;
  readonly convolutions: Convolutions;
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
  const [ofA, ofB] = [mapsOf(weights, a), mapsOf(weights, b)];
  return weights.heads
    .map((head, i) => {
      const apart = square(sub(unit(ofA[i] as Tensor), unit(ofB[i] as Tensor)));
      return mean(sum(mul(apart, head), { axes: [1] }));
    })
    .reduce((total, each) => add(total, each));
}

/** The last map [1,C,h,w] of every slice. */
function mapsOf({ form, convolutions }: LpipsWeights, picture: Tensor): Tensor[] {
  const channels = (values: readonly number[]) => constant(NDArray.float32([1, 3, 1, 1], values));
  return slicesOf(form, convolutions, div(sub(sub(mul(picture, 2), 1), channels(SHIFT)), channels(SCALE)));
}

const unit = (x: Tensor): Tensor => div(x, sqrt(add(sum(square(x), { axes: [1], keepDims: true }), EPSILON)));
