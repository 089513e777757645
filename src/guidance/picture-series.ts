/** Pictures one after the other of one program, which is fed anew for each: a turn about a shape, a drawing in the making. */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import type { Tensor } from "../graph/tensor.js";
import { clampPicture } from "../image/bytes.js";
import { add, mul } from "../ops/arithmetic.js";
import type { Feeds } from "../runtime/engine.js";
import { type CompileOptions, compile } from "../runtime/program.js";

/** How long each picture is shown, in milliseconds; the last of a drawing stays. */
const [EACH, LAST] = [80, 2000] as const;

/** Of a turn, which goes on for ever. */
export const turnDelays = (count: number): number[] => Array.from({ length: count }, () => EACH);

/** Of a drawing in the making. */
export const drawingDelays = (count: number): number[] => [...turnDelays(count - 1), LAST];

/** How many pictures were asked for, of whom, and how many may be. */
export interface SeriesLength {
  readonly of: string;
  readonly frames: number;
  readonly least: number;
  readonly most: number;
}

/** @throws BAD_ARGUMENT on a count beyond the bounds */
export function requireFrames({ of, frames, least, most }: SeriesLength): void {
  requires(
    Number.isInteger(frames) && frames >= least && frames <= most,
    "BAD_ARGUMENT",
    () => `${of}: frames is a whole number from ${least} to ${most}, got ${frames}`,
  );
}

/**
 * @param picture [1,3,H,W] in -1..1
 * @param feedsAt what it is fed for a frame, from 0
 * @returns pictures [3,H,W] in 0..1
 */
export async function pictureSeries(
  picture: Tensor,
  frames: number,
  feedsAt: (frame: number) => Feeds,
  options: CompileOptions,
): Promise<NDArray[]> {
  const program = await compile({ image: mul(add(picture, 1), 0.5) }, options);
  const pictures: NDArray[] = [];
  try {
    for (let frame = 0; frame < frames; frame++) {
      const { image } = await program.run(feedsAt(frame));
      pictures.push(clampPicture(image.reshape(picture.shape.slice(1) as number[])));
    }
  } finally {
    await program.dispose();
  }
  return pictures;
}
