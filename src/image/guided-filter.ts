/** A coarse map brought to a picture's own edges. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { resizePicture } from "./resize.js";

export interface GuidedFilterOptions {
  /** Half the side of the windows, in the map's pixels. */
  readonly radius: number;
  /** Variance of a window's colours, 0..1, up to which they count as flat and the map is only smoothed. */
  readonly epsilon: number;
}

/**
 * In every window the map is fitted as a linear function of the picture's colours, `a . colour + b`, with `epsilon |a|^2`
 * against steep ones; a pixel takes the mean of all windows it lies in (He, Sun and Tang 2010). A map smaller than the
 * picture is fitted at its own size and the coefficients are enlarged (He and Sun 2015).
 *
 * @param map [1,h,w]
 * @param picture [3,H,W]
 * @returns [1,H,W]
 */
export function guidedFilter(map: NDArray, picture: NDArray, { radius, epsilon }: GuidedFilterOptions): NDArray {
  const [, h, w] = map.shape as [number, number, number];
  const [channels, height, width] = picture.shape as [number, number, number];
  requires(
    map.shape.length === 3 && map.shape[0] === 1 && channels === 3,
    "SHAPE_MISMATCH",
    () => `guidedFilter(): needs a map [1,h,w] and a picture [3,H,W], got ${map} and ${picture}`,
  );
  const area = h * w;
  const mean = (values: (i: number) => number) => boxMean(Float64Array.from({ length: area }, (_, i) => values(i)), h, w, radius); // biome-ignore format: one thought
  const p = map.floats();
  const guide = resizePicture(picture, h, w).floats();
  const [r, g, b] = [0, 1, 2].map((channel) => guide.subarray(channel * area, (channel + 1) * area)) as Planes;
  const colours = [r, g, b] as const;
  const means = colours.map((plane) => mean((i) => plane[i] as number));
  const meanMap = mean((i) => p[i] as number);
  const products = colours.map((plane) => mean((i) => (plane[i] as number) * (p[i] as number)));
  const squares = PAIRS.map(([j, k]) => mean((i) => (colours[j][i] as number) * (colours[k][i] as number)));
  const coefficients = [0, 1, 2, 3].map(() => new Float64Array(area));
  for (let i = 0; i < area; i++) {
    const at = (planes: readonly Float64Array[], k: number) => planes[k]?.[i] as number;
    const covariance = PAIRS.map(([j, k], n) => at(squares, n) - at(means, j) * at(means, k) + (j === k ? epsilon : 0));
    const target = [0, 1, 2].map((k) => at(products, k) - at(means, k) * (meanMap[i] as number));
    const slope = solve(covariance, target);
    let offset = meanMap[i] as number;
    slope.forEach((value, k) => {
      (coefficients[k] as Float64Array)[i] = value;
      offset -= value * at(means, k);
    });
    (coefficients[3] as Float64Array)[i] = offset;
  }
  const smooth = new Float32Array(4 * area);
  coefficients.forEach((plane, k) => {
    smooth.set(boxMean(plane, h, w, radius), k * area);
  });
  const enlarged = resizePicture(NDArray.float32([4, h, w], smooth), height, width).floats();
  const pixels = picture.floats();
  const count = height * width;
  const fitted = Float32Array.from({ length: count }, (_, i) => {
    let value = enlarged[3 * count + i] as number;
    for (let k = 0; k < 3; k++) value += (enlarged[k * count + i] as number) * (pixels[k * count + i] as number);
    return value;
  });
  return NDArray.float32([1, height, width], fitted);
}

type Planes = [Float32Array, Float32Array, Float32Array];
/** Of a symmetric matrix: rr rg rb gg gb bb. */
const PAIRS = [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]] as const; // biome-ignore format: one line

/** x of M x = y for a positive definite symmetric M, by its adjugate. */
function solve(matrix: readonly number[], vector: readonly number[]): [number, number, number] {
  const [rr, rg, rb, gg, gb, bb] = matrix as [number, number, number, number, number, number];
  const [x, y, z] = vector as [number, number, number];
  const [a, b, c] = [gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg];
  const [d, e, f] = [rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg];
  const determinant = rr * a + rg * b + rb * c;
  return [
    (a * x + b * y + c * z) / determinant,
    (b * x + d * y + e * z) / determinant,
    (c * x + e * y + f * z) / determinant,
  ];
}

/** The mean of the (2 radius + 1)^2 window around each cell, as far as it lies in the map. */
function boxMean(values: Float64Array, h: number, w: number, radius: number): Float64Array {
  const across = runningMeans(values, h, w, 1, w, radius);
  return runningMeans(across, w, h, w, 1, radius);
}

/** Means along lines of `length` cells that are `step` apart; lines begin `stride` apart. */
function runningMeans(
  values: Float64Array,
  lines: number,
  length: number,
  step: number,
  stride: number,
  radius: number,
): Float64Array {
  const result = new Float64Array(values.length);
  const sums = new Float64Array(length + 1);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) sums[i + 1] = (sums[i] as number) + (values[line * stride + i * step] as number);
    for (let i = 0; i < length; i++) {
      const [from, to] = [Math.max(0, i - radius), Math.min(length, i + radius + 1)];
      result[line * stride + i * step] = ((sums[to] as number) - (sums[from] as number)) / (to - from);
    }
  }
  return result;
}
