/**
 * The latent of a drawing: of each stroke the control points, the width, the colour and the opacity, each in units of
 * how far one step is to move it. So one learning rate moves them at the rates that CLIPDraw has for each group.
 */

import type { Colour } from "../../core/colour.js";
import { NDArray } from "../../core/ndarray.js";
import type { Random } from "../../core/random.js";
import type { Tensor } from "../../graph/tensor.js";
import { mul } from "../../ops/arithmetic.js";
import { clampWithGrad } from "../../ops/gradient-control.js";
import { expand, reshape } from "../../ops/layout.js";
import { matmul } from "../../ops/linear-algebra.js";
import { concat, slice } from "../../ops/movement.js";
import { floats } from "../../ops/operands.js";
import { type EdgePlace, edgePlaces } from "./from-picture.js";
import type { StrokeShape, Strokes } from "./options.js";
import { outlineFit } from "./outline-fit.js";
import { regionsOf } from "./regions.js";

/** Height and width of the picture in pixels. */
export type Size = readonly [height: number, width: number];

/** Side of the canvas that CLIPDraw's rates are of. */
const CANVAS = 224;
/** What a learning rate of 1 moves: points in pixels and widths in pixels of that canvas, colours and opacities in 0..1. */
const [POINT_STEP, WIDTH_STEP, COLOUR_STEP] = [1, 0.2, 0.01];
/** Greatest distance of a control point from the one before, across and down, at the start: a share of each side. */
const REACH = 0.05;
/** Least and greatest radius of a filled shape at the start: a share of the shorter side. */
const RADII = { closed: [0.03, 0.12], triangle: [0.05, 0.25] } as const;
/** Radius of one that has no region of a picture to begin as. */
const SPOT = 0.015;

/** Opacity of strokes that begin on a picture. */
const FIRST_OPACITY = 0.9;

/** Where the groups of a stroke end among its numbers. */
interface Layout {
  /** Coordinates of the control points: x, y of each */
  readonly points: number;
  /** Also the width, where lines are drawn */
  readonly width: number;
  /** Also r, g, b, where each stroke has its own colour */
  readonly colour: number;
  /** Also the opacity, where there is one: all the numbers of a stroke */
  readonly end: number;
}

/** Points of a stroke: control points of its curves, or corners. A closed curve ends at its first point. */
const pointsOf = ({ segments, shape }: Strokes) =>
  ({ line: 3 * segments + 1, closed: 3 * segments, triangle: 3 })[shape];

function layoutOf(strokes: Strokes): Layout {
  const { shape, ink, opacity } = strokes;
  const points = 2 * pointsOf(strokes);
  const width = points + (shape === "line" ? 1 : 0);
  const colour = width + (ink ? 0 : 3);
  return { points, width, colour, end: colour + (opacity ? 1 : 0) };
}

/** [1,count,numbers of a stroke] */
export function shapeOf(strokes: Strokes): [number, number, number] {
  return [1, strokes.count, layoutOf(strokes).end];
}

/** Pixels of this picture in one of CLIPDraw's canvas. */
const pixel = ([height, width]: Size) => Math.min(height, width) / CANVAS;

/** Least and greatest width in pixels. */
function widths({ width, widest }: Strokes, [height, across]: Size): [least: number, most: number] {
  const percent = Math.min(height, across) / 100;
  const least = Math.max(1, width * percent);
  return [least, Math.max(least, widest * percent)];
}

/**
 * A random start as CLIPDraw draws it: paths that begin anywhere and wander, thin, in any colour and opacity; closed curves
 * are small and round, the corners of triangles lie anywhere on a circle.
 *
 * @returns the latent [1,count,numbers of a stroke]
 */
export function randomStrokes(strokes: Strokes, size: Size, random: Random): NDArray {
  return latentOf(strokes, size, (points) => ({
    path:
      strokes.shape === "line" ? wanderingPath(points, size, random) : roundPath(strokes.shape, points, size, random),
    shade: () => random.uniform(),
  }));
}

/**
 * A start on a picture: strokes along its edges in its colours, almost opaque; shapes as its largest regions of one colour.
 * Where there are fewer regions, or some look more like the paper than like the one ink, the other shapes begin as spots on edges.
 *
 * @param picture [3,H,W] in 0..1
 * @returns the latent [1,count,numbers of a stroke]
 */
export function strokesOn(strokes: Strokes, picture: NDArray, random: Random): NDArray {
  const size = picture.shape.slice(1) as unknown as Size;
  const { shape, count } = strokes;
  const along = shape === "line" ? [] : regionPaths(strokes, shape, picture);
  const stride = REACH * Math.min(...size);
  const places = edgePlaces(picture, count - along.length, shape === "line" ? pointsOf(strokes) : 1, stride, random);
  return latentOf(strokes, size, (points, number) => {
    const { path, colour } = [...along, ...places][number] as EdgePlace;
    return {
      path: path.length === 2 * points ? path : onCircle(path, SPOT * Math.min(...size), evenTurns(points)),
      shade: (i) => colour[i] ?? FIRST_OPACITY,
    };
  });
}

/**
 * Round shapes of the picture's colours, almost opaque.
 *
 * @param picture [3,H,W] in 0..1
 * @param places of each shape a pixel of it
 */
export function roundStrokes(strokes: Strokes, picture: NDArray, places: readonly number[], radius: number): NDArray {
  const [, height, width] = picture.shape as [number, number, number];
  return latentOf(strokes, [height, width], (points, number) => {
    const place = places[number] as number;
    const middle = [(place % width) + 0.5, Math.floor(place / width) + 0.5];
    return {
      path: onCircle(middle, radius, evenTurns(points)),
      shade: (i) => (i < 3 ? picture.at(i * height * width + place) : FIRST_OPACITY),
    };
  });
}

/** Shapes along the borders of a picture's regions, the largest first; with one ink, of those that it suits better than the paper does. */
function regionPaths(strokes: Strokes, shape: keyof typeof RADII, picture: NDArray): EdgePlace[] {
  const { count, segments, ink, paper } = strokes;
  const fitted = outlineFit(shape, shape === "closed" ? segments : 3);
  const apart = (a: Colour, b: Colour) => a.reduce((sum, value, i) => sum + (value - (b[i] as number)) ** 2, 0);
  return regionsOf(picture, count)
    .filter(({ colour }) => !ink || apart(colour, ink) < apart(colour, paper))
    .map(({ colour, outline }) => ({ colour, path: fitted(outline) }));
}

/** What a stroke begins as, from its number and how many points it has; the shades are its colour, where it has one, and its opacity. */
type Begin = (
  points: number,
  number: number,
) => { readonly path: readonly number[]; readonly shade: (index: number) => number };

function latentOf(strokes: Strokes, size: Size, begin: Begin): NDArray {
  const [, count, length] = shapeOf(strokes);
  const { points, width, colour } = layoutOf(strokes);
  const [least] = widths(strokes, size);
  const values = new Float32Array(count * length);
  for (let n = 0; n < count; n++) {
    const stroke = values.subarray(n * length, (n + 1) * length);
    const { path, shade } = begin(points / 2, n);
    stroke.set(path.map((value) => value / (POINT_STEP * pixel(size))));
    if (width > points) stroke[points] = least / (WIDTH_STEP * pixel(size));
    for (let i = width; i < length; i++) stroke[i] = shade(i < colour ? i - width : 3) / COLOUR_STEP;
  }
  return NDArray.float32([1, count, length], values);
}

/** x, y of so many points. */
function wanderingPath(count: number, [height, width]: Size, random: Random): number[] {
  let [x, y] = [random.uniform(0, width), random.uniform(0, height)];
  const path = [x, y];
  for (let i = 1; i < count; i++) {
    x += random.uniform(-REACH, REACH) * width;
    y += random.uniform(-REACH, REACH) * height;
    path.push(x, y);
  }
  return path;
}

/** x, y of so many points on a circle around anywhere: evenly spaced, or anywhere on it. */
function roundPath(shape: keyof typeof RADII, count: number, [height, width]: Size, random: Random): number[] {
  const middle = [random.uniform(0, width), random.uniform(0, height)];
  const radius = random.uniform(...RADII[shape]) * Math.min(height, width);
  return onCircle(middle, radius, shape === "closed" ? evenTurns(count) : evenTurns(count).map(() => random.uniform()));
}

/** So many turns from 0 up to 1. */
const evenTurns = (count: number) => Array.from({ length: count }, (_, i) => i / count);

/** x, y at so many turns of a circle. */
function onCircle([x, y]: readonly number[], radius: number, turns: readonly number[]): number[] {
  return turns
    .map((turn) => 2 * Math.PI * turn)
    .flatMap((angle) => [(x as number) + radius * Math.cos(angle), (y as number) + radius * Math.sin(angle)]);
}

/** Where no stroke is seen, in units of a latent. */
const AWAY = -1e6;

/** The latent with all but its first strokes moved away. */
export function firstStrokes(z: NDArray, strokes: Strokes, shown: number): NDArray {
  const { points, end } = layoutOf(strokes);
  const values = z.floats().map((value, i) => (i >= shown * end && i % end < points ? AWAY : value));
  return NDArray.float32(z.shape, values);
}

/** The strokes of a latent, within their bounds. */
export interface Curves {
  /** Control points in pixels, x right and y down: [count,3 segments + 1,2] */
  readonly points: Tensor;
  readonly shape: StrokeShape;
  /** Widths in pixels [count,1]; undefined: shapes are filled, and their last point is their first */
  readonly widths: Tensor | undefined;
  /** [count,3], 0..1 */
  readonly colours: Tensor;
  /** [count,1], 0..1; undefined: all are opaque */
  readonly opacities: Tensor | undefined;
}

/** @param z [1,count,numbers of a stroke] */
export function curvesOf(z: Tensor, strokes: Strokes, size: Size): Curves {
  const { count, shape, ink, opacity } = strokes;
  const { points, width, colour, end } = layoutOf(strokes);
  const flat = reshape(z, [count, end]);
  const group = (from: number, to: number, unit: number) => mul(slice(flat, 1, from, to), unit);
  const shades = (from: number, to: number) => clampWithGrad(group(from, to, COLOUR_STEP), 0, 1);
  const path = reshape(group(0, points, POINT_STEP * pixel(size)), [count, points / 2, 2]);
  return {
    shape,
    points: shape === "line" ? path : closed(shape === "triangle" ? withHandles(path) : path),
    widths:
      shape === "line"
        ? clampWithGrad(group(points, width, WIDTH_STEP * pixel(size)), ...widths(strokes, size))
        : undefined,
    colours: ink ? expand(floats([1, 3], ink), [count, 3]) : shades(width, colour),
    opacities: opacity ? shades(colour, end) : undefined,
  };
}

/** Points [n,k,2] with the first once more as the last. */
const closed = (points: Tensor) => concat([points, slice(points, 1, 0, 1)], 1);

/** Corners [n,3,2] with the control points of straight sides between them and behind the last: [n,9,2] */
function withHandles(corners: Tensor): Tensor {
  const weights = Array.from({ length: 27 }, (_, i) => {
    const [point, corner] = [Math.floor(i / 3), i % 3];
    const [before, share] = [Math.floor(point / 3), (point % 3) / 3];
    if (corner === before) return 1 - share;
    return corner === (before + 1) % 3 ? share : 0;
  });
  return matmul(floats([9, 3], weights), corners);
}

/** One stroke as numbers, within its bounds. */
export interface Stroke {
  /** x, y of each point in pixels: control points of cubics joined end to end, of which a closed one ends at its first, or three corners */
  readonly points: readonly number[];
  readonly shape: StrokeShape;
  /** In pixels; undefined: filled */
  readonly width: number | undefined;
  readonly colour: Colour;
  /** 0..1 */
  readonly opacity: number;
}

/** The strokes that `curvesOf` gives the graph, on the host; the first lies lowest. @param z [1,count,numbers of a stroke] */
export function strokesOf(z: NDArray, strokes: Strokes, size: Size): Stroke[] {
  const { points, width, colour, end } = layoutOf(strokes);
  const values = z.floats();
  const [least, most] = widths(strokes, size);
  const shade = (value: number) => Math.min(1, Math.max(0, value * COLOUR_STEP));
  return Array.from({ length: strokes.count }, (_, n) => {
    const stroke = Array.from(values.subarray(n * end, (n + 1) * end));
    const path = stroke.slice(0, points).map((value) => value * POINT_STEP * pixel(size));
    const drawn = Math.min(most, Math.max(least, (stroke[points] as number) * WIDTH_STEP * pixel(size)));
    return {
      points: strokes.shape === "closed" ? [...path, ...path.slice(0, 2)] : path,
      shape: strokes.shape,
      width: strokes.shape === "line" ? drawn : undefined,
      colour: strokes.ink ?? (stroke.slice(width, colour).map(shade) as unknown as Colour),
      opacity: strokes.opacity ? shade(stroke[colour] as number) : 1,
    };
  });
}
