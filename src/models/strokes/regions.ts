/** The parts of one colour that a picture is made of, and how they are bounded. */

import type { Colour } from "../../core/colour.js";
import { NDArray } from "../../core/ndarray.js";

/** A connected part of a picture. */
export interface Region {
  /** Mean of the picture in it, r, g, b in 0..1 */
  readonly colour: Colour;
  /** x, y of the corners of its outer border, clockwise, in pixels; where that is the picture's, it lies outside by `BEYOND` */
  readonly outline: readonly number[];
}

/** Pixels are as many as in a picture of this side at most; of a larger one they are the means of blocks. */
const LONGEST = 128;
/** Regions are joined while their mean loses less than a limit by it: what nobody sees, then each time so much more. */
const [UNSEEN, GROWTH] = [1e-3, 1.3];
/** Regions at the picture's border go beyond it by this share of its sides, so that rounded corners do not show. */
const BEYOND = 0.06;

/**
 * Neighbours are joined, first those that are most alike, until no more regions than `most` are left: each time the squared
 * error of the regions' means grows by the least, about (Ward 1963). A picture of fewer colours has fewer regions.
 *
 * @param picture [3,H,W] in 0..1
 * @returns the regions, the one that encloses most first, so that none hides one that lies in it
 */
export function regionsOf(picture: NDArray, most: number): Region[] {
  const [, fullHeight, fullWidth] = picture.shape as [number, number, number];
  const side = Math.ceil(Math.max(fullHeight, fullWidth) / LONGEST);
  const blocks = blockMeans(picture, side);
  const [, height, width] = blocks.shape as [number, number, number];
  const { regionAt, colours } = joined(blocks, most);
  const outward = (at: number, end: number, full: number) =>
    at === 0 ? -BEYOND * full : at === end ? (1 + BEYOND) * full : at * side;
  return [...colours]
    .map(([region, colour]) => ({
      colour,
      outline: outerBorder(regionAt, region, width).map((at, i) =>
        i % 2 === 0 ? outward(at, width, fullWidth) : outward(at, height, fullHeight),
      ),
    }))
    .sort((a, b) => areaWithin(b.outline) - areaWithin(a.outline));
}

/** Means of squares of so many pixels, less at the right and at the bottom. @param picture [3,H,W] */
function blockMeans(picture: NDArray, side: number): NDArray {
  const [channels, fullHeight, fullWidth] = picture.shape as [number, number, number];
  const [height, width] = [Math.ceil(fullHeight / side), Math.ceil(fullWidth / side)];
  const means = new Float32Array(channels * height * width);
  const values = picture.floats();
  means.forEach((_, i) => {
    const [left, top] = [side * (i % width), side * (Math.floor(i / width) % height)];
    const [right, bottom] = [Math.min(fullWidth, left + side), Math.min(fullHeight, top + side)];
    const first = Math.floor(i / (height * width)) * fullHeight * fullWidth;
    let sum = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) sum += values[first + y * fullWidth + x] as number;
    }
    means[i] = sum / ((right - left) * (bottom - top));
  });
  return NDArray.float32([channels, height, width], means);
}

/** Which region each pixel is in, named by one of its pixels, and the mean colours of all. */
function joined(picture: NDArray, most: number) {
  const [, height, width] = picture.shape as [number, number, number];
  const area = height * width;
  const values = picture.floats();
  const parent = Int32Array.from({ length: area }, (_, i) => i);
  const pixels = new Float64Array(area).fill(1);
  const sums = [0, 1, 2].map((channel) => Float64Array.from(values.subarray(channel * area, (channel + 1) * area)));
  const regionAt = (pixel: number): number => {
    let at = pixel;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  const mean = (region: number) => sums.map((sum) => (sum[region] as number) / (pixels[region] as number));
  let left = area;
  const join = (pixel: number, neighbour: number, limit: number) => {
    const [a, b] = [regionAt(pixel), regionAt(neighbour)];
    if (a === b) return;
    const [m, n] = [pixels[a] as number, pixels[b] as number];
    const other = mean(b);
    const apart = mean(a).reduce((total, value, i) => total + (value - (other[i] as number)) ** 2, 0);
    if ((m * n * apart) / (m + n) > limit) return;
    parent[b] = a;
    pixels[a] = m + n;
    for (const sum of sums) sum[a] = (sum[a] as number) + (sum[b] as number);
    left--;
  };
  for (let limit = UNSEEN; limit === UNSEEN || left > most; limit *= GROWTH) {
    const least = limit === UNSEEN ? 1 : most; // all that look the same are joined, however many may stay
    for (let i = 0; i < area && left > least; i++) {
      if ((i + 1) % width > 0) join(i, i + 1, limit);
      if (i + width < area && left > least) join(i, i + width, limit);
    }
  }
  const labels = Int32Array.from({ length: area }, (_, i) => regionAt(i));
  return { regionAt: labels, colours: new Map([...new Set(labels)].map((n) => [n, mean(n) as unknown as Colour])) };
}

/** The way around a region, which stays on the right; whole pixels by their corners. @returns x, y of each corner on it */
function outerBorder(regionAt: Int32Array, region: number, width: number): number[] {
  const isIn = (x: number, y: number) => x >= 0 && x < width && regionAt[y * width + x] === region;
  const first = regionAt.indexOf(region);
  const [startX, startY] = [first % width, Math.floor(first / width)];
  let [x, y, right, down] = [startX, startY, 1, 0];
  const border: number[] = [];
  do {
    border.push(x, y);
    [x, y] = [x + right, y + down];
    // the pixels ahead, on either side of the way: half a pixel on and half a pixel aside
    const ahead = (side: number) => isIn(x + (right - side * down - 1) / 2, y + (down + side * right - 1) / 2);
    if (!ahead(1)) [right, down] = [-down, right];
    else if (ahead(-1)) [right, down] = [down, -right];
  } while (x !== startX || y !== startY || right !== 1);
  return border;
}

/** Twice the area that an outline encloses. @param outline x, y of its corners */
function areaWithin(outline: readonly number[]): number {
  const at = (i: number) => outline[i % outline.length] as number;
  let twice = 0;
  for (let i = 0; i < outline.length; i += 2) twice += at(i) * at(i + 3) - at(i + 2) * at(i + 1);
  return Math.abs(twice);
}
