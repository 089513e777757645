/** Picture files to NDArrays on Node: told apart by content, upright, on white, within a pixel limit. */
import type { FailOnOptions, Metadata, OutputInfo, Sharp } from "sharp";
import { requires, VqganClipError } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import type { NDArray } from "../core/ndarray.js";
import { colourClaims } from "./colour-claims.js";
import { type DecodeOptions, decodeOptionNames } from "./decode-options.js";
import { drawnPlanesOf, planesOf } from "./planes.js";
import { concatenate } from "./png-chunks.js";
import { loadSharp } from "./sharp.js";
import { tiffFacts, tiffProblem } from "./tiff.js";

/** How each readable format begins, from byte `at`: nothing else ever reaches the decoder, which knows many more. */
const signatures: readonly { readonly at: number; readonly text: string }[] = [
  { at: 0, text: "\x89PNG\r\n\x1a\n" },
  { at: 0, text: "\xff\xd8\xff" }, // JPEG
  { at: 8, text: "WEBP" },
  { at: 0, text: "GIF8" },
  { at: 0, text: "II*\0" }, // TIFF
  { at: 0, text: "MM\0*" },
  { at: 0, text: "II+\0" }, // BigTIFF
  { at: 0, text: "MM\0+" },
  { at: 4, text: "ftyp" }, // AVIF
];
const READABLE = "PNG, JPEG, WebP, GIF, TIFF and AVIF can be read";
const PLAIN_TIFF = "save it as RGB or grey of 8 or 16 bits, compressed by LZW, Deflate or not at all, or as PNG";
const JPEG_END = Uint8Array.of(0xff, 0xd9);

/**
 * A picture float32 [3,H,W] in 0..1 from the bytes of a PNG, JPEG, WebP, GIF (its first frame), TIFF (its first page) or
 * AVIF file. EXIF orientation is applied, colour profiles and PNG's gamma become sRGB, transparency is laid on white. TIFF
 * of other samples than whole numbers of up to 16 bits, or of colours or compressions that the decoder does not know, is
 * refused, and so are PNG and AVIF files whose code points say that they are HDR or of a wider gamut.
 *
 * @param name what to call it in messages
 * @throws BAD_IMAGE when the bytes are no such file or are damaged, OUT_OF_LIMITS (before decoding) when it is too large
 */
export async function decodePicture(
  bytes: Uint8Array,
  name = "picture",
  options: DecodeOptions = {},
): Promise<NDArray> {
  requireKnown("decodePicture()", options, decodeOptionNames);
  const { maxPixels = 50_000_000, as = "picture" } = options;
  requires(bytes.length > 0, "BAD_IMAGE", () => `decodePicture(): ${name} is empty`, READABLE);
  requires(isPicture(bytes), "BAD_IMAGE", () => `decodePicture(): ${name} is no picture`, READABLE);
  const tiff = tiffFacts(bytes);
  const hint = tiff ? PLAIN_TIFF : READABLE;
  const problem = tiff && tiffProblem(tiff);
  requires(!problem, "BAD_IMAGE", () => `decodePicture(): ${name} cannot be read rightly: ${problem}`, hint);
  const { problem: unlike, exponent } = colourClaims(bytes);
  requires(
    !unlike,
    "BAD_IMAGE",
    () => `decodePicture(): ${name} cannot be read rightly: ${unlike}`,
    "save it as sRGB, or with an ICC profile",
  );
  const sharp = await loadSharp();
  const facts = await unlessDamaged(name, hint, () => sharp(bytes, { limitInputPixels: false }).metadata());
  const { width, height } = facts;
  requires(
    width * height <= maxPixels,
    "OUT_OF_LIMITS",
    () => `decodePicture(): ${name} has ${width}x${height} pixels, the limit is ${maxPixels} in all`,
    "scale it down first",
  );
  const pixelsOf = async (content: Uint8Array, failOn: FailOnOptions) => {
    const upright = sharp(content, { limitInputPixels: maxPixels, autoOrient: true, failOn });
    const shown = (await withProfileApplied(upright, facts)).toColourspace("srgb");
    if (tiff?.extraSamples.some((kind) => kind === 0))
      shown.removeAlpha(); // channels that are no opacity
    else if (as === "picture") shown.flatten({ background: "white" });
    if (as === "mask") shown.ensureAlpha();
    return shown.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  };
  const { data, info } = await unlessDamaged(name, hint, () =>
    facts.format === "jpeg" && !facts.isProgressive
      ? jpegPixels(bytes, pixelsOf)
      : pixelsOf(bytes, tiff ? "error" : "truncated"),
  );
  if (exponent !== undefined && !facts.icc) raise(data, info.channels, exponent);
  const pixels = { data, width: info.width, height: info.height, channels: info.channels };
  return as === "mask" ? drawnPlanesOf(pixels) : planesOf(pixels);
}

/** Colours raised to an exponent, opacity left alone. */
function raise(data: Buffer, channels: number, exponent: number): void {
  const table = Uint8Array.from({ length: 256 }, (_, value) => Math.round(255 * (value / 255) ** exponent));
  const colours = channels === 2 || channels === 4 ? channels - 1 : channels;
  for (let i = 0; i < data.length; i++) if (i % channels < colours) data[i] = table[data[i] as number] as number;
}

type PixelsOf = (content: Uint8Array, failOn: FailOnOptions) => Promise<{ data: Buffer; info: OutputInfo }>;

/**
 * A JPEG without its end marker is whole when it shows the same picture whatever follows it; of a progressive one nobody
 * could tell, a scan may be lacking.
 */
async function jpegPixels(bytes: Uint8Array, pixelsOf: PixelsOf): ReturnType<PixelsOf> {
  try {
    return await pixelsOf(bytes, "truncated");
  } catch (error) {
    const endedBy = (fill: number) =>
      pixelsOf(concatenate([bytes, new Uint8Array(64).fill(fill), JPEG_END]), "truncated").catch(() => undefined);
    const [one, other] = [await endedBy(0x00), await endedBy(0xaa)];
    if (one && other?.data.equals(one.data)) return one;
    throw error;
  }
}

/** The decoder applies profiles to 8 bits a channel only: pictures of 16 come down to 8 first, their profile kept. */
async function withProfileApplied(picture: Sharp, { icc, depth, space }: Metadata): Promise<Sharp> {
  if (!icc || depth !== "ushort" || space === "cmyk") return picture;
  const eight = picture.keepIccProfile().toColourspace(space === "grey16" ? "b-w" : "srgb");
  const sharp = await loadSharp();
  return sharp(await eight.png({ compressionLevel: 1 }).toBuffer());
}

function isPicture(bytes: Uint8Array): boolean {
  const begins = String.fromCharCode(...bytes.subarray(0, 16));
  return signatures.some(({ at, text }) => begins.startsWith(text, at));
}

async function unlessDamaged<Result>(name: string, hint: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] as string) : String(cause);
    throw new VqganClipError("BAD_IMAGE", `decodePicture(): ${name} is no picture, or damaged: ${reason}`, hint, {
      cause,
    });
  }
}
