/** Doubling a picture's sides and convolving, in one. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { constant, type Tensor } from "../graph/tensor.js";
import { conv2d } from "../ops/convolution.js";
import { reshape } from "../ops/layout.js";
import { matmul } from "../ops/linear-algebra.js";
import { concat } from "../ops/movement.js";
import type { Affine } from "./layers.js";

/**
 * conv3x3(every pixel twice in both directions), one zero around, without making the doubled picture.
 *
 * In the doubled picture the three taps of a kernel row meet two pixels of `x` only: (a, b, c) becomes (a, b+c) on the
 * pixel before and this one for even results, (a+b, c) on this one and the next for odd ones. So each of the four
 * results of a pixel is a 2x2 convolution of `x`: 16 products instead of 36, forward and backward. The summed kernels
 * are constants.
 *
 * @param x [n,c,h,w]
 * @param weight [out,c,3,3]
 * @returns [n,out,2h,2w]
 */
export function upsampleConv(x: Tensor, { weight, bias }: Affine): Tensor {
  const [n, , h, w] = x.shape as [number, number, number, number];
  const [out, c, kh, kw] = weight.shape as [number, number, number, number];
  requires(kh === 3 && kw === 3, "SHAPE_MISMATCH", () => `upsampleConv(): needs a 3x3 kernel, got ${weight}`);
  const taps = reshape(weight, [out, c, 9]);
  const rows = ([0, 1] as const).map((bottom) => {
    const results = ([0, 1] as const).map((right) => {
      const kernel = reshape(matmul(taps, sums(bottom, right)), [out, c, 2, 2]);
      const result = conv2d(x, kernel, bias, { padding: [1 - bottom, 1 - right, bottom, right] });
      return reshape(result, [n, out, h, 1, w, 1]);
    });
    return concat(results, 5); // [n, out, h, 1, w, 2]
  });
  return reshape(concat(rows, 3), [n, out, 2 * h, 2 * w]);
}

/** [9,4], ones and zeros: which of the nine taps each of the four is the sum of, for even (0) or odd (1) results in both directions. */
function sums(bottom: 0 | 1, right: 0 | 1): Tensor {
  const partOf = (tap: number, odd: 0 | 1) => Number(tap > odd); // of the three taps in one direction
  const ones = Array.from({ length: 9 }, (_, tap) => {
    const taken = 2 * partOf(Math.floor(tap / 3), bottom) + partOf(tap % 3, right);
    return [0, 1, 2, 3].map((part) => Number(part === taken));
  });
  return constant(NDArray.float32([9, 4], ones.flat()));
}
