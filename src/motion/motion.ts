/** Where the picture of a video goes between two frames, and what of an optimiser's state goes with it. */
import { NDArray } from "../core/ndarray.js";
import { compose, type Homography, scaleAndShift } from "../image/homography.js";
import { warpPicture } from "../image/warp.js";
import type { OptimizerState } from "../optim/optimizer.js";

/** How a picture moves, as a run's settings say it. */
export interface Motion {
  /** Steps of the first frame, and of each later one. */
  readonly first: number;
  readonly every: number;
  /** Seen from a frame, the next one grows by it. */
  readonly zoom: number;
  /** Pixels, right and down. */
  readonly pan: [number, number];
  /** Degrees, clockwise. */
  readonly rotate: number;
}

/** Whether the picture moves before the step that follows `step` steps: a new frame begins. */
export function movesAfter({ first, every }: Motion, step: number): boolean {
  return step >= first && (step - first) % every === 0;
}

/** The frame, from 1, that `step` steps have finished; undefined in the middle of one. */
export function frameFinishedAt(motion: Motion, step: number): number | undefined {
  return movesAfter(motion, step) ? (step - motion.first) / motion.every + 1 : undefined;
}

/**
 * Where each point of the next frame lies in this one. Seen from this one, the picture grows by `zoom`, turns clockwise
 * by `rotate` degrees, both about its centre, then moves by `pan` pixels (right, down).
 */
export function motionView({ zoom, pan, rotate }: Motion, [width, height]: readonly [number, number]): Homography {
  const angle = (-rotate * Math.PI) / 180;
  const back: Homography = [Math.cos(angle), -Math.sin(angle), 0, Math.sin(angle), Math.cos(angle), 0, 0, 0, 1];
  const toPixels = scaleAndShift(width / 2, height / 2, 0, 0);
  const fromPixels = scaleAndShift(2 / width, 2 / height, 0, 0);
  return compose(
    fromPixels,
    scaleAndShift(1 / zoom, 1 / zoom, 0, 0),
    back,
    scaleAndShift(1, 1, -pan[0], -pan[1]),
    toPixels,
  );
}

/**
 * An optimiser carried over to the next frame: its count of steps goes on, and its running averages, which belong to
 * places of the latent, move with the picture.
 */
export function moveOptimizer(state: OptimizerState, latentShape: readonly number[], view: Homography): OptimizerState {
  const [height, width] = latentShape.slice(-2) as [number, number];
  const moved = Object.entries(state.arrays).map(([name, array]) => {
    const planes = warpPicture(array.reshape([array.size / (height * width), height, width]), view);
    return [name, NDArray.float32(array.shape, planes.floats())] as const;
  });
  return { step: state.step, arrays: Object.fromEntries(moved) };
}
