/** Pictures as WebP, small and quick, to be looked at; Node only. What is kept is PNG. */
import type { NDArray } from "../core/ndarray.js";
import { interleave } from "./png.js";
import { loadSharp } from "./sharp.js";

/** @param picture float32 [3,H,W] in 0..1; values beyond are clamped */
export async function encodeWebp(picture: NDArray): Promise<Uint8Array> {
  const [, height, width] = picture.shape as [number, number, number];
  const raw = { width, height, channels: 3 } as const;
  const sharp = await loadSharp();
  return sharp(interleave(picture.floats(), height * width), { raw })
    .webp({ quality: 85 })
    .toBuffer();
}

/**
 * Pictures of one size as one that moves, for ever.
 *
 * @param frames each a picture file
 * @param delays milliseconds that each is shown
 * @param quality 1..100
 */
export async function animatedWebp(
  frames: readonly Uint8Array[],
  delays: readonly number[],
  quality = 80,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp([...frames] as Buffer[], { join: { animated: true } })
    .webp({ quality, delay: [...delays], loop: 0 })
    .toBuffer();
}
