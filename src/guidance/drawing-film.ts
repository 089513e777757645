/** A drawing in the making: its shapes appear one after the other, in the order in which they lie over one another. */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { input } from "../graph/tensor.js";
import { clampPicture } from "../image/bytes.js";
import { culledBy, type Generator } from "../models/generator.js";
import { add, mul } from "../ops/arithmetic.js";
import { type CompileOptions, compile } from "../runtime/program.js";

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
  requires(
    Number.isInteger(frames) && frames >= 2 && frames <= 1000,
    "BAD_ARGUMENT",
    () => `toFilm(): frames is a whole number from 2 to 1000, got ${frames}`,
  );
  const culling = culledBy(generator, "toFilm()");
  const size = [height, width] as const;
  const room = culling.roomFor(z, size); // all shapes need the most
  const variable = input("z", "float32", z.shape);
  const picture = generator.decode(variable, { size: [width, height], room });
  const program = await compile({ image: mul(add(picture, 1), 0.5) }, options);
  const pictures: NDArray[] = [];
  try {
    for (let frame = 0; frame < frames; frame++) {
      const shown = culling.firstShapes(z, frame / (frames - 1));
      const made = await program.run({ z: shown, ...culling.feeds(shown, size, room) });
      pictures.push(clampPicture(made.image.reshape([3, height, width])));
    }
  } finally {
    await program.dispose();
  }
  return pictures;
}
