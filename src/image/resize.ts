/** Separable resampling as matrices: one per axis, whose rows sum to 1; used on the host and inside graphs alike. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";

/**
 * `bilinear`: triangle, anti-aliased when shrinking (torch, PIL); `bicubic`: a = -1/2, as CLIP's own preprocessing;
 * `lanczos3`: sharper, for photographs.
 */
export type ResampleFilter = "bilinear" | "bicubic" | "lanczos3";

const filters: Readonly<Record<ResampleFilter, { support: number; weight: (x: number) => number }>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x)) },
  lanczos3: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys 1981, a = -1/2. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/**
 * The matrix [outSize,inSize] that resizes one axis; pixel centres at half, the filter widened by the factor when
 * shrinking, weights beyond the border left out and the rest renormalised (as torch's `antialias=True`).
 */
export function resamplingMatrix(inSize: number, outSize: number, filter: ResampleFilter = "bilinear"): NDArray {
  const { support, weight } = filters[filter];
  const scale = inSize / outSize;
  const stretch = Math.max(scale, 1);
  const matrix = new Float32Array(outSize * inSize);
  for (let i = 0; i < outSize; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support * stretch + 0.5));
    const last = Math.min(inSize, Math.floor(centre + support * stretch + 0.5));
    const row = Array.from({ length: last - first }, (_, k) => weight((first + k - centre + 0.5) / stretch));
    const total = row.reduce((a, b) => a + b, 0);
    row.forEach((value, k) => {
      matrix[i * inSize + first + k] = value / total;
    });
  }
  return NDArray.float32([outSize, inSize], matrix);
}

/** A picture [c,H,W] at another size; itself when it has that size. */
export function resizePicture(
  picture: NDArray,
  height: number,
  width: number,
  filter: ResampleFilter = "bilinear",
): NDArray {
  requires(picture.shape.length === 3, "SHAPE_MISMATCH", () => `resizePicture(): needs [c,H,W], got ${picture}`);
  const [c, inHeight, inWidth] = picture.shape as [number, number, number];
  if (inHeight === height && inWidth === width) return picture;
  const rows = resamplingMatrix(inHeight, height, filter).floats();
  const columns = resamplingMatrix(inWidth, width, filter).floats();
  const bands = Array.from({ length: width }, (_, x) => band(columns.subarray(x * inWidth, (x + 1) * inWidth)));
  const source = picture.floats();
  const narrow = new Float32Array(c * inHeight * width);
  for (let line = 0; line < c * inHeight; line++) {
    for (let x = 0; x < width; x++) {
      let total = 0;
      const [first, end] = bands[x] as [number, number];
      for (let k = first; k < end; k++)
        total += (columns[x * inWidth + k] as number) * (source[line * inWidth + k] as number);
      narrow[line * width + x] = total;
    }
  }
  const resized = new Float32Array(c * height * width);
  for (let channel = 0; channel < c; channel++) {
    for (let y = 0; y < height; y++) {
      const out = (channel * height + y) * width;
      for (let k = 0; k < inHeight; k++) {
        const share = rows[y * inHeight + k] as number;
        if (share === 0) continue;
        const from = (channel * inHeight + k) * width;
        for (let x = 0; x < width; x++)
          resized[out + x] = (resized[out + x] as number) + share * (narrow[from + x] as number);
      }
    }
  }
  return NDArray.float32([c, height, width], resized);
}

/** From the first to past the last weight that is not zero. */
function band(weights: Float32Array): [number, number] {
  const isWeight = (weight: number) => weight !== 0;
  return [weights.findIndex(isWeight), weights.findLastIndex(isWeight) + 1];
}
