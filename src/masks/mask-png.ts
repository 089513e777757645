/** Masks as pictures, to look at and to use again. */
import { NDArray } from "../core/ndarray.js";
import { encodePng } from "../image/png.js";

/** A mask uint8 [H,W] as a grey PNG. */
export function maskPng(mask: NDArray): Uint8Array {
  const grey = Float32Array.from(mask.data as Uint8Array, (value) => value / 255);
  const planes = new Float32Array(3 * grey.length);
  for (let channel = 0; channel < 3; channel++) planes.set(grey, channel * grey.length);
  return encodePng(NDArray.float32([3, ...mask.shape], planes));
}
