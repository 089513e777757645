import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { warpPicture } from "../image/warp.js";
import { optimizers } from "../optim/optimizer.js";
import { frameFinishedAt, type Motion, motionView, moveOptimizer, movesAfter } from "./motion.js";

const still: Motion = { first: 5, every: 3, zoom: 1, pan: [0, 0], rotate: 0 };
const [width, height] = [9, 7];

/** A black picture with one white pixel, moved; where the white is then. */
function spotAfter(motion: Partial<Motion>, x: number, y: number): [number, number] {
  const values = new Float32Array(width * height);
  values[y * width + x] = 1;
  const view = motionView({ ...still, ...motion }, [width, height]);
  const moved = warpPicture(NDArray.float32([1, height, width], values), view).floats();
  const brightest = moved.indexOf(Math.max(...moved));
  return [brightest % width, Math.floor(brightest / width)];
}

test("pan moves right and down, rotate turns clockwise in pixels on a wide picture, zoom grows about the centre", () => {
  expect(spotAfter({}, 2, 3)).toEqual([2, 3]);
  expect(spotAfter({ pan: [2, 1] }, 2, 3)).toEqual([4, 4]);
  expect(spotAfter({ rotate: 90 }, 6, 3)).toEqual([4, 5]); // right of the centre (4,3) -> below it
  expect(spotAfter({ zoom: 2 }, 5, 3)).toEqual([6, 3]);
  expect(spotAfter({ zoom: 2, pan: [-1, 0], rotate: 90 }, 5, 3)).toEqual([3, 5]);
});

test("frames end after the first's steps and every so many more; the next step begins with the move", () => {
  const at = Array.from({ length: 12 }, (_, step) => frameFinishedAt(still, step));
  const none = undefined;
  expect(at).toEqual([none, none, none, none, none, 1, none, none, 2, none, none, 3]);
  expect(movesAfter(still, 5)).toBe(true);
  expect(movesAfter(still, 0)).toBe(false);
});

test("an optimiser's averages move with the picture, and its count stays", () => {
  const shape = [1, 2, height, width];
  const { update, init } = optimizers.adam;
  const gradient = new Float32Array(2 * width * height);
  gradient[3 * width + 2] = 1;
  const { state } = update(new Float32Array(gradient.length), gradient, init(gradient.length), 0.1);
  const moved = moveOptimizer(state, shape, motionView({ ...still, pan: [1, 0] }, [width, height]));
  expect(moved.step).toBe(1);
  for (const name of ["first", "second"]) {
    expect(moved.arrays[name]?.shape).toEqual([gradient.length]);
    expect(moved.arrays[name]?.at(3 * width + 3)).toBeCloseTo(state.arrays[name]?.at(3 * width + 2) as number, 6);
    expect(moved.arrays[name]?.at(3 * width + 2)).toBeCloseTo(0, 6);
  }
});
