/** Closed curves and triangles that lie along an outline. */
import type { StrokeShape } from "./options.js";

/** Places on each piece of a shape at which it is to meet the outline. */
const PLACES = 12;

/** Weights of a piece's points at t in 0..1: of four control points of a cubic, or of a straight side's two ends. */
const weightsAt = {
  closed: (t: number) => [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3],
  triangle: (t: number) => [1 - t, t],
};

/**
 * What fits a shape to outlines: of all places on the outline where its first piece may begin, the one from which the squared
 * distances of its places from those of the outline, as far along it, are least (linear least squares).
 *
 * @param pieces cubics of a closed curve, or a triangle's 3 sides
 * @returns from x, y of an outline's corners those of the shape's points
 */
export function outlineFit(shape: Exclude<StrokeShape, "line">, pieces: number) {
  const weights = basis(shape, pieces);
  const inverse = pseudoInverse(weights);
  return (outline: readonly number[]): number[] => {
    const along = evenly(outline, weights.length);
    let [best, least]: [number[][], number] = [[], Number.POSITIVE_INFINITY];
    for (let shift = 0; shift < PLACES; shift++) {
      const from = [...along.slice(shift), ...along.slice(0, shift)];
      const points = times(inverse, from);
      const error = times(weights, points).reduce(
        (sum, place, i) => sum + squaredDistance(place, from[i] as number[]),
        0,
      );
      if (error < least) [best, least] = [points, error];
    }
    return best.flat();
  };
}

const squaredDistance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, axis) => sum + (value - (b[axis] as number)) ** 2, 0);

/** Of each place on a shape how much each of its points counts: [PLACES pieces,points] */
function basis(shape: keyof typeof weightsAt, pieces: number): number[][] {
  const each = weightsAt[shape](0).length - 1;
  return Array.from({ length: PLACES * pieces }, (_, place) => {
    const row = new Array<number>(each * pieces).fill(0);
    const first = each * Math.floor(place / PLACES);
    weightsAt[shape]((place % PLACES) / PLACES).forEach((weight, i) => {
      row[(first + i) % row.length] = weight;
    });
    return row;
  });
}

/** So many places on an outline, evenly along it. @returns x, y of each */
function evenly(outline: readonly number[], count: number): number[][] {
  const corners = Array.from({ length: outline.length / 2 + 1 }, (_, i) =>
    [0, 1].map((axis) => outline[(2 * i + axis) % outline.length] as number),
  );
  const lengths = corners.slice(1).map((corner, i) => Math.sqrt(squaredDistance(corner, corners[i] as number[])));
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let [side, before] = [0, 0];
  return Array.from({ length: count }, (_, i) => {
    const way = (whole * i) / count;
    while (before + (lengths[side] as number) < way) before += lengths[side++] as number;
    const share = (way - before) / (lengths[side] as number);
    const [from, to] = [corners[side], corners[side + 1]] as [number[], number[]];
    return from.map((value, axis) => value + share * ((to[axis] as number) - value));
  });
}

function times(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row) =>
    (b[0] as number[]).map((_, column) => row.reduce((sum, value, k) => sum + value * (b[k]?.[column] as number), 0)),
  );
}

const transposed = (a: readonly number[][]) =>
  (a[0] as number[]).map((_, column) => a.map((row) => row[column] as number));

/** (A^T A)^-1 A^T of a matrix of full rank: A^T A is positive definite, so elimination needs no pivots. */
function pseudoInverse(a: readonly number[][]): number[][] {
  const across = transposed(a);
  const size = across.length;
  const rows = times(across, a).map((row, i) => [...row, ...(across[i] as number[])]);
  rows.forEach((pivot, k) => {
    const head = pivot[k] as number;
    pivot.forEach((value, column) => {
      pivot[column] = value / head;
    });
    for (const row of rows) {
      const factor = row === pivot ? 0 : (row[k] as number);
      if (factor === 0) continue;
      row.forEach((value, column) => {
        row[column] = value - factor * (pivot[column] as number);
      });
    }
  });
  return rows.map((row) => row.slice(size));
}
