/** A drawing in the making: its shapes appear one after the other, in the order in which they lie over one another. */
import type { NDArray } from "../core/ndarray.js";
import { input } from "../graph/tensor.js";
import { culledBy, type Generator } from "../models/generator.js";
import type { CompileOptions } from "../runtime/program.js";
import { pictureSeries, requireFrames } from "./picture-series.js";

/**
 * Pictures of the drawing from its bare paper to all of its shapes.
 *
 * @returns pictures [3,H,W] in 0..1
 * @throws BAD_ARGUMENT unless the generator draws shapes, and on a count beyond 2..1000
 */
export async function drawingFilm(
  generator: Generator,
  z: NDArray,
  [width, height]: readonly [number, number],
  frames: number,
  options: CompileOptions,
): Promise<NDArray[]> {
  requireFrames({ of: "toFilm()", frames, least: 2, most: 1000 });
  const culling = culledBy(generator, "toFilm()");
  const size = [height, width] as const;
  const room = culling.roomFor(z, size); // all shapes need the most
  const picture = generator.decode(input("z", "float32", z.shape), { size: [width, height], room });
  const feedsAt = (frame: number) => {
    const shown = culling.firstShapes(z, frame / (frames - 1));
    return { z: shown, ...culling.feeds(shown, size, room) };
  };
  return pictureSeries(picture, frames, feedsAt, options);
}
