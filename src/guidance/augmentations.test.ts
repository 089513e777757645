import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { constant } from "../graph/tensor.js";
import { evaluate } from "../runtime/reference/evaluate.js";
import { drawViews } from "./augmentations.js";
import { takeCutouts } from "./sampling.js";

const geometry = { method: "whole", power: 1, width: 8, height: 8, cutSize: 8 } as const;

/** One view of a white picture. */
function seen(padding: "border" | "zeros" | "grey", views: ReturnType<typeof drawViews>, erased?: NDArray): NDArray {
  const white = constant(NDArray.float32([1, 3, 8, 8], new Float32Array(192).fill(1)));
  const tensors = { homographies: constant(views.homographies), colours: constant(views.colours) };
  const mask = erased && { mask: constant(erased) };
  return evaluate([takeCutouts(white, { ...tensors, ...mask }, geometry, { padding })])[0] as NDArray;
}

test("zoom grows the picture about the middle, shade lightens or darkens all of it", () => {
  const { homographies } = drawViews(300, geometry, [{ kind: "zoom", least: 0.8, most: 1.25 }], new Random(1));
  const values = homographies.floats();
  const sides = Array.from({ length: 300 }, (_, i) => values[9 * i] as number);
  for (let i = 0; i < 300; i++) {
    expect([...values.slice(9 * i, 9 * i + 9)]).toEqual([sides[i], 0, 0, 0, sides[i], 0, 0, 0, 1]);
  }
  expect([Math.min(...sides), Math.max(...sides)].map((side) => side.toFixed(1))).toEqual(["0.8", "1.2"]);

  const { colours } = drawViews(300, geometry, [{ kind: "shade", level: 0.25 }], new Random(1));
  const added = Array.from({ length: 300 }, (_, i) => colours.at(12 * i + 3));
  expect([...colours.floats().slice(0, 12)]).toEqual([1, 0, 0, added[0], 0, 1, 0, added[0], 0, 0, 1, added[0]]);
  expect(Math.max(...added)).toBeLessThan(0.25);
  expect(Math.max(...added)).toBeGreaterThan(0.2);
  expect(Math.min(...added)).toBeLessThan(-0.2);
});

test("outside the picture, and where it is erased, it is grey, black, or what the border is", () => {
  const half = drawViews(1, geometry, [{ kind: "zoom", least: 0.5, most: 0.5 }], new Random(1)); // 4 x 4 pixels of 8 x 8
  const corner = (padding: "border" | "zeros" | "grey") => seen(padding, half).at(0);
  expect([corner("grey"), corner("zeros"), corner("border")]).toEqual([0.5, 0, 1]);
  const middle = 8 * 4 + 4;
  expect(seen("grey", half).at(middle)).toBe(1);
  const erased = NDArray.float32([1, 1, 8, 8], Array.from({ length: 64 }, (_, i) => (i === middle ? 0 : 1))); // biome-ignore format: one thought
  expect(seen("grey", half, erased).at(middle)).toBe(0.5);
  expect(seen("zeros", half, erased).at(middle)).toBe(0);
});
