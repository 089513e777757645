/** Picture files to NDArrays on Node: told apart by content, upright, on white, within a pixel limit. */
import sharp from "sharp";
import { requires, VqganClipError } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import { NDArray } from "../core/ndarray.js";

export interface DecodeOptions {
  /** Width times height that is accepted (default 50 million). */
  readonly maxPixels?: number;
}

/** How each readable format begins, from byte `at`: nothing else ever reaches the decoder, which knows many more. */
const signatures: readonly { readonly at: number; readonly text: string }[] = [
  { at: 0, text: "\x89PNG\r\n\x1a\n" },
  { at: 0, text: "\xff\xd8\xff" }, // JPEG
  { at: 8, text: "WEBP" },
  { at: 0, text: "GIF8" },
  { at: 0, text: "II*\0" }, // TIFF
  { at: 0, text: "MM\0*" },
  { at: 4, text: "ftyp" }, // AVIF
];
const READABLE = "PNG, JPEG, WebP, GIF, TIFF and AVIF can be read";

/**
 * A picture float32 [3,H,W] in 0..1 from the bytes of a PNG, JPEG, WebP, GIF (its first frame), TIFF or AVIF file.
 * EXIF orientation is applied, colour profiles become sRGB, transparency is laid on white.
 *
 * @param name what to call it in messages
 * @throws BAD_IMAGE when the bytes are no such file or are damaged, OUT_OF_LIMITS (before decoding) when it is too large
 */
export async function decodePicture(
  bytes: Uint8Array,
  name = "picture",
  options: DecodeOptions = {},
): Promise<NDArray> {
  requireKnown("decodePicture()", options, { maxPixels: true });
  const { maxPixels = 50_000_000 } = options;
  requires(bytes.length > 0, "BAD_IMAGE", () => `decodePicture(): ${name} is empty`, READABLE);
  requires(isPicture(bytes), "BAD_IMAGE", () => `decodePicture(): ${name} is no picture`, READABLE);
  const { width, height } = await unlessDamaged(name, () => sharp(bytes, { limitInputPixels: false }).metadata());
  requires(
    width * height <= maxPixels,
    "OUT_OF_LIMITS",
    () => `decodePicture(): ${name} has ${width}x${height} pixels, the limit is ${maxPixels} in all`,
    "scale it down first",
  );
  const { data, info } = await unlessDamaged(name, () =>
    sharp(bytes, { limitInputPixels: maxPixels, autoOrient: true, failOn: "truncated" })
      .toColourspace("srgb")
      .flatten({ background: "white" })
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true }),
  );
  const count = info.width * info.height;
  const planes = new Float32Array(3 * count);
  for (let channel = 0; channel < 3; channel++) {
    const from = Math.min(channel, info.channels - 1); // a grey picture has one channel
    for (let i = 0; i < count; i++) planes[channel * count + i] = (data[i * info.channels + from] as number) / 255;
  }
  return NDArray.float32([3, info.height, info.width], planes);
}

function isPicture(bytes: Uint8Array): boolean {
  const begins = String.fromCharCode(...bytes.subarray(0, 16));
  return signatures.some(({ at, text }) => begins.startsWith(text, at));
}

async function unlessDamaged<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] as string) : String(cause);
    throw new VqganClipError("BAD_IMAGE", `decodePicture(): ${name} is no picture, or damaged: ${reason}`, READABLE, {
      cause,
    });
  }
}
