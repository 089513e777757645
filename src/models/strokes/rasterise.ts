/**
 * Curves as a picture, by tensor operations alone, so that every number has its gradient: strokes with soft edges, which lie
 * over one another in their order.
 */
import type { Tensor } from "../../graph/tensor.js";
import { add, clip, exp, log, min, mul, square, sub } from "../../ops/arithmetic.js";
import { reshape, transpose } from "../../ops/layout.js";
import { matmul } from "../../ops/linear-algebra.js";
import { floats } from "../../ops/operands.js";
import { sum } from "../../ops/reduction.js";
import type { Colour } from "../named-options.js";
import type { Curves, Size } from "./curves.js";
import { sides } from "./inside.js";
import { CHORDS, nearestPoints } from "./nearest.js";

/** Half of the width over which an edge goes from full to none, in pixels: nearest to what viewers of SVG draw. */
const EDGE = 0.65;
/** Most that a stroke may cover, so that what it lets through has a logarithm. */
const OPAQUE = 1 - 1e-6;

/** @returns the picture [1,3,H,W], 0..1 */
export function rasterise({ points, widths, colours, opacities }: Curves, paper: Colour, size: Size): Tensor {
  const nearest = nearestPoints(points, widths ? CHORDS.line : CHORDS.shape, size);
  const inside = widths
    ? band(nearest.distance, mul(widths, 0.5))
    : edge(mul(nearest.distance, sides(points, nearest, size)));
  const cover = min(opacities ? mul(inside, opacities) : inside, OPAQUE);
  const through = log(sub(1, cover));
  const above = matmul(later(points.shape[0] as number), through); // what those that lie over each let through
  const shares = mul(cover, exp(above));
  const ground = mul(exp(sum(through, { axes: [0], keepDims: true })), floats([3, 1], paper)); // [3,HW]
  return reshape(add(matmul(transpose(colours), shares), ground), [1, 3, ...size]);
}

/** How much of each pixel lies within half a width of a curve. @param distance [n,HW] @param half [n,1] */
const band = (distance: Tensor, half: Tensor) => sub(edge(add(distance, half)), edge(sub(distance, half)));

/** 0 to 1 over the width of an edge, by 3 t^2 - 2 t^3: how much of a pixel at a signed distance lies beyond it. */
function edge(distance: Tensor): Tensor {
  const t = clip(add(mul(distance, 0.5 / EDGE), 0.5), 0, 1);
  return mul(square(t), sub(3, mul(t, 2)));
}

/** [n,n]: 1 where the column's stroke lies over the row's */
function later(count: number): Tensor {
  const numbers = Float32Array.from({ length: count * count }, (_, i) => Number(i % count > Math.floor(i / count)));
  return floats([count, count], numbers);
}
