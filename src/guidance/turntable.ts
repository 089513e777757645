/** A shape in space seen all round: pictures of one turn about its upright axis, which begins at the front. */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { input } from "../graph/tensor.js";
import { clampPicture } from "../image/bytes.js";
import { type Generator, solidOf } from "../models/generator.js";
import { add, mul } from "../ops/arithmetic.js";
import { type CompileOptions, compile } from "../runtime/program.js";

/** @returns pictures [3,H,W] in 0..1 @throws BAD_ARGUMENT unless the generator has shapes, and on a count beyond 1..360 */
export async function turntable(
  generator: Generator,
  z: NDArray,
  [width, height]: readonly [number, number],
  frames: number,
  options: CompileOptions,
): Promise<NDArray[]> {
  requires(
    Number.isInteger(frames) && frames >= 1 && frames <= 360,
    "BAD_ARGUMENT",
    () => `toTurntable(): frames is a whole number from 1 to 360, got ${frames}`,
  );
  const solid = solidOf(generator, "toTurntable()");
  const size = [height, width] as const;
  const image = mul(add(solid.view(input("z", "float32", z.shape), size), 1), 0.5);
  const program = await compile({ image }, options);
  const pictures: NDArray[] = [];
  try {
    for (let frame = 0; frame < frames; frame++) {
      const made = await program.run({ z, ...solid.feedsAt(z, size, frame / frames) });
      pictures.push(clampPicture(made.image.reshape([3, height, width])));
    }
  } finally {
    await program.dispose();
  }
  return pictures;
}
