/** A shape in space seen all round: pictures of one turn about its upright axis, which begins at the front. */
import type { NDArray } from "../core/ndarray.js";
import { input } from "../graph/tensor.js";
import { type Generator, solidOf } from "../models/generator.js";
import type { CompileOptions } from "../runtime/program.js";
import { pictureSeries, requireFrames } from "./picture-series.js";

/** @returns pictures [3,H,W] in 0..1 @throws BAD_ARGUMENT unless the generator has shapes, and on a count beyond 1..360 */
export async function turntable(
  generator: Generator,
  z: NDArray,
  [width, height]: readonly [number, number],
  frames: number,
  options: CompileOptions,
): Promise<NDArray[]> {
  requireFrames({ of: "toTurntable()", frames, least: 1, most: 360 });
  const solid = solidOf(generator, "toTurntable()");
  const size = [height, width] as const;
  const picture = solid.view(input("z", "float32", z.shape), size);
  return pictureSeries(picture, frames, (frame) => ({ z, ...solid.feedsAt(z, size, frame / frames) }), options);
}
