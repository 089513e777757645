/** Square pictures put together on one canvas. */
import { NDArray } from "../core/ndarray.js";
import { clampPicture } from "./bytes.js";
import { paste } from "./pad.js";
import { resizePicture } from "./resize.js";

/** Where a picture goes: its middle from -1 (left, top) to 1, and its side as a share of the canvas's shorter one. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/**
 * Pictures side by side on a canvas whose ground is the mean colour of the first one's edge.
 *
 * @param pictures [3,S,S] each, in 0..1
 * @param spots of each, once for every time that it is shown; wholly on the canvas
 * @returns [3,height,width]
 */
export function collage(
  pictures: readonly NDArray[],
  spots: readonly (readonly Spot[])[],
  [width, height]: readonly [number, number],
): NDArray {
  const canvas = new Float32Array(3 * width * height);
  const ground = edgeColour(pictures[0] as NDArray);
  for (const [channel, level] of ground.entries()) canvas.fill(level, channel * width * height, (channel + 1) * width * height); // biome-ignore format: one thought
  for (const [i, picture] of pictures.entries()) {
    for (const { x, y, scale } of spots[i] as readonly Spot[]) {
      const side = Math.round(scale * Math.min(width, height));
      const tile = resizePicture(picture, side, side, "lanczos3");
      const corner = [Math.round(((x + 1) * width - side) / 2), Math.round(((y + 1) * height - side) / 2)] as const;
      paste(canvas, [width, height], tile, corner);
    }
  }
  return clampPicture(NDArray.float32([3, height, width], canvas));
}

/** Mean [r,g,b] of the outermost pixels of a picture [3,S,S]. */
function edgeColour(picture: NDArray): number[] {
  const side = picture.shape[1] as number;
  const values = picture.floats();
  return [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let i = 0; i < side; i++) {
      const at = (row: number, column: number) => values[(channel * side + row) * side + column] as number;
      sum += at(0, i) + at(side - 1, i) + at(i, 0) + at(i, side - 1);
    }
    return sum / (4 * side);
  });
}
