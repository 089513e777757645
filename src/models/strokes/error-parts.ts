/** Where a drawing differs most from a picture, in connected parts: where the next shapes are to begin (LIVE, Ma et al. 2022). */
import type { NDArray } from "../../core/ndarray.js";
import type { Random } from "../../core/random.js";

/** Errors below this count as none: the sum over r, g, b of squared differences. */
const LEAST = 0.1;
/** Errors are sorted into so many levels, each of as many pixels. */
const LEVELS = 200;

/** A connected part in which the error is about the same. */
interface Part {
  /** Its pixels, row-major */
  readonly pixels: readonly number[];
  /** That of them which is nearest to their mean */
  readonly middle: number;
}

/**
 * Pixels in the middle of so many parts: of the level that most pixels have its largest part, and so on with what is left. Where all is
 * alike, pixels anywhere.
 *
 * @param drawn, wanted [3,H,W] in 0..1
 */
export function errorPlaces(drawn: NDArray, wanted: NDArray, count: number, random: Random): number[] {
  const [, height, width] = wanted.shape as [number, number, number];
  const levels = levelsOf(errorsOf(drawn, wanted));
  const sizes = new Map<number, number>();
  for (const level of levels) if (level > 0) sizes.set(level, (sizes.get(level) ?? 0) + 1);
  return Array.from({ length: count }, () => {
    const level = [...sizes].reduce<readonly [number, number]>(
      (most, each) => (each[1] > most[1] ? each : most),
      [0, 0],
    )[0];
    if (level === 0) return Math.floor(random.uniform() * height * width);
    const { pixels, middle } = largestPart(levels, level, width);
    for (const pixel of pixels) levels[pixel] = 0;
    sizes.set(level, (sizes.get(level) as number) - pixels.length);
    return middle;
  });
}

function errorsOf(drawn: NDArray, wanted: NDArray): Float64Array {
  const area = wanted.size / 3;
  const [a, b] = [drawn.floats(), wanted.floats()];
  return Float64Array.from({ length: area }, (_, i) => {
    const error = [0, 1, 2].reduce(
      (sum, c) => sum + ((a[c * area + i] as number) - (b[c * area + i] as number)) ** 2,
      0,
    );
    return error < LEAST ? 0 : error;
  });
}

/** 0 for none, else how many of the errors' quantiles it reaches. */
function levelsOf(errors: Float64Array): Int32Array {
  const sorted = errors.slice().sort();
  const bounds = Array.from(
    { length: LEVELS - 2 },
    (_, i) => sorted[Math.floor(((i + 1) * (sorted.length - 1)) / (LEVELS - 1))] as number,
  );
  const steps = [...new Set(bounds)].filter((bound) => bound > 0);
  return Int32Array.from(errors, (error) => (error === 0 ? 0 : 1 + steps.filter((bound) => error >= bound).length));
}

/** Of the pixels of a level, by neighbours above, below and beside. */
function largestPart(levels: Int32Array, level: number, width: number): Part {
  const seen = new Uint8Array(levels.length);
  let largest: number[] = [];
  for (let first = 0; first < levels.length; first++) {
    if (levels[first] !== level || seen[first]) continue;
    const pixels = [first];
    seen[first] = 1;
    for (const pixel of pixels) {
      const x = pixel % width;
      for (const next of [
        pixel - width,
        pixel + width,
        ...(x > 0 ? [pixel - 1] : []),
        ...(x < width - 1 ? [pixel + 1] : []),
      ]) {
        if (levels[next] !== level || seen[next]) continue;
        seen[next] = 1;
        pixels.push(next);
      }
    }
    if (pixels.length > largest.length) largest = pixels;
  }
  const mean = (of: (pixel: number) => number) => largest.reduce((sum, pixel) => sum + of(pixel), 0) / largest.length;
  const column = (pixel: number) => pixel % width;
  const row = (pixel: number) => Math.floor(pixel / width);
  const [x, y] = [mean(column), mean(row)];
  const apart = (pixel: number) => (column(pixel) - x) ** 2 + (row(pixel) - y) ** 2;
  return { pixels: largest, middle: largest.reduce((best, pixel) => (apart(pixel) < apart(best) ? pixel : best)) };
}
