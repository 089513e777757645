/**
 * How a run that makes a video passes from one frame to the next: the picture is warped in floating point, encoded again,
 * and optimised further. The whole video is one run, so its prompts, schedules and sessions are those of any run.
 */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { warpPicture } from "../image/warp.js";
import { encoderOf, type Generator, isLocal } from "../models/generator.js";
import { type Motion, motionView, moveOptimizer } from "../motion/motion.js";
import { changesWithLength } from "../prompts/story.js";
import type { CompileOptions } from "../runtime/program.js";
import { averageFrom } from "./average.js";
import { PictureEncoder } from "./latent.js";
import { isOfCodes, variableOfLatent } from "./latent-kind.js";
import { pullsToStart } from "./regularizer.js";
import type { RunModels, RunState } from "./run-state.js";
import { firstOptimizer } from "./search.js";

/** Whether a video can be made of this. @throws BAD_ARGUMENT, BAD_MODEL saying what cannot go together */
export function checkVideo(
  { generator, judge }: RunModels,
  { settings, source }: Pick<RunState, "settings" | "source">,
): void {
  const { motion, temporal, plateau, judgeReward } = settings;
  if (!motion && !temporal) return;
  if (motion) encoderOf(generator, "video");
  else if (!generator.repaints) encoderOf(generator, "style");
  requires(
    !motion || !generator.noiseAt,
    "BAD_MODEL",
    () => `motion: ${generator.name} begins a picture at noise, and each later frame at the one before`,
    "use a VQGAN or an autoencoder; style takes diffusion models",
  );
  requires(
    !judge && !judgeReward,
    "BAD_ARGUMENT",
    () => "judge: it picks one picture, not the frames of a video",
    "leave it out",
  );
  requires(!settings.keepBest, "BAD_ARGUMENT", () => "keepBest: a video has frames, not one picture", "set it to off");
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
      : firstOptimizer(settings, z.size);
    return this.beginAt({ ...state, optimizer }, warpPicture(picture, view));
  }

  /**
   * The state begun anew at a picture [3,H,W]: its latent, to which the regulariser of target `init` or `relative` pulls from now on,
   * and a running average of nothing else. A way to repaint is kept as it is.
   */
  async beginAt(state: RunState, picture: NDArray): Promise<RunState> {
    const { settings, latentTarget } = state;
    if (this.generator.repaints) return state;
    const options = { ...this.compileOptions, quantized: isOfCodes(settings.latent), noise: settings };
    this.encoder ??= await PictureEncoder.compile(this.generator, settings.size, options);
    const encoded = await this.encoder.encode(picture);
    const z = await variableOfLatent(this.generator, settings, encoded, this.compileOptions);
    const target = pullsToStart(settings.regularizer) ? z.clone() : latentTarget;
    return { ...state, z, latentTarget: target, ...averageFrom(z, settings.average) };
  }

  async dispose(): Promise<void> {
    await this.encoder?.dispose();
  }
}
