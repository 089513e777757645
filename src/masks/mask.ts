/**
 * Masks (paper section 2.5): what of a picture may change. Held latents get no gradient; because a latent reaches
 * further than its own pixels when it is decoded, the finished picture is laid over the source inside the mask only.
 *
 * A mask is uint8 [H,W] of the source's size: 0 stays as it is, 255 may change, values between mix.
 */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";

/** Left, top, width and height in pixels. */
export type Rectangle = readonly [x: number, y: number, width: number, height: number];

/** How a mask is found for a phrase: ours, and the paper's. */
export const maskRecipes = ["outline", "paper"] as const;
/** The name of one. */
export type MaskRecipe = (typeof maskRecipes)[number];

/** How far above the mean a place must be like a phrase to belong to its mask, in standard deviations. */
export const USUAL_DEVIATIONS = 1.25;
/** The paper's own threshold, as it stands there. */
export const PAPER_DEVIATIONS = -2;

/** @throws BAD_ARGUMENT when the rectangle is empty or leaves the picture */
export function rectangleMask([x, y, width, height]: Rectangle, [rows, columns]: readonly [number, number]): NDArray {
  requires(
    [x, y, width, height].every(Number.isInteger) &&
      x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= columns && y + height <= rows,
    "BAD_ARGUMENT",
    () => `rect: ${x},${y},${width},${height} is no part of a ${columns}x${rows} picture`,
    "write x,y,width,height in pixels from the upper left corner",
  ); // biome-ignore format: one condition a thought
  const mask = new Uint8Array(rows * columns);
  for (let row = y; row < y + height; row++) mask.fill(255, row * columns + x, row * columns + x + width);
  return new NDArray("uint8", [rows, columns], mask);
}

/** The mask that a grey picture [3,H,W] in 0..1 shows: white may change, black stays. */
export function maskOfPicture(picture: NDArray): NDArray {
  const [, height, width] = picture.shape as [number, number, number];
  const values = picture.floats();
  const count = height * width;
  const grey = (i: number) =>
    ((values[i] as number) + (values[count + i] as number) + (values[2 * count + i] as number)) / 3;
  return new NDArray(
    "uint8",
    [height, width],
    Uint8Array.from({ length: count }, (_, i) => Math.round(255 * grey(i))),
  );
}

/** @throws BAD_ARGUMENT when the mask has another size than the picture, or lets nothing change */
export function checkMask(mask: NDArray, [height, width]: readonly [number, number]): void {
  const [rows, columns] = mask.shape as [number, number];
  requires(
    rows === height && columns === width,
    "BAD_ARGUMENT",
    () => `mask: it has ${columns}x${rows} pixels, the picture ${width}x${height}`,
    "a mask has a pixel for each of the picture",
  );
  requires(
    (mask.data as Uint8Array).some((value) => value > 0),
    "BAD_ARGUMENT",
    () => "mask: nothing in it may change",
    "white may change; black and what is transparent stay",
  );
}

/**
 * Which latent positions are free: those with any pixel in their f x f cell that may change.
 *
 * @param scale source pixels for a pixel of the run's picture, across and down
 * @returns 1 or 0 for each of rows x columns positions
 */
export function freePositions(
  mask: NDArray,
  [rows, columns]: readonly [number, number],
  factor: number,
  [scaleX, scaleY]: readonly [number, number],
): Uint8Array {
  const [height, width] = mask.shape as [number, number];
  const data = mask.data as Uint8Array;
  const span = (i: number, scale: number, extent: number): [number, number] => [
    Math.min(extent - 1, Math.floor(i * factor * scale)),
    Math.min(extent, Math.ceil((i + 1) * factor * scale)),
  ];
  const free = new Uint8Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const [top, bottom] = span(i, scaleY, height);
    for (let j = 0; j < columns; j++) {
      const [left, right] = span(j, scaleX, width);
      for (let y = top; y < bottom && free[i * columns + j] === 0; y++) {
        if (data.subarray(y * width + left, y * width + right).some((value) => value > 0)) free[i * columns + j] = 1;
      }
    }
  }
  return free;
}

/** Channel-first values [1,D,h,w] with `held`'s where a position is not free; a new array. */
export function holdLatents(values: Float32Array, held: Float32Array, free: Uint8Array): Float32Array {
  return values.map((value, i) => (free[i % free.length] ? value : (held[i] as number)));
}

/**
 * How much of the new picture each pixel takes, 0..1: the mask's own value, rising over `radius` pixels from its edge
 * inwards, so that no pixel outside takes any. A thin mask rises faster: half of its depth at most.
 */
export function featherMask(mask: NDArray, radius: number): Float32Array {
  const values = (mask.data as Uint8Array).map((value) => value);
  const depths = depthInside(mask);
  const deepest = depths.reduce((most, depth) => Math.max(most, Number.isFinite(depth) ? depth : 0), 0);
  const rise = Math.min(radius, deepest / 2) + 1;
  return Float32Array.from(values, (value, i) => (value / 255) * Math.min(1, (depths[i] as number) / rise));
}

/** Pixels from each pixel to the nearest that stays (3-4 chamfer distance / 3); 0 there, Infinity where none stays. */
function depthInside(mask: NDArray): Float64Array {
  const [height, width] = mask.shape as [number, number];
  const depths = Float64Array.from(mask.data as Uint8Array, (value) => (value > 0 ? Number.POSITIVE_INFINITY : 0));
  const at = (y: number, x: number) =>
    y < 0 || y >= height || x < 0 || x >= width ? Number.POSITIVE_INFINITY : (depths[y * width + x] as number);
  const relax = (y: number, x: number, side: 1 | -1) => {
    const straight = Math.min(at(y, x + side), at(y + side, x)) + 1;
    const slant = Math.min(at(y + side, x - 1), at(y + side, x + 1)) + 4 / 3;
    depths[y * width + x] = Math.min(at(y, x), straight, slant);
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) relax(y, x, -1);
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) relax(y, x, 1);
  return depths;
}

/** Left, top, width and height of the smallest square that holds what may change, as far as the picture reaches. */
export function squareAround(mask: NDArray): Rectangle {
  const [height, width] = mask.shape as [number, number];
  const data = mask.data as Uint8Array;
  let [left, right, top, bottom] = [width, 0, height, 0];
  data.forEach((value, i) => {
    if (value === 0) return;
    left = Math.min(left, i % width);
    right = Math.max(right, (i % width) + 1);
    top = Math.min(top, Math.floor(i / width));
    bottom = Math.max(bottom, Math.floor(i / width) + 1);
  });
  const side = Math.max(right - left, bottom - top);
  const start = (low: number, high: number, extent: number) =>
    Math.max(0, Math.min(extent - side, Math.round((low + high - side) / 2)));
  return [start(left, right, width), start(top, bottom, height), Math.min(side, width), Math.min(side, height)];
}

/** How much of the picture may change at all, 0..1. */
export function maskShare(mask: NDArray): number {
  return (mask.data as Uint8Array).reduce((count, value) => count + (value > 0 ? 1 : 0), 0) / mask.size;
}

/** source + share (made - source), exactly the source where the share is 0; pictures [3,H,W], shares [H*W]. */
export function composite(source: NDArray, made: NDArray, shares: Float32Array): NDArray {
  const [old, fresh] = [source.floats(), made.floats()];
  return NDArray.float32(
    source.shape,
    old.map((value, i) => value + (shares[i % shares.length] as number) * ((fresh[i] as number) - value)),
  );
}
