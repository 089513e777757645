/** How unlike the contents of two pictures are to VGG19 (Simonyan & Zisserman 2014), as neural style transfer has it. */
import { requires } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import { add, div, square, sub } from "../../ops/arithmetic.js";
import { floats } from "../../ops/operands.js";
import { mean } from "../../ops/reduction.js";
import type { ModelFile } from "../model-file.js";
import { type ClassifierForm, type Convolutions, slicesOf } from "./layers.js";

/** A classifier that tells how unlike the contents of two pictures are. */
export interface Classifier {
  readonly name: string;
  /** Pictures [1,3,H,W] in 0..1, of at least 16 pixels a side -> a scalar, 0 for the same */
  distance(a: Tensor, b: Tensor): Tensor;
  readonly files: readonly ModelFile[];
}

/** Up to conv5_2; slices end where content is read, or before a maximum. */
export const vgg19Form: ClassifierForm = {
  slices: [[0, 2], [5, 7], [10, 12, 14, 16], [19, 21], [23, 25], [28, 30]],
  pooled: [1, 2, 3, 5],
  window: 2,
  stride: 1,
  sides: {},
  padding: 1,
}; // biome-ignore format: one table

/** conv4_2 and conv5_2, behind their ReLUs, by slice. */
const CONTENT = [3, 5] as const;
/** What pictures of 0..1 are shifted and scaled by, as the weights were trained. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** Sum over both layers of mean (a - b)^2 (CLIPstyler's content loss, Kwon & Ye 2022). */
export function contentDistance(convolutions: Convolutions, a: Tensor, b: Tensor): Tensor {
  const [ofA, ofB] = [a, b].map((picture) => {
    const trained = div(sub(picture, floats([1, 3, 1, 1], MEAN)), floats([1, 3, 1, 1], DEVIATION));
    return slicesOf(vgg19Form, convolutions, trained);
  }) as [Tensor[], Tensor[]];
  const [inner, outer] = CONTENT.map((slice) => mean(square(sub(ofA[slice] as Tensor, ofB[slice] as Tensor))));
  return add(inner as Tensor, outer as Tensor);
}

/** The classifier that `content` needs. @throws BAD_ARGUMENT when there is none */
export function classifierOf(classifier: Classifier | undefined): Classifier {
  requires(
    classifier,
    "BAD_ARGUMENT",
    () => "content: there is no classifier that could tell a picture's content",
    "name the file of a VGG19 (--vgg, in the library vgg), or hold its edges instead (--edges)",
  );
  return classifier;
}
