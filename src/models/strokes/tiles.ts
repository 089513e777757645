/**
 * Which strokes touch which parts of the picture: it is cut into tiles, and each has a list of the strokes that reach into
 * it, in their order. Strokes that do not are not drawn there, which changes nothing: they would cover none of it.
 *
 * Lists are rows of `ROW` places, as many to a tile as it needs, so that a crowded tile takes no room of an empty one.
 */
import { NDArray } from "../../core/ndarray.js";
import type { Size, Stroke } from "./curves.js";

/** Side of a tile in pixels. */
export const TILE = 16;
/** Strokes in a row. */
export const ROW = 4;
/** Parts that a cubic is cut into: each lies within the box of its own control points. */
const PARTS = 4;
/** How much more room than now is needed is given, so that strokes may move and grow. */
const SPARE = 1.3;
/** Numbers of rows are multiples of it. */
const STEP = 16;

/** Tiles down and across. */
export const tilesOf = ([height, width]: Size): [down: number, across: number] => [
  Math.ceil(height / TILE),
  Math.ceil(width / TILE),
];

/** The lists of all tiles: the strokes of each by their numbers, the lowest first. */
export type TileLists = readonly (readonly number[])[];

/** @param reach how far from a stroke's curve, in pixels, it may cover something, beyond half its width */
export function tileLists(strokes: readonly Stroke[], size: Size, reach: number): TileLists {
  const [down, across] = tilesOf(size);
  const lists: number[][] = Array.from({ length: down * across }, () => []);
  strokes.forEach(({ points, shape, width }, number) => {
    const boxes = shape === "triangle" ? [boxOf(points)] : boxesOf(points);
    const touched = new Set<number>();
    for (const box of width === undefined ? [around(boxes)] : boxes) {
      const [left, top, right, bottom] = spread(box, reach + (width ?? 0) / 2);
      for (let row = Math.max(0, top); row <= Math.min(down - 1, bottom); row++) {
        for (let column = Math.max(0, left); column <= Math.min(across - 1, right); column++) {
          touched.add(row * across + column);
        }
      }
    }
    for (const tile of touched) lists[tile]?.push(number);
  });
  return lists;
}

/** Rows that lists take. */
export function rowsOf(lists: TileLists): number {
  return lists.reduce((sum, { length }) => sum + Math.ceil(length / ROW), 0);
}

/** Rows to have for lists that grow a little. */
export function roomOf(lists: TileLists): number {
  return Math.ceil(Math.max(1, rowsOf(lists) * SPARE) / STEP) * STEP;
}

/**
 * The lists as `rasteriseTiles` reads them; rows to spare are of no tile, and their places of no stroke.
 *
 * @param rows at least `rowsOf(lists)`
 */
export function tileFeeds(lists: TileLists, rows: number) {
  const places = new Int32Array(rows * ROW);
  const taken = new Float32Array(rows * ROW);
  const tiles = new Int32Array(rows).fill(lists.length);
  let row = 0;
  lists.forEach((list, tile) => {
    list.forEach((stroke, i) => {
      places[row * ROW + i] = stroke;
      taken[row * ROW + i] = 1;
    });
    const end = row + Math.ceil(list.length / ROW);
    tiles.fill(tile, row, end);
    row = end;
  });
  return {
    /** The stroke in each place, 0 where there is none: int32 [rows ROW] */
    tileStrokes: new NDArray("int32", [rows * ROW], places),
    /** 1 where there is one: [rows ROW,1] */
    tileTaken: NDArray.float32([rows * ROW, 1], taken),
    /** The tile of each row, as many as there are tiles where it is of none: int32 [rows] */
    tileNumbers: new NDArray("int32", [rows], tiles),
  };
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

/** A box in tiles, once it has grown by so many pixels on all sides. */
const spread = ([left, top, right, bottom]: Box, by: number): Box => [
  Math.floor((left - by) / TILE),
  Math.floor((top - by) / TILE),
  Math.floor((right + by) / TILE),
  Math.floor((bottom + by) / TILE),
];

const around = (boxes: readonly Box[]): Box => [
  Math.min(...boxes.map(([left]) => left)),
  Math.min(...boxes.map(([, top]) => top)),
  Math.max(...boxes.map(([, , right]) => right)),
  Math.max(...boxes.map(([, , , bottom]) => bottom)),
];

/** The box of points x, y. */
function boxOf(points: readonly number[]): Box {
  const axis = (k: number) => points.filter((_, i) => i % 2 === k);
  const [x, y] = [axis(0), axis(1)];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

/** Boxes that hold all of a curve's parts. @param points x, y of control points */
function boxesOf(points: readonly number[]): Box[] {
  const boxes: Box[] = [];
  for (let first = 0; first + 6 < points.length; first += 6) {
    const axis = (k: number) => [0, 2, 4, 6].map((i) => points[first + i + k] as number);
    const [xs, ys] = [axis(0), axis(1)];
    for (let part = 0; part < PARTS; part++) {
      const [x, y] = [xs, ys].map((cubic) => partOf(cubic, part / PARTS, (part + 1) / PARTS)) as [number[], number[]];
      boxes.push([Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)]);
    }
  }
  return boxes;
}

/** The control points of a cubic's part from one t to another, in one coordinate: its blossom at (from | to) thrice. */
function partOf(cubic: readonly number[], from: number, to: number): number[] {
  const mixed = (values: readonly number[], t: number) =>
    values.slice(1).map((value, i) => (1 - t) * (values[i] as number) + t * value);
  return [0, 1, 2, 3].map((ends) => {
    const times = [0, 1, 2].map((i) => (i < ends ? to : from));
    return times.reduce(mixed, [...cubic])[0] as number;
  });
}
