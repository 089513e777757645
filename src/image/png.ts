/** Pictures to PNG bytes, the same bytes on every machine and in browsers: 8-bit RGB, with text. */
import { zlibSync } from "fflate";
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { concatenate, PNG_SIGNATURE, pngChunk } from "./png-chunks.js";
import { writePngText } from "./png-text.js";

const EIGHT_BIT_RGB = [8, 2, 0, 0, 0];

/**
 * The bytes of a PNG, the same everywhere.
 *
 * @param picture float32 [3,H,W] in 0..1; values beyond are clamped, then rounded to whole 1/255
 * @param texts by keyword, see `writePngText`. Throws SHAPE_MISMATCH for other shapes, and for bytes.
 */
export function encodePng(picture: NDArray, texts: Readonly<Record<string, string>> = {}): Uint8Array {
  const [channels, height, width] = picture.shape as [number, number, number];
  requires(
    picture.dtype.startsWith("float") && picture.shape.length === 3 && channels === 3 && height > 0 && width > 0,
    "SHAPE_MISMATCH",
    () => `encodePng(): needs a picture [3,H,W] of floats, got ${picture}`,
  );
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set(EIGHT_BIT_RGB, 8);
  const pixels = zlibSync(filterRows(interleave(picture.floats(), height * width), height, width * 3), { level: 6 });
  const png = concatenate([
    PNG_SIGNATURE,
    pngChunk("IHDR", header),
    pngChunk("IDAT", pixels),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
  return writePngText(png, texts);
}

/** [3, H*W] in 0..1 to bytes R G B R G B ... */
export function interleave(planes: Float32Array, count: number): Uint8ClampedArray {
  const bytes = new Uint8ClampedArray(3 * count); // clamps and rounds
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < count; i++) bytes[3 * i + channel] = 255 * (planes[channel * count + i] as number);
  }
  return bytes;
}

/** What a byte is predicted to be from its left, upper and upper left neighbour; by PNG's filter number. */
const predictors: readonly ((left: number, up: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
];

function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Each row as the differences to the predictor that leaves the smallest ones, behind its number. */
function filterRows(bytes: Uint8ClampedArray, height: number, stride: number): Uint8Array {
  const filtered = new Uint8Array(height * (stride + 1));
  const attempt = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const row = y * stride;
    let best = Number.POSITIVE_INFINITY;
    predictors.forEach((predict, number) => {
      let total = 0;
      for (let i = 0; i < stride && total < best; i++) {
        const left = i >= 3 ? (bytes[row + i - 3] as number) : 0;
        const up = y > 0 ? (bytes[row + i - stride] as number) : 0;
        const corner = i >= 3 && y > 0 ? (bytes[row + i - stride - 3] as number) : 0;
        const difference = ((bytes[row + i] as number) - predict(left, up, corner)) & 255;
        attempt[i] = difference;
        total += difference < 128 ? difference : 256 - difference;
      }
      if (total >= best) return;
      best = total;
      filtered[y * (stride + 1)] = number;
      filtered.set(attempt, y * (stride + 1) + 1);
    });
  }
  return filtered;
}
