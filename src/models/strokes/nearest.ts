/**
 * How far every pixel is from every curve. Where the nearest point is, is found without a gradient: by chords, then by
 * Newton steps on the curve. With that place held, the distance is as simple as its gradient, and both are the curve's own
 * (a nearest point that moves along the curve changes no distance at first order).
 */
import type { Tensor } from "../../graph/tensor.js";
import { abs, add, cast, clip, div, equal, floor, mul, neg, relu, sqrt, square, sub } from "../../ops/arithmetic.js";
import { stopGradient } from "../../ops/gradient-control.js";
import { reshape, transpose } from "../../ops/layout.js";
import { matmul } from "../../ops/linear-algebra.js";
import { concat, slice } from "../../ops/movement.js";
import { floats } from "../../ops/operands.js";
import { sum } from "../../ops/reduction.js";
import { argMin } from "../../ops/selection.js";
import type { Size } from "./curves.js";
import type { StrokeShape } from "./options.js";

/**
 * Chords of one cubic, among which the nearest is sought. Of lines the nearest chord has to be right; of closed ones also
 * the side of every edge nearby, which only chords that keep to their curve tell; a triangle's sides are chords.
 */
export const CHORDS = { line: 10, closed: 20, triangle: 1 } as const satisfies Record<StrokeShape, number>;
/** Newton steps from its middle. */
const STEPS = 3;
/** Numbers that are in memory at once while chords are compared: a few megabytes, which caches hold. */
export const BLOCK = 1 << 20;
/** Added to a chord in pixels, so that a dot has a direction; to a squared distance, whose root has a slope at 0; to a squared speed. */
const [TINY, TINY_SQUARE, LEAST_SPEED] = [1e-3, 1e-6, 1e-6];

/** Where each curve is nearest to each pixel. */
export interface Nearest {
  /** Chords of one cubic, among which the nearest was sought */
  readonly chords: number;
  /** How far, in pixels [n,HW] */
  readonly distance: Tensor;
  /** On which of its segments: of t^3, t^2, t and 1 of that one's x, then of its y, without gradient [n,8,HW] */
  readonly factors: Tensor;
  /** Where on it, 0..1, without gradient [n,1,HW] */
  readonly t: Tensor;
}

/**
 * @param points control points of cubics joined end to end, in pixels [n,3 segments + 1,2]
 * @param chords of one cubic
 */
export function nearestPoints(points: Tensor, chords: number, size: Size): Nearest {
  const [count, controls] = points.shape as [number, number, number];
  const segments = (controls - 1) / 3;
  const pixels = pixelMiddles(size);
  const held = stopGradient(points);
  const chord = nearestChords(held, chords, segments, pixels); // [n,1,HW]
  const segment = floor(mul(chord, 1 / chords));
  const isOn = cast(equal(segment, floats([1, segments, 1], [...Array(segments).keys()])), "float32"); // [n,segments,HW]
  const middle = sub(mul(add(chord, 0.5), 1 / chords), segment);
  const factors = matmul(polynomials(held, segments), isOn);
  const t = nearestTime(factors, middle, 1 / chords, slice(pixels, 0, 0, 2));
  const powers = concat([mul(square(t), t), square(t), t, add(mul(t, 0), 1)], 1); // [n,4,HW]
  const [across, places] = [[count, segments, 1, -1], powers.shape.at(-1) as number];
  const basis = reshape(mul(reshape(isOn, across), reshape(powers, [count, 1, 4, -1])), [count, 4 * segments, places]);
  const byPower = reshape(transpose(reshape(polynomials(points, segments), [count, 2, 4, segments]), [0, 1, 3, 2]), [
    count,
    2,
    -1,
  ]);
  const apart = sub(matmul(byPower, stopGradient(basis)), slice(pixels, 0, 0, 2)); // [n,2,HW]
  return { distance: sqrt(add(sum(square(apart), { axes: [1] }), TINY_SQUARE)), chords, factors, t };
}

/** x, y and 1 of every pixel's middle, row by row: [3,HW] */
export function pixelMiddles([height, width]: Size): Tensor {
  const count = height * width;
  const numbers = Float32Array.from({ length: 3 * count }, (_, i) => {
    const pixel = i % count;
    if (i < count) return (pixel % width) + 0.5;
    return i < 2 * count ? Math.floor(pixel / width) + 0.5 : 1;
  });
  return floats([3, count], numbers);
}

/** Which chord of each curve is nearest to each pixel, as a number: [n,1,HW] */
function nearestChords(points: Tensor, chords: number, segments: number, pixels: Tensor): Tensor {
  const [count, area] = [points.shape[0] as number, pixels.shape[1] as number];
  const together = Math.max(1, Math.floor(BLOCK / (chords * segments * area)));
  const found: Tensor[] = [];
  for (let from = 0; from < count; from += together) {
    const some = slice(points, 0, from, Math.min(count, from + together));
    found.push(argMin(chordDistances(some, chords, segments, pixels), 1, true));
  }
  return cast(found.length === 1 ? (found[0] as Tensor) : concat(found, 0), "float32");
}

/**
 * Squared. Along a chord and across it, a place is an affine function of the pixel: two matrix products give all of them.
 *
 * @returns [n,chords segments,HW]
 */
function chordDistances(points: Tensor, chords: number, segments: number, pixels: Tensor): Tensor {
  const count = points.shape[0] as number;
  const all = chords * segments;
  const ends = matmul(chordEnds(chords, segments), points); // [n,all + 1,2]
  const [from, to] = [slice(ends, 1, 0, all), slice(ends, 1, 1, all + 1)];
  const along = add(sub(to, from), floats([2], [TINY, 0]));
  const length = sqrt(add(sum(square(along), { axes: [2], keepDims: true }), TINY_SQUARE * TINY_SQUARE));
  const middles = mul(add(from, to), 0.5);
  const unit = div(along, length);
  const normal = concat([neg(slice(unit, 2, 1, 2)), slice(unit, 2, 0, 1)], 2);
  const place = (axis: Tensor) => {
    const offset = neg(sum(mul(axis, middles), { axes: [2], keepDims: true }));
    return reshape(matmul(reshape(concat([axis, offset], 2), [count * all, 3]), pixels), [count, all, -1]);
  };
  const beyond = relu(sub(abs(place(unit)), mul(length, 0.5)));
  return add(square(beyond), square(place(normal)));
}

/** The weights of the control points in the ends of chords: [chords segments + 1,3 segments + 1] */
export function chordEnds(chords: number, segments: number): Tensor {
  const [rows, columns] = [chords * segments + 1, 3 * segments + 1];
  const weights = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const segment = Math.min(segments - 1, Math.floor(row / chords));
    const t = row / chords - segment;
    const s = 1 - t;
    weights.set([s ** 3, 3 * s * s * t, 3 * s * t * t, t ** 3], row * columns + 3 * segment);
  }
  return floats([rows, columns], weights);
}

/** From four control points to the factors of t^3, t^2, t and 1. */
const BERNSTEIN = [
  [-1, 3, -3, 1],
  [3, -6, 3, 0],
  [-3, 3, 0, 0],
  [1, 0, 0, 0],
];

/** The factors of t^3, t^2, t and 1, for x and then for y, of each segment: [n,8,segments] */
function polynomials(points: Tensor, segments: number): Tensor {
  const [count, controls] = points.shape as [number, number, number];
  const weights = new Float64Array(4 * segments * controls);
  BERNSTEIN.forEach((row, power) => {
    for (let segment = 0; segment < segments; segment++) {
      weights.set(row, (power * segments + segment) * controls + 3 * segment);
    }
  });
  const factors = matmul(floats([4 * segments, controls], weights), points); // [n,4 segments,2]
  return reshape(transpose(factors), [count, 8, segments]);
}

/** Where on its segment each curve is nearest to each pixel, 0..1, at most `reach` from `begin`. @param factors of the segment [n,8,HW] @returns [n,1,HW] */
function nearestTime(factors: Tensor, begin: Tensor, reach: number, pixels: Tensor): Tensor {
  const [xs, ys] = cubicsOf(factors);
  const [x, y] = [slice(pixels, 0, 0, 1), slice(pixels, 0, 1, 2)];
  const [least, most] = [clip(sub(begin, reach), 0, 1), clip(add(begin, reach), 0, 1)]; // it stays near its chord
  let t = begin;
  for (let step = 0; step < STEPS; step++) {
    const [px, py] = [motion(xs, t), motion(ys, t)];
    const [dx, dy] = [sub(px.place, x), sub(py.place, y)];
    const slope = add(mul(dx, px.speed), mul(dy, py.speed)); // of half the squared distance
    const bend = add(mul(dx, px.turn), mul(dy, py.turn)); // negative on the inner side of a bend: left out there
    const curvature = add(add(square(px.speed), square(py.speed)), add(relu(bend), LEAST_SPEED));
    t = clip(sub(t, div(slope, curvature)), least, most);
  }
  return t;
}

/** Those of x and of y, of factors [n,8,HW]. */
export function cubicsOf(factors: Tensor): [Cubic, Cubic] {
  const factor = (i: number) => slice(factors, 1, i, i + 1);
  const axis = (from: number): Cubic => [factor(from), factor(from + 1), factor(from + 2), factor(from + 3)];
  return [axis(0), axis(4)];
}

type Cubic = readonly [Tensor, Tensor, Tensor, Tensor];

/** A coordinate of a cubic at t, and its first two derivatives. */
export function motion([a, b, c, d]: Cubic, t: Tensor): Readonly<Record<"place" | "speed" | "turn", Tensor>> {
  const at = mul(a, t);
  const rise = mul(add(at, b), t); // a t^2 + b t
  return {
    place: add(mul(add(rise, c), t), d),
    speed: add(add(mul(rise, 2), mul(at, t)), c), // 3 a t^2 + 2 b t + c
    turn: add(mul(at, 6), mul(b, 2)),
  };
}
