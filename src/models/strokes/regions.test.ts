import { describe, expect, test } from "vitest";
import { NDArray } from "../../core/ndarray.js";
import { outlineFit } from "./outline-fit.js";
import { regionsOf } from "./regions.js";

/** A picture whose pixels are told by a digit each: 0 white, 1 red, 2 blue. */
function drawn(...rows: string[]): NDArray {
  const colours = [
    [1, 1, 1],
    [0.8, 0, 0],
    [0, 0, 0.6],
  ];
  const digits = [...rows.join("")].map(Number);
  const values = [0, 1, 2].flatMap((channel) => digits.map((digit) => colours[digit]?.[channel] as number));
  return NDArray.float32([3, rows.length, rows[0]?.length as number], values);
}

const ring = drawn("0000000", "0111110", "0100210", "0122210", "0111110", "0000000");

describe("regionsOf", () => {
  test("has one for each connected part of a colour, those around others first, as the picture bounds them", () => {
    const regions = regionsOf(ring, 10);
    expect(regions.map(({ colour }) => colour.map((part) => Number(part.toFixed(3))))).toEqual([
      [1, 1, 1],
      [0.8, 0, 0],
      [0, 0, 0.6],
      [1, 1, 1],
    ]);
    const [, red, blue, hole] = regions.map(({ outline }) => outline);
    expect(red?.slice(0, 4)).toEqual([1, 1, 2, 1]);
    expect(red).toHaveLength(2 * 18);
    expect(blue).toEqual([4, 2, 5, 2, 5, 3, 5, 4, 4, 4, 3, 4, 2, 4, 2, 3, 3, 3, 4, 3]);
    expect(hole).toEqual([2, 2, 3, 2, 4, 2, 4, 3, 3, 3, 2, 3]);
  });

  test("parts that meet at a corner are two, and at the picture's border they go beyond it", () => {
    const outlines = regionsOf(drawn("12", "21"), 10).map(({ outline }) => outline);
    expect(outlines).toHaveLength(4);
    expect(outlines).toContainEqual([-0.12, -0.12, 1, -0.12, 1, 1, -0.12, 1]);
    expect(outlines).toContainEqual([1, 1, 2.12, 1, 2.12, 2.12, 1, 2.12]);
  });

  test("no more than asked for, and what differs least is joined first", () => {
    const soft = NDArray.float32(
      [3, 1, 6],
      [0, 1, 2].flatMap(() => [0, 0.1, 0.2, 0.8, 0.9, 1]),
    );
    const two = regionsOf(soft, 2).map(({ colour }) => colour[0]);
    expect(two).toHaveLength(2);
    expect(two.sort()).toEqual([expect.closeTo(0.1, 5), expect.closeTo(0.9, 5)]);
    expect(regionsOf(soft, 1)[0]?.colour[0]).toBeCloseTo(0.5, 5);
  });

  test("of a large picture, blocks", () => {
    const wide = NDArray.float32(
      [3, 3, 300],
      Float32Array.from({ length: 2700 }, (_, i) => (i % 300 < 150 ? 0 : 1)),
    );
    const regions = regionsOf(wide, 4);
    expect(regions.map(({ colour }) => Math.round(colour[0]))).toEqual(expect.arrayContaining([0, 1]));
    const dark = regions.find(({ colour }) => colour[0] === 0);
    expect(Math.max(...(dark?.outline.filter((_, i) => i % 2 === 0) ?? []))).toBe(150);
  });
});

describe("outlineFit", () => {
  test("finds a triangle whose border an outline goes around, wherever the outline begins", () => {
    const corners = [10, 0, 30, 40, 0, 20];
    const found = outlineFit("triangle", 3)([...corners.slice(2), ...corners.slice(0, 2)]);
    // sides of other lengths than thirds of the way round: near, not exact
    for (let i = 0; i < 6; i += 2) {
      const nearest = [0, 2, 4].map((k) =>
        Math.hypot(
          (found[k] as number) - (corners[i] as number),
          (found[k + 1] as number) - (corners[i + 1] as number),
        ),
      );
      expect(Math.min(...nearest)).toBeLessThan(6);
    }
    const even = [20, 0, 20 + 10 * Math.sqrt(3), 30, 20 - 10 * Math.sqrt(3), 30];
    outlineFit("triangle", 3)(even).forEach((value, i) => void expect(value).toBeCloseTo(even[i] as number, 9));
  });

  test.each([1, 2, 4, 8])("goes round a circle with %i cubics", (pieces) => {
    const circle = Array.from({ length: 720 }, (_, i) => {
      const angle = (Math.PI * Math.floor(i / 2)) / 180;
      return i % 2 === 0 ? 50 + 20 * Math.cos(angle) : 40 + 20 * Math.sin(angle);
    });
    const points = outlineFit("closed", pieces)(circle);
    expect(points).toHaveLength(6 * pieces);
    const at = (i: number, axis: number) => points[(2 * i + axis) % points.length] as number;
    for (let piece = 0; piece < pieces; piece++) {
      for (const t of [0, 0.2, 0.5, 0.9]) {
        const weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
        const [x, y] = [0, 1].map((axis) => weights.reduce((sum, w, i) => sum + w * at(3 * piece + i, axis), 0));
        const off = Math.abs(Math.hypot((x as number) - 50, (y as number) - 40) - 20);
        expect(off).toBeLessThan(pieces === 1 ? 6 : pieces === 2 ? 1 : 0.1);
      }
    }
  });
});
