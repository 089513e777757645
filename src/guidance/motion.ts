/**
 * A picture in motion: between two frames of a video the picture is warped in floating point, encoded again, and
 * optimised further. The whole video is one run, so its prompts, schedules and sessions are those of any run.
 */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { warpPicture } from "../image/warp.js";
import { encoderOf, type Generator, isLocal } from "../models/generator.js";
import { type OptimizerState, optimizers } from "../optim/optimizer.js";
import type { CompileOptions } from "../runtime/program.js";
import { averageFrom } from "./average.js";
import { compose, type Homography, scaleAndShift } from "./homography.js";
import { PictureEncoder } from "./latent.js";
import { hasLogits, logitsOf } from "./latent-kind.js";
import type { RunModels, RunState } from "./run-state.js";
import type { Settings } from "./settings.js";
import { changesWithLength } from "./story.js";

export type Motion = NonNullable<Settings["motion"]>;

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
  const moved = Object.entries(state.arrays).map(([name, array]) => {
    const planes = warpPicture(array.reshape(latentShape.slice(1)), view);
    return [name, NDArray.float32(array.shape, planes.floats())] as const;
  });
  return { step: state.step, arrays: Object.fromEntries(moved) };
}

/** Whether a video can be made of this. @throws BAD_ARGUMENT, BAD_MODEL saying what cannot go together */
export function checkVideo({ generator, judge }: RunModels, { settings, source }: RunState): void {
  const { motion, temporal, plateau } = settings;
  if (!motion && !temporal) return;
  encoderOf(generator, "video");
  requires(!judge, "BAD_ARGUMENT", () => "judge: it picks one picture, not the frames of a video", "leave it out");
  requires(
    !motion || !source,
    "BAD_ARGUMENT",
    () => "motion: an edit is held against its picture, which does not move",
    "begin a video at the picture instead: initImage",
  );
  requires(
    !temporal || source,
    "BAD_ARGUMENT",
    () => "temporal: there is no source whose frames follow one another",
    "make the run by createStyle()",
  );
  requires(
    !temporal || !changesWithLength(settings),
    "BAD_ARGUMENT",
    () => "prompts: every frame of a styled video takes all steps, so weights and scenes cannot change over them",
    "write one scene with steady weights",
  );
  requires(
    !motion || plateau.patience === 0,
    "BAD_ARGUMENT",
    () => "plateau: a video takes all its steps",
    "leave plateau out",
  );
}

/** Takes a run from one frame to the beginning of the next. */
export class FrameChange {
  private encoder: PictureEncoder | undefined;

  constructor(
    private readonly generator: Generator,
    private readonly compileOptions: CompileOptions,
  ) {}

  /** @param picture [3,H,W] of the frame that is finished, never rounded to bytes */
  async move(state: RunState, motion: Motion, picture: NDArray): Promise<RunState> {
    const view = motionView(motion, state.settings.size);
    const { settings, z } = state;
    const [width, height] = settings.size;
    const optimizer = isLocal(this.generator, [height, width])
      ? moveOptimizer(state.optimizer, z.shape, view)
      : optimizers[settings.optimizer].init(z.size);
    return this.beginAt({ ...state, optimizer }, warpPicture(picture, view));
  }

  /**
   * The state begun anew at a picture [3,H,W]: its latent, to which the regulariser of target `init` pulls from now on,
   * and a running average of nothing else.
   */
  async beginAt(state: RunState, picture: NDArray): Promise<RunState> {
    const { settings, latentTarget } = state;
    const quantized = settings.latent !== "continuous";
    this.encoder ??= await PictureEncoder.compile(this.generator, settings.size, { ...this.compileOptions, quantized });
    const encoded = await this.encoder.encode(picture);
    const z = hasLogits(settings.latent) ? await logitsOf(this.generator, encoded, this.compileOptions) : encoded;
    const target = settings.regularizer.target === "init" ? z.clone() : latentTarget;
    return { ...state, z, latentTarget: target, ...averageFrom(z, settings.average) };
  }

  async dispose(): Promise<void> {
    await this.encoder?.dispose();
  }
}
