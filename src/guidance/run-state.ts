/** What a run is between two steps, and what it tells of each: plain values, with no program behind them. */
import type { NDArray } from "../core/ndarray.js";
import type { EditSource } from "../masks/edit.js";
import type { Perceptor } from "../models/perceptor.js";
import type { OptimizerState } from "../optim/optimizer.js";
import type { Best, Judgement } from "../perception/judge.js";
import type { RewardValue } from "../perception/rewards.js";
import type { Average } from "./average.js";
import type { Losses } from "./losses.js";
import { isAtRest, type LossWatch } from "./plateau.js";
import type { Settings } from "./settings.js";
import type { StepModels } from "./step.js";
import type { Target } from "./targets.js";

/** What the first latent was made of. */
export const beginnings = ["random", "codes", "picture"] as const;
export type Beginning = (typeof beginnings)[number];

/** Everything that a run is between two steps; saved and restored bit for bit. */
export interface RunState {
  readonly settings: Settings;
  /** Somebody's picture and given codes are not in the settings: without them the run cannot be made again. */
  readonly beganFrom: Beginning;
  /** Of the picture or the codes that it began at, where they were given and nothing is edited. */
  readonly initSha256?: string;
  /** The picture that an edit is held against; without it, a picture is made from nothing. */
  readonly source?: EditSource;
  /** The sources of a styled video's frames before this one: how many, and the sha256 of all, each joined to those before. */
  readonly before?: { readonly frames: number; readonly sha256: string };
  /** What the frame before this one of a styled video ended with, until this one is finished and is mixed with it. */
  readonly former?: NDArray;
  /** The numbers behind `settings.targets`, one each. */
  readonly targets: readonly Target[];
  /** Whether settings that steer it were changed on the way: then they no longer tell how to make it again. */
  readonly changed: boolean;
  /** Steps done. */
  readonly step: number;
  /** What is optimised: the latent [1,D,h,w], or logits of codes [1,K,h,w]. */
  readonly z: NDArray;
  /** What the regulariser pulls to, of z's shape. */
  readonly latentTarget: NDArray;
  /** The running average of z, where there is one. */
  readonly average?: Average;
  readonly optimizer: OptimizerState;
  /** The losses so far, while `settings.plateau` watches them. */
  readonly watch?: LossWatch;
  /** What the judge liked best so far, where there is one; with `keepBest`, what had the lowest loss, which is minus its score. */
  readonly best?: Best;
}

export interface RunModels extends StepModels {
  /** A second perceptor that picks the run's result and has no part in its loss. */
  readonly judge?: Perceptor | undefined;
}

/** Why a run is over: all steps are done, or its loss no longer fell. */
export type Ending = "steps" | "plateau";

/** What a step tells. */
export interface StepEvent {
  /** Steps done, 1 for the first. */
  readonly step: number;
  /** Of the picture before this step. */
  readonly losses: Losses;
  /** The picture before this step [3,H,W], 0..1, of the run's size: an edit's is not yet laid over its source. */
  readonly image: NDArray;
  /** The scores of the picture before this step, one for each of `settings.rewards`, where there are some. */
  readonly rewards?: readonly RewardValue[];
  /** What the judge said since the step before: of the picture before this step, and at the run's end of the last. */
  readonly judged?: readonly Judgement[];
}

/** The frame of a styled video that it is at, 1 for the first; 1 for all else. */
export function frameOf({ before }: Pick<RunState, "before">): number {
  return (before?.frames ?? 0) + 1;
}

/** Steps done in all, those of a styled video's frames before this one among them. */
export function stepsSoFar({ before, settings, step }: Pick<RunState, "before" | "settings" | "step">): number {
  return (before?.frames ?? 0) * settings.steps + step;
}

/** Why a run is over; undefined while steps remain. */
export function endingOf({ step, settings, watch }: RunState): Ending | undefined {
  if (step >= settings.steps) return "steps";
  return isAtRest(watch, settings.plateau) ? "plateau" : undefined;
}
