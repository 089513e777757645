/** A picture as strokes of a pen (CLIPDraw, Frans et al. 2021): Bezier curves are what is optimised, no weights, nothing learnt. */
import { add, mul } from "../../ops/arithmetic.js";
import { type Generator, sizeOption } from "../generator.js";
import { curvesOf, randomStrokes, shapeOf, strokesOf } from "./curves.js";
import { completeStrokes, nameOf, type StrokesOptions } from "./options.js";
import { rasterise } from "./rasterise.js";
import { strokesSvg } from "./svg.js";

/** A generator of drawings. @throws BAD_ARGUMENT naming the option, its range and what came */
export function strokes(options: StrokesOptions = {}): Generator {
  const drawing = completeStrokes(options);
  return {
    name: nameOf(options),
    factor: 1,
    resolution: 128,
    latentShape: () => shapeOf(drawing),
    first: (size, random) => randomStrokes(drawing, size, random),
    decode: (z, given) => {
      const size = sizeOption("strokes", given);
      return add(mul(rasterise(curvesOf(z, drawing, size), drawing.paper, size), 2), -1);
    },
    svg: (z, size, title) => strokesSvg(strokesOf(z, drawing, size), drawing.paper, size, title),
    files: [],
  };
}
