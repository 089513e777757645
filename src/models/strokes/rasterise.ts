/**
 * Curves as a picture, by tensor operations alone, so that every number has its gradient: strokes with soft edges, which lie
 * over one another in their order.
 */

import type { Colour } from "../../core/colour.js";
import { input, type Tensor } from "../../graph/tensor.js";
import { add, cast, clip, equal, exp, log, min, mul, square, sub } from "../../ops/arithmetic.js";
import { reshape, transpose } from "../../ops/layout.js";
import { matmul } from "../../ops/linear-algebra.js";
import { gather, slice } from "../../ops/movement.js";
import { floats } from "../../ops/operands.js";
import { sum } from "../../ops/reduction.js";
import type { Curves, Size } from "./curves.js";
import { sides } from "./inside.js";
import { CHORDS, nearestPoints } from "./nearest.js";
import { ROW, TILE, tilesOf } from "./tiles.js";

/** Half of the width over which an edge goes from full to none, in pixels: nearest to what viewers of SVG draw. */
export const EDGE = 0.65;
/** Most that a stroke may cover, so that what it lets through has a logarithm. */
const OPAQUE = 1 - 1e-6;
/** Pixels of a tile. */
const AREA = TILE * TILE;

/** Every stroke drawn at every pixel. @returns the picture [1,3,H,W], 0..1 */
export function rasterise(curves: Curves, paper: Colour, size: Size): Tensor {
  const { shares, through } = layered(coverOf(curves, size));
  const ground = mul(exp(through), floats([3, 1], paper)); // [3,HW]
  return reshape(add(matmul(transpose(curves.colours), shares), ground), [1, 3, ...size]);
}

/**
 * The same picture, but each stroke is drawn only in the tiles that list it. Reads the inputs of `tileFeeds`. In a tile all
 * is as in a picture of its size, with the points moved so that the tile's corner is 0.
 *
 * @param rows of the lists
 */
export function rasteriseTiles(curves: Curves, paper: Colour, size: Size, rows: number): Tensor {
  const [down, across] = tilesOf(size);
  const tiles = down * across;
  const places = rows * ROW;
  const stroke = input("tileStrokes", "int32", [places]);
  const taken = input("tileTaken", "float32", [places, 1]);
  const tile = input("tileNumbers", "int32", [rows]);
  const placed = <T extends Tensor | undefined>(x: T) => (x && gather(x, stroke)) as T;

  const points = placed(curves.points); // [places,3 segments + 1,2]
  const corners = floats(
    [tiles + 1, 1, 2],
    Array.from({ length: tiles + 1 }, (_, n) => [TILE * (n % across), TILE * Math.floor(n / across)]).flat(),
  );
  const local = {
    shape: curves.shape,
    points: reshape(sub(reshape(points, [rows, -1, 2]), gather(corners, tile)), points.shape),
    widths: placed(curves.widths),
    colours: placed(curves.colours),
    opacities: curves.opacities ? mul(placed(curves.opacities), taken) : taken,
  };
  const { shares, through } = layered(reshape(coverOf(local, [TILE, TILE]), [rows, ROW, AREA])); // [rows,ROW,AREA]
  const light = reshape(through, [rows, AREA]);

  const number = cast(tile, "float32");
  const isSame = cast(equal(reshape(number, [rows, 1]), reshape(number, [1, rows])), "float32");
  const above = exp(matmul(mul(isSame, later(rows)), light)); // what the later rows of the same tile let through
  const colours = reshape(local.colours, [rows, ROW, 3]);
  const shown = mul(matmul(transpose(colours, [0, 2, 1]), shares), reshape(above, [rows, 1, AREA])); // [rows,3,AREA]

  const isIn = cast(equal(floats([tiles, 1], [...Array(tiles).keys()]), reshape(number, [1, rows])), "float32");
  const ground = mul(reshape(exp(matmul(isIn, light)), [tiles, 1, AREA]), floats([3, 1], paper));
  const drawn = add(reshape(matmul(isIn, reshape(shown, [rows, 3 * AREA])), ground.shape), ground); // [tiles,3,AREA]
  const whole = reshape(transpose(reshape(drawn, [down, across, 3, TILE, TILE]), [2, 0, 3, 1, 4]), [
    1,
    3,
    down * TILE,
    across * TILE,
  ]);
  return slice(slice(whole, 2, 0, size[0]), 3, 0, size[1]);
}

/** How much each stroke covers of each pixel. @returns [n,HW], below 1 */
function coverOf({ shape, points, widths, opacities }: Omit<Curves, "colours">, size: Size): Tensor {
  const nearest = nearestPoints(points, CHORDS[shape], size);
  const inside = widths
    ? band(nearest.distance, mul(widths, 0.5))
    : edge(mul(nearest.distance, sides(points, nearest, size)));
  return min(opacities ? mul(inside, opacities) : inside, OPAQUE);
}

/**
 * Strokes laid over one another.
 *
 * @param cover [..,n,HW], below 1
 * @returns how much of each is seen [..,n,HW], and the logarithm of what all of them let through [..,1,HW]
 */
function layered(cover: Tensor): Readonly<Record<"shares" | "through", Tensor>> {
  const through = log(sub(1, cover));
  const above = matmul(later(cover.shape.at(-2) as number), through); // what those that lie over each let through
  return { shares: mul(cover, exp(above)), through: sum(through, { axes: [cover.rank - 2], keepDims: true }) };
}

/** How much of each pixel lies within half a width of a curve. @param distance [n,HW] @param half [n,1] */
const band = (distance: Tensor, half: Tensor) => sub(edge(add(distance, half)), edge(sub(distance, half)));

/** 0 to 1 over the width of an edge, by 3 t^2 - 2 t^3: how much of a pixel at a signed distance lies beyond it. */
function edge(distance: Tensor): Tensor {
  const t = clip(add(mul(distance, 0.5 / EDGE), 0.5), 0, 1);
  return mul(square(t), sub(3, mul(t, 2)));
}

/** [n,n]: 1 where the column's stroke lies over the row's */
function later(count: number): Tensor {
  const numbers = Float32Array.from({ length: count * count }, (_, i) => Number(i % count > Math.floor(i / count)));
  return floats([count, count], numbers);
}
