/** Picture files to NDArrays in a browser, by its own decoder: upright, on white, within a pixel limit. */
import { requires, VqganClipError } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import type { NDArray } from "../core/ndarray.js";
import { type DecodeOptions, decodeOptionNames } from "../image/decode-options.js";
import { drawnPlanesOf, planesOf } from "../image/planes.js";

/**
 * A picture float32 [3,H,W] in 0..1 from a file that the browser can show. Transparency is laid on white.
 *
 * @throws BAD_IMAGE when it cannot be decoded, OUT_OF_LIMITS when it is too large
 */
export async function decodePicture(file: Blob, options: DecodeOptions = {}): Promise<NDArray> {
  requireKnown("decodePicture()", options, decodeOptionNames);
  const { maxPixels = 50_000_000, as = "picture" } = options;
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VqganClipError("BAD_IMAGE", `decodePicture(): no picture, or damaged: ${reason}`, undefined, { cause });
  });
  const { width, height } = bitmap;
  requires(
    width * height <= maxPixels,
    "OUT_OF_LIMITS",
    () => `decodePicture(): ${width}x${height} pixels, the limit is ${maxPixels} in all`,
    "scale it down first",
  );
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  requires(context, "OUT_OF_LIMITS", () => `decodePicture(): the browser gives no canvas of ${width}x${height} pixels`);
  if (as === "picture") {
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
  }
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = { data, width, height, channels: 4 };
  return as === "mask" ? drawnPlanesOf(pixels) : planesOf(pixels);
}
