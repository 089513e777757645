/** Pictures cut or extended to a size without touching the pixels that stay. */
import { NDArray } from "../core/ndarray.js";

/** A picture [c,H,W] cut or extended at the right and the bottom, its border repeated; itself when it has the size. */
export function cropOrPad(picture: NDArray, height: number, width: number): NDArray {
  const [channels, oldHeight, oldWidth] = picture.shape as [number, number, number];
  if (oldHeight === height && oldWidth === width) return picture;
  const source = picture.floats();
  const target = new Float32Array(channels * height * width);
  for (let row = 0; row < channels * height; row++) {
    const from = (Math.floor(row / height) * oldHeight + Math.min(row % height, oldHeight - 1)) * oldWidth;
    for (let x = 0; x < width; x++) target[row * width + x] = source[from + Math.min(x, oldWidth - 1)] as number;
  }
  return NDArray.float32([channels, height, width], target);
}

/** A window of a picture [c,H,W], wholly inside it -> [c,height,width]. */
export function windowOf(picture: NDArray, left: number, top: number, width: number, height: number): NDArray {
  const [channels, fullHeight, fullWidth] = picture.shape as [number, number, number];
  const source = picture.floats();
  const target = new Float32Array(channels * height * width);
  for (let row = 0; row < channels * height; row++) {
    const from = (Math.floor(row / height) * fullHeight + top + (row % height)) * fullWidth + left;
    target.set(source.subarray(from, from + width), row * width);
  }
  return NDArray.float32([channels, height, width], target);
}

/** Writes a picture [3,h,w] into the values of a canvas [3,height,width], where it lies wholly on it. */
export function paste(
  canvas: Float32Array,
  [width, height]: readonly [number, number],
  picture: NDArray,
  [left, top]: readonly [number, number],
): void {
  const [, rows, across] = picture.shape as [number, number, number];
  const pixels = picture.floats();
  for (let row = 0; row < 3 * rows; row++) {
    const [channel, y] = [Math.floor(row / rows), row % rows];
    canvas.set(pixels.subarray(row * across, (row + 1) * across), (channel * height + top + y) * width + left);
  }
}
