/**
 * The latent of a drawing: of each stroke the control points, the width, the colour and the opacity, each in units of
 * how far one step is to move it. So one learning rate moves them at the rates that CLIPDraw has for each group.
 */
import { NDArray } from "../../core/ndarray.js";
import type { Random } from "../../core/random.js";
import type { Tensor } from "../../graph/tensor.js";
import { mul } from "../../ops/arithmetic.js";
import { clampWithGrad } from "../../ops/gradient-control.js";
import { expand, reshape } from "../../ops/layout.js";
import { slice } from "../../ops/movement.js";
import { floats } from "../../ops/operands.js";
import type { Colour, Strokes } from "./options.js";

/** Height and width of the picture in pixels. */
export type Size = readonly [height: number, width: number];

/** Side of the canvas that CLIPDraw's rates are of. */
const CANVAS = 224;
/** What a learning rate of 1 moves: points in pixels and widths in pixels of that canvas, colours and opacities in 0..1. */
const [POINT_STEP, WIDTH_STEP, COLOUR_STEP] = [1, 0.2, 0.01];
/** Greatest distance of a control point from the one before, across and down, at the start: a share of each side. */
const REACH = 0.05;

/** Where the groups of a stroke end among its numbers. */
interface Layout {
  /** Coordinates of the control points: x, y of each */
  readonly points: number;
  /** Also r, g, b, where each stroke has its own colour */
  readonly colour: number;
  /** Also the opacity, where there is one: all the numbers of a stroke */
  readonly end: number;
}

function layoutOf({ segments, ink, opacity }: Strokes): Layout {
  const points = 2 * (3 * segments + 1);
  const colour = points + 1 + (ink ? 0 : 3);
  return { points, colour, end: colour + (opacity ? 1 : 0) };
}

/** [1,count,numbers of a stroke] */
export function shapeOf(strokes: Strokes): [number, number, number] {
  return [1, strokes.count, layoutOf(strokes).end];
}

/** Pixels of this picture in one of CLIPDraw's canvas. */
const pixel = ([height, width]: Size) => Math.min(height, width) / CANVAS;

/** Least and greatest width in pixels. */
export function widths({ width, widest }: Strokes, [height, across]: Size): [least: number, most: number] {
  const percent = Math.min(height, across) / 100;
  const least = Math.max(1, width * percent);
  return [least, Math.max(least, widest * percent)];
}

/**
 * A random start as CLIPDraw draws it: paths that begin anywhere and wander, thin, in any colour and opacity.
 *
 * @returns the latent [1,count,numbers of a stroke]
 */
export function randomStrokes(strokes: Strokes, size: Size, random: Random): NDArray {
  const [, count, length] = shapeOf(strokes);
  const { points } = layoutOf(strokes);
  const [height, width] = size;
  const [least] = widths(strokes, size);
  const values = new Float32Array(count * length);
  for (let n = 0; n < count; n++) {
    const stroke = values.subarray(n * length, (n + 1) * length);
    let [x, y] = [random.uniform(0, width), random.uniform(0, height)];
    for (let i = 0; i < points; i += 2) {
      if (i > 0) {
        x += random.uniform(-REACH, REACH) * width;
        y += random.uniform(-REACH, REACH) * height;
      }
      stroke[i] = x / (POINT_STEP * pixel(size));
      stroke[i + 1] = y / (POINT_STEP * pixel(size));
    }
    stroke[points] = least / (WIDTH_STEP * pixel(size));
    for (let i = points + 1; i < length; i++) stroke[i] = random.uniform() / COLOUR_STEP;
  }
  return NDArray.float32([1, count, length], values);
}

/** The strokes of a latent, within their bounds. */
export interface Curves {
  /** Control points in pixels, x right and y down: [count,3 segments + 1,2] */
  readonly points: Tensor;
  /** Widths in pixels [count,1] */
  readonly widths: Tensor;
  /** [count,3], 0..1 */
  readonly colours: Tensor;
  /** [count,1], 0..1; undefined: all are opaque */
  readonly opacities: Tensor | undefined;
}

/** @param z [1,count,numbers of a stroke] */
export function curvesOf(z: Tensor, strokes: Strokes, size: Size): Curves {
  const { count, ink, opacity } = strokes;
  const { points, colour, end } = layoutOf(strokes);
  const flat = reshape(z, [count, end]);
  const group = (from: number, to: number, unit: number) => mul(slice(flat, 1, from, to), unit);
  const shades = (from: number, to: number) => clampWithGrad(group(from, to, COLOUR_STEP), 0, 1);
  return {
    points: reshape(group(0, points, POINT_STEP * pixel(size)), [count, points / 2, 2]),
    widths: clampWithGrad(group(points, points + 1, WIDTH_STEP * pixel(size)), ...widths(strokes, size)),
    colours: ink ? expand(floats([1, 3], ink), [count, 3]) : shades(points + 1, colour),
    opacities: opacity ? shades(colour, end) : undefined,
  };
}

/** One stroke as numbers, within its bounds. */
export interface Stroke {
  /** x, y of each control point in pixels */
  readonly points: readonly number[];
  /** In pixels */
  readonly width: number;
  readonly colour: Colour;
  /** 0..1 */
  readonly opacity: number;
}

/** The strokes that `curvesOf` gives the graph, on the host; the first lies lowest. @param z [1,count,numbers of a stroke] */
export function strokesOf(z: NDArray, strokes: Strokes, size: Size): Stroke[] {
  const { points, colour, end } = layoutOf(strokes);
  const values = z.floats();
  const [least, most] = widths(strokes, size);
  const shade = (value: number) => Math.min(1, Math.max(0, value * COLOUR_STEP));
  return Array.from({ length: strokes.count }, (_, n) => {
    const stroke = Array.from(values.subarray(n * end, (n + 1) * end));
    return {
      points: stroke.slice(0, points).map((value) => value * POINT_STEP * pixel(size)),
      width: Math.min(most, Math.max(least, (stroke[points] as number) * WIDTH_STEP * pixel(size))),
      colour: strokes.ink ?? (stroke.slice(points + 1, colour).map(shade) as unknown as Colour),
      opacity: strokes.opacity ? shade(stroke[colour] as number) : 1,
    };
  });
}
