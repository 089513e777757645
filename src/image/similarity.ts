/** How alike two pictures are: PSNR by pixel, SSIM by local structure. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { sameShape } from "../core/shape.js";

/**
 * Peak signal-to-noise ratio in dB, `10 log10(1 / mean((a - b)^2))`; Infinity when they are equal.
 *
 * @param a of any shape, in 0..1
 * @throws SHAPE_MISMATCH when `b` has another shape
 */
export function psnr(a: NDArray, b: NDArray): number {
  requireAlike("psnr", a, b);
  const [left, right] = [a.floats(), b.floats()];
  let squared = 0;
  for (let i = 0; i < left.length; i++) squared += ((left[i] as number) - (right[i] as number)) ** 2;
  return 10 * Math.log10(left.length / squared);
}

const WINDOW = 11;
const SIGMA = 1.5;
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/** Weights of the Gaussian window along one axis; they sum to 1. */
const gaussian = (() => {
  const weights = Array.from({ length: WINDOW }, (_, i) => Math.exp(-((i - (WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
})();

/**
 * Structural similarity, -1..1, 1 for equal pictures (Wang et al. 2004): per channel, under an 11x11 Gaussian window of
 * sigma 1.5 wherever it lies wholly inside, `(2 ma mb + C1)(2 cov + C2) / ((ma^2 + mb^2 + C1)(va + vb + C2))`, averaged.
 *
 * @param a [c,H,W] in 0..1, both sides at least 11
 * @throws SHAPE_MISMATCH when `b` has another shape, or the pictures are smaller than the window
 */
export function ssim(a: NDArray, b: NDArray): number {
  requireAlike("ssim", a, b);
  const [channels, height, width] = a.shape as [number, number, number];
  requires(
    a.shape.length === 3 && channels > 0 && height >= WINDOW && width >= WINDOW,
    "SHAPE_MISMATCH",
    () => `ssim(): needs pictures [c,H,W] of at least ${WINDOW}x${WINDOW}, got ${a}`,
  );
  const [left, right] = [a.floats(), b.floats()];
  const count = height * width;
  let total = 0;
  let windows = 0;
  for (let channel = 0; channel < channels; channel++) {
    const x = Float64Array.from(left.subarray(channel * count, (channel + 1) * count));
    const y = Float64Array.from(right.subarray(channel * count, (channel + 1) * count));
    const blur = (value: (i: number) => number) =>
      blurred(
        x.map((_, i) => value(i)),
        height,
        width,
      );
    const at = (plane: Float64Array, i: number) => plane[i] as number;
    const [mx, my] = [blur((i) => at(x, i)), blur((i) => at(y, i))];
    const xx = blur((i) => at(x, i) ** 2);
    const yy = blur((i) => at(y, i) ** 2);
    const xy = blur((i) => at(x, i) * at(y, i));
    for (let i = 0; i < mx.length; i++) {
      const [ma, mb] = [at(mx, i), at(my, i)];
      const variances = at(xx, i) - ma * ma + at(yy, i) - mb * mb;
      const covariance = at(xy, i) - ma * mb;
      total += ((2 * ma * mb + C1) * (2 * covariance + C2)) / ((ma * ma + mb * mb + C1) * (variances + C2));
    }
    windows += mx.length;
  }
  return total / windows;
}

/**
 * How alike two pictures' edges are, whatever their colours: `ssim` of the lengths of their grey's gradients, each in shares
 * of four times their root mean square, so that contrast does not count.
 *
 * @param a [3,H,W] in 0..1, both sides at least 12
 * @throws SHAPE_MISMATCH as `ssim` does
 */
export function edgeSsim(a: NDArray, b: NDArray): number {
  requireAlike("edgeSsim", a, b);
  return ssim(edgesOf(a), edgesOf(b));
}

/** [1,H-1,W-1], mostly in 0..1 */
function edgesOf(picture: NDArray): NDArray {
  const [channels, height, width] = picture.shape as [number, number, number];
  const values = picture.floats();
  const grey = (y: number, x: number) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += values[(c * height + y) * width + x] as number;
    return sum / channels;
  };
  const [rows, columns] = [height - 1, width - 1];
  const edges = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [y, x] = [Math.floor(i / columns), i % columns];
    return Math.hypot(grey(y, x + 1) - grey(y, x), grey(y + 1, x) - grey(y, x));
  });
  const spread = Math.sqrt(edges.reduce((sum, edge) => sum + edge ** 2, 0) / edges.length);
  return NDArray.float32(
    [1, rows, columns],
    edges.map((edge) => edge / Math.max(4 * spread, 1e-6)),
  );
}

/** The window's means wherever it lies inside: [H,W] to [H-10,W-10]. */
function blurred(plane: Float64Array, height: number, width: number): Float64Array {
  const [rows, columns] = [height - WINDOW + 1, width - WINDOW + 1];
  const narrow = new Float64Array(height * columns);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      let mean = 0;
      for (let k = 0; k < WINDOW; k++) mean += (gaussian[k] as number) * (plane[y * width + x + k] as number);
      narrow[y * columns + x] = mean;
    }
  }
  const means = new Float64Array(rows * columns);
  for (let i = 0; i < means.length; i++) {
    let mean = 0;
    for (let k = 0; k < WINDOW; k++) mean += (gaussian[k] as number) * (narrow[i + k * columns] as number);
    means[i] = mean;
  }
  return means;
}

function requireAlike(caller: string, a: NDArray, b: NDArray): void {
  requires(
    sameShape(a.shape, b.shape) && a.size > 0,
    "SHAPE_MISMATCH",
    () => `${caller}(): needs two pictures of one shape, got ${a} and ${b}`,
  );
}
