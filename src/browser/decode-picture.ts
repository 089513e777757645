/** Picture files to NDArrays in a browser, by its own decoder: upright, on white, within a pixel limit. */
import { requires, VqganClipError } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import { NDArray } from "../core/ndarray.js";

export interface DecodeOptions {
  /** Width times height that is accepted (default 50 million). */
  readonly maxPixels?: number;
}

/**
 * A picture float32 [3,H,W] in 0..1 from a file that the browser can show. Transparency is laid on white.
 *
 * @throws BAD_IMAGE when it cannot be decoded, OUT_OF_LIMITS when it is too large
 */
export async function decodePicture(file: Blob, options: DecodeOptions = {}): Promise<NDArray> {
  requireKnown("decodePicture()", options, { maxPixels: true });
  const { maxPixels = 50_000_000 } = options;
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
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const count = width * height;
  const planes = new Float32Array(3 * count);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < count; i++) planes[channel * count + i] = (data[4 * i + channel] as number) / 255;
  }
  return NDArray.float32([3, height, width], planes);
}
