/** Editing (paper section 4): the same loop, begun at somebody's picture and tied to it. */
import { sha256Of } from "../core/bytes.js";
import { NDArray } from "../core/ndarray.js";
import { clampPicture, pictureBytes } from "../image/bytes.js";
import { cropOrPad } from "../image/pad.js";
import { resizePicture } from "../image/resize.js";
import { composite, featherMask } from "./mask.js";

/** The picture an edit begins at and is held against, kept as the bytes it came in. */
export interface EditSource {
  /** uint8 [3,H,W] of the picture's own size */
  readonly picture: NDArray;
  /** Of its pixels: bytes of the red, the green, the blue plane. */
  readonly sha256: string;
  /** uint8 [H,W]: what may change; without it, everything */
  readonly mask?: NDArray;
}

/** A picture float32 [3,H,W] in 0..1, rounded to bytes, as the source of an edit. */
export async function editSource(picture: NDArray, mask?: NDArray): Promise<EditSource> {
  const kept = pictureBytes(picture);
  return { picture: kept, sha256: await sha256Of(kept.bytes), ...(mask && { mask }) };
}

/** Longer side in pixels that an edit works at unless a size is asked for. */
export const MAX_EDIT_SIDE = 512;
/** The smallest side a run has. */
const MIN_SIDE = 16;

/**
 * The size a picture is worked at: its own, rounded up to multiples of the factor and padded; beyond `maxSide`, scaled
 * down to it.
 *
 * @returns width and height
 */
export function workingSize(
  [height, width]: readonly [number, number],
  factor: number,
  maxSide: number,
): [number, number] {
  if (Math.max(height, width) <= maxSide) return paddedSize([height, width], factor);
  const scale = maxSide / Math.max(height, width);
  const near = (side: number) => Math.max(atLeast(factor), Math.round((side * scale) / factor) * factor);
  return [near(width), near(height)];
}

function paddedSize([height, width]: readonly [number, number], factor: number): [number, number] {
  const up = (side: number) => Math.max(atLeast(factor), Math.ceil(side / factor) * factor);
  return [up(width), up(height)];
}

const atLeast = (factor: number): number => Math.ceil(MIN_SIDE / factor) * factor;

/** Whether a picture is padded to the run's size; any other size is reached by resizing. */
function isPadded({ picture }: Pick<EditSource, "picture">, size: readonly [number, number], factor: number): boolean {
  const [, height, width] = picture.shape as [number, number, number];
  const [paddedWidth, paddedHeight] = paddedSize([height, width], factor);
  return paddedWidth === size[0] && paddedHeight === size[1];
}

/** Source pixels for a pixel of the run's picture, across and down. */
export function sourceScale(source: EditSource, size: readonly [number, number], factor: number): [number, number] {
  if (isPadded(source, size, factor)) return [1, 1];
  const [, height, width] = source.picture.shape as [number, number, number];
  return [width / size[0], height / size[1]];
}

/** The source as numbers [3,H,W] in 0..1 of its own size. */
export function pictureOfSource({ picture }: EditSource): NDArray {
  return NDArray.float32(
    picture.shape,
    Float32Array.from(picture.data as Uint8Array, (byte) => byte / 255),
  );
}

/** The source at the run's size [3,H,W] in 0..1. */
export function workingPicture(source: EditSource, size: readonly [number, number], factor: number): NDArray {
  return fittedPicture(pictureOfSource(source), size, factor);
}

/** A picture [3,H,W] in 0..1 at the run's size: its border repeated at the right and the bottom, or resized. */
export function fittedPicture(picture: NDArray, size: readonly [number, number], factor: number): NDArray {
  if (isPadded({ picture }, size, factor)) return cropOrPad(picture, size[1], size[0]);
  return clampPicture(resizePicture(picture, size[1], size[0], "lanczos3"));
}

/** What a run's settings say of its finished picture: width and height, and the mask's soft edge in pixels. */
interface Finish {
  readonly size: readonly [number, number];
  readonly feather: number;
}

/** A run's picture as the edited source: of its size, and nothing else than the source where the mask holds it. */
export function finishedPicture(made: NDArray, source: EditSource, { size, feather }: Finish, factor: number): NDArray {
  const [, height, width] = source.picture.shape as [number, number, number];
  const fitting = isPadded(source, size, factor)
    ? cropOrPad(made, height, width)
    : clampPicture(resizePicture(made, height, width, "bicubic"));
  return source.mask ? composite(pictureOfSource(source), fitting, featherMask(source.mask, feather)) : fitting;
}
