/**
 * A picture as a Laplacian pyramid (Burt and Adelson 1983) of decorrelated colours: no weights, nothing learnt. Coarse
 * levels let a step move large areas at once, which single pixels cannot.
 */
import { sizeOf } from "../../core/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { add, mul, sub } from "../../ops/arithmetic.js";
import { reshape } from "../../ops/layout.js";
import { concat, slice } from "../../ops/movement.js";
import { adaptiveAvgPool } from "../../ops/pooling.js";
import { resizeBilinear } from "../../ops/resample.js";
import { type Generator, sizeOption } from "../generator.js";
import { axesOfPicture, pictureOfAxes } from "./colour.js";
import { recommended } from "./recommended.js";

type Size = readonly [height: number, width: number];

/** Longest side of the coarsest level. */
const COARSEST = 4;

/** The latent [1,3,N] holds all levels one after another, the finest first. */
export const pixels: Generator = {
  name: "pixels",
  factor: 1,
  resolution: 128,
  deviation: 0.1,
  recommended: recommended({ learningRate: 0.03, smooth: 0.2 }),
  latentShape: (size) => [1, 3, levels(size).reduce((total, level) => total + sizeOf(level), 0)],
  encode: (x) => pyramidOf(axesOfPicture(x)),
  decode: (z, options) => pictureOfAxes(sumOf(z, sizeOption("pixels", options))),
  files: [],
};

/** Of the picture and of each half size below it. */
function levels([height, width]: Size): Size[] {
  const sizes: Size[] = [[height, width]];
  for (let [h, w] = [height, width]; Math.max(h, w) > COARSEST; ) {
    [h, w] = [Math.ceil(h / 2), Math.ceil(w / 2)];
    sizes.push([h, w]);
  }
  return sizes;
}

/** Numbers of unit spread on every level give pictures of unit spread, up to the smoothing between levels. */
const shareOf = (sizes: readonly Size[]) => 1 / Math.sqrt(sizes.length);

function sumOf(z: Tensor, size: Size): Tensor {
  const sizes = levels(size);
  let end = z.shape[2] as number;
  let picture: Tensor | undefined;
  for (const level of sizes.toReversed()) {
    const start = end - sizeOf(level);
    const detail = mul(reshape(slice(z, 2, start, end), [1, 3, ...level]), shareOf(sizes));
    picture = picture ? add(resizeBilinear(picture, level), detail) : detail;
    end = start;
  }
  return picture as Tensor;
}

function pyramidOf(v: Tensor): Tensor {
  const sizes = levels(v.shape.slice(2) as unknown as Size);
  const flat = (detail: Tensor) => reshape(mul(detail, 1 / shareOf(sizes)), [1, 3, -1]);
  const parts: Tensor[] = [];
  let left = v;
  sizes.slice(1).forEach((level, i) => {
    const coarse = adaptiveAvgPool(left, level);
    parts.push(flat(sub(left, resizeBilinear(coarse, sizes[i] as Size))));
    left = coarse;
  });
  return concat([...parts, flat(left)], 2);
}
