/** Square pictures put together on one canvas. */
import { NDArray } from "../core/ndarray.js";
import { clampPicture } from "./bytes.js";
import { paste, windowOf } from "./pad.js";
import { resizePicture } from "./resize.js";

/** Where a picture goes: its middle from -1 (left, top) to 1, and its side as a share of the canvas's shorter one. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

// Distances in RGB from the colour of a picture's edge.
/** Up to here a pixel has that colour, but for noise. */
const SAME = 0.04;
/** Up to here a pixel that is connected to the edge is around the thing in the picture. */
const NEAR = 0.08;
/** From here a pixel hides what is behind it, if nothing beside it is farther. */
const OPAQUE = 0.15;
/** Pixels over which a thing's rim is mixed with what is around it. */
const RIM = 2;

/**
 * Pictures laid on a canvas: as they are on one of the colour of the first one's edge, or over a ground without what is
 * around the things in them.
 *
 * @param pictures [3,S,S] each, in 0..1
 * @param spots of each, once for every time that it is shown; wholly on the canvas
 * @param ground [3,height,width], in 0..1
 * @returns [3,height,width]
 */
export function collage(
  pictures: readonly NDArray[],
  spots: readonly (readonly Spot[])[],
  [width, height]: readonly [number, number],
  ground?: NDArray,
): NDArray {
  const canvas = NDArray.float32([3, height, width], ground?.floats().slice() ?? flat(edgeColour(pictures[0] as NDArray), width * height)); // biome-ignore format: one thought
  for (const [i, picture] of pictures.entries()) {
    const layer = ground ? cutOut(picture) : picture;
    for (const { x, y, scale } of spots[i] as readonly Spot[]) {
      const side = Math.round(scale * Math.min(width, height));
      const [left, top] = [Math.round(((x + 1) * width - side) / 2), Math.round(((y + 1) * height - side) / 2)];
      const tile = resizePicture(layer, side, side, "lanczos3");
      paste(canvas.floats(), [width, height], ground ? over(tile, windowOf(canvas, left, top, side, side)) : tile, [left, top]); // biome-ignore format: one thought
    }
  }
  return clampPicture(canvas);
}

/** The values of a picture of one colour. */
function flat(colour: readonly number[], count: number): Float32Array {
  return Float32Array.from({ length: 3 * count }, (_, i) => colour[Math.floor(i / count)] as number);
}

/** A cut-out [4,side,side] on what is behind it [3,side,side]. */
function over(layer: NDArray, behind: NDArray): NDArray {
  const pixels = behind.size / 3;
  const values = layer.floats();
  const shown = (level: number, i: number) =>
    (values[i] as number) + (1 - (values[3 * pixels + (i % pixels)] as number)) * level;
  return NDArray.float32(behind.shape, behind.floats().map(shown));
}

/**
 * A picture [3,S,S] without what is around the thing in it: picture - (1 - alpha) * edge's colour, so that nothing has to be
 * unmixed, and alpha [4,S,S].
 */
function cutOut(picture: NDArray): NDArray {
  const side = picture.shape[1] as number;
  const edge = edgeColour(picture);
  const alpha = matte(picture, edge);
  const own = picture.floats().map((value, i) => {
    const share = alpha[i % side ** 2] as number;
    return share === 0 ? 0 : value - (1 - share) * (edge[Math.floor(i / side ** 2)] as number);
  });
  return NDArray.float32([4, side, side], Float32Array.from([...own, ...alpha]));
}

/**
 * How much of each pixel of a picture [3,S,S] is thing [S*S]: all within it; around it and on its rim, the distance from the
 * edge's colour as a share of the farthest one nearby.
 */
function matte(picture: NDArray, edge: readonly number[]): Float32Array {
  const side = picture.shape[1] as number;
  const values = picture.floats();
  const away = Float32Array.from({ length: side ** 2 }, (_, at) => Math.hypot(...edge.map((level, channel) => (values[channel * side ** 2 + at] as number) - level))); // biome-ignore format: one thought
  const around = surroundings(away, side);
  return away.map((distance, at) => {
    if (around[at] && distance <= SAME) return 0;
    const nearby = square(at, RIM, side);
    if (!nearby.some((each) => around[each])) return 1;
    return distance / Math.max(OPAQUE, ...nearby.map((each) => away[each] as number));
  });
}

/** The pixels that lead to the edge through pixels near to its colour, as 1. */
function surroundings(away: Float32Array, side: number): Uint8Array {
  const around = new Uint8Array(side ** 2);
  const reached = Array.from(away.keys()).filter((at) => square(at, 1, side).length < 9);
  while (reached.length > 0) {
    const at = reached.pop() as number;
    if (around[at] || (away[at] as number) > NEAR) continue;
    around[at] = 1;
    reached.push(...square(at, 1, side));
  }
  return around;
}

/** The pixels at most so far away in rows and in columns, within a picture. */
function square(at: number, radius: number, side: number): number[] {
  const range = (middle: number) =>
    Array.from({ length: 2 * radius + 1 }, (_, i) => middle + i - radius).filter((i) => i >= 0 && i < side);
  return range(Math.floor(at / side)).flatMap((row) => range(at % side).map((column) => row * side + column));
}

/** Median [r,g,b] of the outermost pixels of a picture [3,S,S]: a thing may touch them. */
function edgeColour(picture: NDArray): number[] {
  const side = picture.shape[1] as number;
  const values = picture.floats();
  return [0, 1, 2].map((channel) => {
    const at = (row: number, column: number) => values[(channel * side + row) * side + column] as number;
    const levels = Array.from({ length: side }, (_, i) => [
      at(0, i),
      at(side - 1, i),
      at(i, 0),
      at(i, side - 1),
    ]).flat();
    return levels.sort((a, b) => a - b)[2 * side] as number;
  });
}
