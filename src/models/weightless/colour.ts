/**
 * Colours as independent axes: Ohta, Kanade and Sakai (1980) found luminance, red against blue, and green against both
 * to be nearly the principal axes of natural pictures' colours, the first by far the longest.
 */
import type { Tensor } from "../../graph/tensor.js";
import { add, clip, div, log, mul, sub, tanh } from "../../ops/arithmetic.js";
import { applyAlong } from "../../ops/linear-algebra.js";
import { floats } from "../../ops/operands.js";

/** Unit vectors over (r, g, b). */
const axes = [
  [1, 1, 1],
  [1, 0, -1],
  [-1, 2, -1],
].map((axis) => axis.map((part) => part / Math.hypot(...axis)));

/** How far pictures spread along each. */
const spreads = [1.8, 0.5, 0.25];

/** Nearest to -1 and 1 that a picture can come, so that its inverse stays finite: half of an 8-bit step from the end. */
const END = 1 - 1 / 255;

const at = (table: readonly (readonly number[])[], row: number, column: number) => table[row]?.[column] as number;
const matrix = (part: (row: number, column: number) => number) =>
  floats(
    [3, 3],
    Array.from({ length: 9 }, (_, i) => part(Math.floor(i / 3), i % 3)),
  );

/** @param v [n,3,H,W], about 1 in size along every axis @returns [n,3,H,W] in -1..1: tanh of its colours */
export function pictureOfAxes(v: Tensor): Tensor {
  return tanh(
    applyAlong(
      v,
      1,
      matrix((channel, axis) => at(axes, axis, channel) * (spreads[axis] as number)),
    ),
  );
}

/** The inverse; black and white come back within half of an 8-bit step. @param x [n,3,H,W] in -1..1 */
export function axesOfPicture(x: Tensor): Tensor {
  const inside = clip(x, -END, END);
  const colours = mul(log(div(add(inside, 1), sub(1, inside))), 0.5); // artanh
  return applyAlong(
    colours,
    1,
    matrix((axis, channel) => at(axes, axis, channel) / (spreads[axis] as number)),
  );
}
