/** What a TIFF file says of its first picture, and which of such pictures the decoder shows rightly. */

/** Of the first picture in the file; a field is what TIFF takes for granted where its tag is missing. */
export interface TiffFacts {
  /** Whether it is only a small or quick look at another picture, as in cameras' raw files. */
  readonly isPreview: boolean;
  /** By TIFF's numbers, as the next two. */
  readonly compression: number;
  /** How samples become colours. */
  readonly photometric: number;
  /** One for each channel beside the colours: 0 is nothing that TIFF defines, 1 and 2 are opacity. */
  readonly extraSamples: readonly number[];
  /** 1 whole numbers, 2 signed ones, 3 floats; beyond are complex and undefined ones. */
  readonly sampleFormat: number;
  readonly bitsPerSample: number;
}

const tags = {
  subfileType: 254,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/** Bytes of a value by TIFF's number for its type; only whole numbers are read. */
const sizes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };
/** More channels than this are no picture. */
const MANY = 64;

/** Undefined when the bytes are no TIFF or BigTIFF, or hold no first picture. */
export function tiffFacts(bytes: Uint8Array): TiffFacts | undefined {
  const found = firstDirectory(bytes);
  if (!found) return undefined;
  const first = (tag: number, usual: number) => found.get(tag)?.[0] ?? usual;
  return {
    isPreview: (first(tags.subfileType, 0) & 1) === 1,
    compression: first(tags.compression, 1),
    photometric: first(tags.photometric, 0),
    extraSamples: found.get(tags.extraSamples) ?? [],
    sampleFormat: first(tags.sampleFormat, 1),
    bitsPerSample: first(tags.bitsPerSample, 1),
  };
}

const JPEG = 7;

const colours: Readonly<Record<number, string>> = { 4: "a mask", 6: "YCbCr", 8: "CIELab", 9: "ICC Lab", 10: "ITU Lab" };
/** Grey with white or black at 0, RGB, palette and CMYK. */
const shown: ReadonlySet<number> = new Set([0, 1, 2, 3, 5]);
const YCBCR = 6;

const formats: Readonly<Record<number, string>> = { 1: "whole numbers", 2: "signed numbers", 3: "floating point" };
const depths: ReadonlySet<number> = new Set([1, 2, 4, 8, 16]);

/**
 * Why the decoder would show the picture wrongly, as a part of a sentence; undefined where it does not. Compressions that
 * it does not know are for the decoder to tell.
 */
export function tiffProblem(facts: TiffFacts): string | undefined {
  const { compression, photometric, extraSamples, sampleFormat, bitsPerSample } = facts;
  if (facts.isPreview) return "its first picture is a preview only, as in cameras' raw files";
  if (sampleFormat !== 1 || !depths.has(bitsPerSample))
    return `its samples are ${formats[sampleFormat] ?? `of kind ${sampleFormat}`} of ${bitsPerSample} bits`;
  if (!shown.has(photometric) && !(photometric === YCBCR && compression === JPEG))
    return `its colours are ${colours[photometric] ?? `of kind ${photometric}`}`;
  if (extraSamples.length > 1 && extraSamples.some((kind) => kind !== 0))
    return `it has ${extraSamples.length} channels beside its colours, one of them opacity`;
  return undefined;
}

/** The values of the tags above in the first directory. */
function firstDirectory(bytes: Uint8Array): Map<number, readonly number[]> | undefined {
  const mark = String.fromCharCode(...bytes.subarray(0, 4));
  const little = mark.startsWith("II");
  const big = mark === "II+\0" || mark === "MM\0+"; // 64-bit offsets
  if (!big && mark !== "II*\0" && mark !== "MM\0*") return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const valueAt = (at: number, size: number): number => {
    if (size === 1) return view.getUint8(at);
    if (size === 2) return view.getUint16(at, little);
    return size === 4 ? view.getUint32(at, little) : Number(view.getBigUint64(at, little));
  };
  const wanted: readonly number[] = Object.values(tags);
  const found = new Map<number, readonly number[]>();
  try {
    const start = wide(big ? 8 : 4);
    const entries = big ? wide(start) : view.getUint16(start, little);
    const step = big ? 20 : 12;
    for (let i = 0, at = start + (big ? 8 : 2); i < entries; i++, at += step) {
      const tag = view.getUint16(at, little);
      if (!wanted.includes(tag)) continue;
      const size = sizes[view.getUint16(at + 2, little)];
      const count = wide(at + 4);
      if (size === undefined || count > MANY) return undefined;
      const field = at + (big ? 12 : 8);
      const from = size * count <= (big ? 8 : 4) ? field : wide(field);
      found.set(
        tag,
        Array.from({ length: count }, (_, k) => valueAt(from + k * size, size)),
      );
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined; // beyond the file
    throw error;
  }
  return found;
}
