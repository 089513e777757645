/** The convolutions of picture classifiers of torchvision's older kind (VGG, AlexNet): where they stand, and what they show. */
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { relu } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import { maxPool } from "../../ops/pooling.js";
import type { WeightTaker } from "../take-weights.js";

/** Where a classifier's convolutions stand and what shrinks between them. */
export interface ClassifierForm {
  /** Numbers of the convolutions in the classifier's list of layers, by slice; a slice shows its last one, behind its ReLU */
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

/** By their numbers. */
export type Convolutions = ReadonlyMap<number, Affine>;

/** Side of a convolution's windows where the form names none. */
const USUAL_SIDE = 3;

/**
 * Takes every convolution, as many channels as it has, from the key that it stands at.
 *
 * @returns also the channels [C] of every slice's last one
 * @throws BAD_MODEL naming what is missing or does not fit
 */
export function takeConvolutions(
  from: WeightTaker,
  form: ClassifierForm,
  key: (slice: number, number: number) => string,
): { readonly convolutions: Convolutions; readonly widths: readonly number[] } {
  const convolutions = new Map<number, Affine>();
  let width = 3;
  const widths = form.slices.map((numbers, slice) => {
    for (const number of numbers) {
      const [rows = 0] = from.shapeOf(`${key(slice, number)}.weight`) ?? [];
      const extent = form.sides[number] ?? USUAL_SIDE;
      convolutions.set(number, from.affine(key(slice, number), [rows, width, extent, extent]));
      width = rows;
    }
    return width;
  });
  return { convolutions, widths };
}

/** The last map [n,C,h,w] of every slice, of pictures [n,3,H,W] as the classifier was trained on them. */
export function slicesOf(form: ClassifierForm, convolutions: Convolutions, pictures: Tensor): Tensor[] {
  let x = pictures;
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
