/** Which pixels lie inside of closed curves, by the even-odd rule; without a gradient, which the distance to the edge has. */
import type { Tensor } from "../../graph/tensor.js";
import { add, cast, div, equal, floor, greater, min, mul, sub, where } from "../../ops/arithmetic.js";
import { stopGradient } from "../../ops/gradient-control.js";
import { reshape } from "../../ops/layout.js";
import { matmul } from "../../ops/linear-algebra.js";
import { concat, slice } from "../../ops/movement.js";
import { floats } from "../../ops/operands.js";
import { sum } from "../../ops/reduction.js";
import type { Size } from "./curves.js";
import { BLOCK, chordEnds, cubicsOf, motion, type Nearest, pixelMiddles } from "./nearest.js";

/** Left of every pixel. */
const FAR = -1e9;

/**
 * 1 inside and -1 outside. A pixel is inside of the polygon of chords or not, and otherwise than that where it lies between
 * a chord and its curve.
 *
 * @param points control points of closed curves [n,3 segments + 1,2]
 * @returns [n,HW]
 */
export function sides(points: Tensor, nearest: Nearest, size: Size): Tensor {
  const [count, controls] = points.shape as [number, number, number];
  const polygon = matmul(chordEnds(nearest.chords, (controls - 1) / 3), stopGradient(points)); // [n,m + 1,2]
  const together = Math.max(1, Math.floor(BLOCK / ((polygon.shape[1] as number) * size[0] * size[1])));
  const parts: Tensor[] = [];
  for (let from = 0; from < count; from += together) {
    parts.push(crossings(slice(polygon, 0, from, Math.min(count, from + together)), size));
  }
  const crossed = parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 0);
  const total = add(crossed, reshape(between(nearest, size), crossed.shape));
  return sub(mul(sub(total, mul(floor(mul(total, 0.5)), 2)), 2), 1);
}

/** How many edges of each polygon a pixel has to its right. @param polygon [n,m + 1,2] @returns [n,HW] */
function crossings(polygon: Tensor, [height, width]: Size): Tensor {
  const [count, corners] = polygon.shape as [number, number, number];
  const [from, to] = [slice(polygon, 1, 0, corners - 1), slice(polygon, 1, 1, corners)];
  const x = (end: Tensor) => slice(end, 2, 0, 1);
  const y = (end: Tensor) => slice(end, 2, 1, 2);
  const rows = floats(
    [1, 1, height],
    [...Array(height).keys()].map((row) => row + 0.5),
  );
  const isBelow = (end: Tensor) => cast(greater(y(end), rows), "float32"); // [n,m,H]
  const isFlat = equal(isBelow(from), isBelow(to));
  const rise = where(isFlat, 1, sub(add(y(to), mul(rows, 0)), y(from)));
  const meets = add(x(from), mul(div(sub(rows, y(from)), rise), sub(x(to), x(from))));
  const right = reshape(where(isFlat, FAR, meets), [count, corners - 1, height, 1]);
  const columns = floats(
    [1, 1, 1, width],
    [...Array(width).keys()].map((column) => column + 0.5),
  );
  return reshape(sum(cast(greater(right, columns), "float32"), { axes: [1] }), [count, height * width]);
}

/** 1 where a pixel lies between a curve and the chord beside it, else 0. @returns [n,1,HW] */
function between({ chords, factors, t }: Nearest, size: Size): Tensor {
  const [xs, ys] = cubicsOf(factors);
  const pixels = slice(pixelMiddles(size), 0, 0, 2);
  const [px, py] = [slice(pixels, 0, 0, 1), slice(pixels, 0, 1, 2)];
  const begin = mul(min(floor(mul(t, chords)), chords - 1), 1 / chords);
  const end = add(begin, 1 / chords);
  const [x, y] = [motion(xs, begin).place, motion(ys, begin).place];
  const chord = [sub(motion(xs, end).place, x), sub(motion(ys, end).place, y)] as const;
  const aside = (toX: Tensor, toY: Tensor) => cross(...chord, sub(toX, x), sub(toY, y));
  const [ofPixel, ofCurve] = [aside(px, py), aside(motion(xs, t).place, motion(ys, t).place)];
  return cast(greater(mul(ofPixel, sub(ofCurve, ofPixel)), 0), "float32"); // aside of the chord as the curve is, and less far
}

/** Positive where the second vector points to the one side of the first, negative to the other. */
const cross = (ax: Tensor, ay: Tensor, bx: Tensor, by: Tensor) => sub(mul(ax, by), mul(ay, bx));
