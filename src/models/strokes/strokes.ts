/** A picture as strokes of a pen (CLIPDraw, Frans et al. 2021): Bezier curves are what is optimised, no weights, nothing learnt. */
import type { NDArray } from "../../core/ndarray.js";
import { add, mul } from "../../ops/arithmetic.js";
import { type Generator, sizeOption } from "../generator.js";
import { curvesOf, firstStrokes, randomStrokes, type Size, shapeOf, strokesOf, strokesOn } from "./curves.js";
import { growthOf } from "./growth.js";
import { completeStrokes, nameOf, type StrokesOptions } from "./options.js";
import { EDGE, rasterise, rasteriseTiles } from "./rasterise.js";
import { strokesSvg } from "./svg.js";
import { roomOf, rowsOf, tileFeeds, tileLists } from "./tiles.js";

/** What sums in 32 bits may be wrong by, in pixels, and more. */
const ROUNDING = 0.05;

/** Settings that suit the bundled encoder: colours have to come far, and views that differ keep strokes from fooling one. */
const recommended = {
  steps: 120,
  learningRate: 5,
  schedule: { kind: "linear", final: 0.1 },
  cutouts: 4,
  cutMethod: "whole",
  augmentations: [
    { kind: "affine", degrees: 10, translate: 0.1, shear: 0, p: 1 },
    { kind: "perspective", distortion: 0.25, p: 0.7 },
    { kind: "jitter", brightness: 0.1, contrast: 0.1, saturation: 0.1, hue: 0, p: 0.8 },
    { kind: "noise", level: 0.05 },
  ],
  start: "normal",
  regularizer: { weight: 0, target: "zero", decay: 0, every: 1 },
};

/** A generator of drawings. @throws BAD_ARGUMENT naming the option, its range and what came */
export function strokes(options: StrokesOptions = {}): Generator {
  const drawing = completeStrokes(options);
  const growth = growthOf(drawing);
  const listsOf = (z: NDArray, size: Size) => tileLists(strokesOf(z, drawing, size), size, EDGE + ROUNDING);
  return {
    name: nameOf(options),
    factor: 1,
    resolution: 128,
    recommended,
    latentShape: () => shapeOf(drawing),
    ...(growth && { growth }),
    firstOf: (picture, random) => strokesOn(drawing, picture, random),
    first: (size, random) => randomStrokes(drawing, size, random),
    decode: (z, given) => {
      const size = sizeOption("strokes", given);
      const curves = curvesOf(z, drawing, size);
      const { paper } = drawing;
      const rows = given?.room;
      const picture = rows === undefined ? rasterise(curves, paper, size) : rasteriseTiles(curves, paper, size, rows);
      return add(mul(picture, 2), -1);
    },
    culling: {
      firstShapes: (z, share) => firstStrokes(z, drawing, Math.round(share * drawing.count)),
      roomFor: (z, size) => roomOf(listsOf(z, size)),
      feeds: (z, size, rows) => {
        const lists = listsOf(z, size);
        return rowsOf(lists) <= rows ? tileFeeds(lists, rows) : undefined;
      },
    },
    svg: (z, size, title) => strokesSvg(strokesOf(z, drawing, size), drawing.paper, size, title),
    files: [],
  };
}
