/** Where a drawing of a picture begins: strokes that lie along its edges, most where edges stand out most. */

import type { Colour } from "../../core/colour.js";
import type { NDArray } from "../../core/ndarray.js";
import type { Random } from "../../core/random.js";

/** A place on an edge. */
export interface EdgePlace {
  /** x, y of the points of a path along the edge, in pixels */
  readonly path: readonly number[];
  /** Of the picture in the path's middle, r, g, b in 0..1 */
  readonly colour: Colour;
}

/** How often the picture is blurred by 1 2 1 before edges are sought: as a Gaussian of deviation sqrt(n / 2) pixels. */
const BLURS = 4;
/** How likely places are where there is no edge, beside the steepest one. */
const LEAST = 1e-6;
/** Places keep this share of the distance that they would have if they were spread over all of the picture. */
const APART = 0.5;

/**
 * Places by lot, each as likely as its slope of grey is steep, squared; edges that are near to a place already are less likely.
 *
 * @param picture [3,H,W] in 0..1
 * @param count of places
 * @param points of each path, and how far from one to the next in pixels
 */
export function edgePlaces(
  picture: NDArray,
  count: number,
  points: number,
  stride: number,
  random: Random,
): EdgePlace[] {
  const slopes = slopesOf(picture);
  const { height, width } = slopes;
  const steep = Float64Array.from({ length: height * width }, (_, i) => slopes.squareAt(i));
  const steepest = steep.reduce((most, value) => Math.max(most, value), 0);
  const weights = steep.map((value) => value + LEAST * steepest + Number.MIN_VALUE ** 0.5); // a plain picture has places too
  const near = APART * Math.sqrt((height * width) / count);
  return Array.from({ length: count }, () => {
    const place = drawn(weights, random);
    const [x, y] = [place % width, Math.floor(place / width)];
    for (let row = Math.max(0, Math.floor(y - 3 * near)); row < Math.min(height, y + 3 * near); row++) {
      for (let column = Math.max(0, Math.floor(x - 3 * near)); column < Math.min(width, x + 3 * near); column++) {
        const distance = ((column - x) ** 2 + (row - y) ** 2) / (2 * near * near);
        weights[row * width + column] = (weights[row * width + column] as number) * (1 - Math.exp(-distance));
      }
    }
    const path = pathAlong(slopes, [x + 0.5, y + 0.5], points, stride);
    return {
      path,
      colour: [0, 1, 2].map((channel) => picture.at(channel * height * width + place)) as unknown as Colour,
    };
  });
}

/** An index as likely as its weight. */
function drawn(weights: Float64Array, random: Random): number {
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return found === -1 ? weights.length - 1 : found;
}

/** The slope of a picture's blurred grey. */
interface Slopes {
  readonly height: number;
  readonly width: number;
  /** Right and down at a pixel */
  at(x: number, y: number): readonly [right: number, down: number];
  squareAt(index: number): number;
}

function slopesOf(picture: NDArray): Slopes {
  const [, height, width] = picture.shape as [number, number, number];
  const area = height * width;
  let grey = Float64Array.from(
    { length: area },
    (_, i) => (picture.at(i) + picture.at(area + i) + picture.at(2 * area + i)) / 3,
  );
  const inside = (value: number, extent: number) => Math.min(extent - 1, Math.max(0, Math.floor(value)));
  const level = (x: number, y: number) => grey[inside(y, height) * width + inside(x, width)] as number;
  for (let pass = 0; pass < 2 * BLURS; pass++) {
    const [dx, dy] = pass % 2 === 0 ? [1, 0] : [0, 1];
    grey = grey.map((value, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return (level(x - dx, y - dy) + 2 * value + level(x + dx, y + dy)) / 4;
    });
  }
  const at = (x: number, y: number) =>
    [(level(x + 1, y) - level(x - 1, y)) / 2, (level(x, y + 1) - level(x, y - 1)) / 2] as const;
  return {
    height,
    width,
    at,
    squareAt: (index) => {
      const [right, down] = at(index % width, Math.floor(index / width));
      return right * right + down * down;
    },
  };
}

/** Points at right angles to the slope, both ways from a place, each way turning as the edge does. */
function pathAlong(slopes: Slopes, place: readonly [number, number], points: number, stride: number): number[] {
  const behind = Math.floor((points - 1) / 2);
  const walk = (steps: number, sign: number) => {
    let [x, y] = place;
    let way: readonly [number, number] | undefined;
    return Array.from({ length: steps }, () => {
      const [right, down] = slopes.at(x, y);
      const length = Math.hypot(right, down);
      const along: readonly [number, number] = length > 1e-9 ? [-down / length, right / length] : (way ?? [1, 0]);
      const turned = way ? Math.sign(along[0] * way[0] + along[1] * way[1]) || 1 : sign;
      way = [turned * along[0], turned * along[1]];
      [x, y] = [x + stride * way[0], y + stride * way[1]];
      return [x, y] as const;
    });
  };
  return [...walk(behind, -1).reverse(), place, ...walk(points - 1 - behind, 1)].flat();
}
