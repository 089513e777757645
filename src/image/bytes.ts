/** Pictures kept within what a picture holds, and as bytes. */
import { NDArray } from "../core/ndarray.js";

/** The picture with every value in 0..1: sharp resampling overshoots at edges. */
export function clampPicture(picture: NDArray): NDArray {
  return NDArray.float32(
    picture.shape,
    picture.floats().map((value) => Math.min(1, Math.max(0, value))),
  );
}

/** A picture float32 in 0..1 (values beyond are clamped) as uint8 of the same shape, rounded. */
export function pictureBytes(picture: NDArray): NDArray {
  const bytes = Uint8Array.from(clampPicture(picture).floats(), (value) => Math.round(255 * value));
  return new NDArray("uint8", picture.shape, bytes);
}
