/** What a running picture is asked: to finish, to be written, painted over, gone on with, forked. */
import type { Abortable } from "../core/abort.js";
import type { NDArray } from "../core/ndarray.js";
import type { StepEvent } from "../guidance/run-state.js";
import type { MetadataLevel } from "../sessions/metadata.js";
import type { OptimizerPolicy } from "../sessions/paint.js";
import type { SessionChanges } from "../sessions/session-tree.js";

/** For `toFinish`. */
export interface FinishOptions extends Abortable {
  /** Steps in all after which it pauses (default: those of its settings). */
  readonly until?: number;
  /** Told of each step; what it returns is waited for (default: nobody). */
  readonly onStep?: (event: StepEvent) => unknown;
}

/** How a picture is written. */
export interface PictureOptions {
  /** How much of its story the picture carries (default "full"). */
  readonly metadata?: MetadataLevel;
}

/** A painted picture to go on from. @typeParam Source what a platform can read a picture from */
export interface PaintRequest<Source> extends SessionChanges {
  /** The run's picture, painted over; of the same size. */
  readonly image: Source;
  /** White was painted (numbers [H,W] in bytes work too; default: where the picture differs from the run's). */
  readonly mask?: Source | NDArray;
  /** What becomes of the optimiser's running averages (default "reset-in-mask"). */
  readonly optimizer?: OptimizerPolicy;
}

/** How a run goes on. */
export interface ResumeRequest extends SessionChanges {
  /** What becomes of the optimiser's running averages (default "keep": as they are). */
  readonly optimizer?: OptimizerPolicy;
}

/** How a session is written. */
export interface SessionOptions {
  /** Whether the session holds its picture, for people; costs the time of a step (default true). */
  readonly picture?: boolean;
}

/** What a fork begins at, and what it changes. */
export interface ForkRequest extends SessionChanges {
  /** A kept step of this run (default: where it stands). */
  readonly at?: number;
}
