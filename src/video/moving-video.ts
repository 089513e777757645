/** A video from words: one run whose picture moves between frames. */
import { type Abortable, tellAborted } from "../core/abort.js";
import { requires } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import type { NDArray } from "../core/ndarray.js";
import type { StepEvent } from "../guidance/run-state.js";
import { frameFinishedAt, type Motion } from "../motion/motion.js";
import type { ModelPair } from "../pair/model-pair.js";
import type { RunRequest } from "../pair/requests.js";
import type { RunningPicture } from "../pair/running-picture.js";
import type { PictureRun, PictureSource } from "../picture-run.js";

/** `steps` are those of the first frame; everything else is as for a picture. */
export interface VideoRequest<Source = PictureSource> extends Omit<RunRequest<Source>, "motion" | "temporal"> {
  /** How many (default 60). */
  readonly frames?: number;
  /** Steps of each frame after the first (default 10). */
  readonly stepsPerFrame?: number;
  /** The picture grows by this factor from frame to frame (default 1.02). */
  readonly zoom?: number;
  /** It moves by so many pixels, right and down (default 0, 0). */
  readonly pan?: Motion["pan"];
  /** It turns clockwise by so many degrees (default 0). */
  readonly rotate?: number;
}

export const videoDefaults = { frames: 60, stepsPerFrame: 10, zoom: 1.02, pan: [0, 0], rotate: 0 } as const;
export const MAX_FRAMES = 100_000;

/** A finished frame; `run` stands there until the next one is asked for, to be saved or written. */
export interface VideoFrame {
  /** From 1. */
  readonly number: number;
  /** [3,H,W] in 0..1, not rounded */
  readonly picture: NDArray;
  readonly run: PictureRun;
}

/** A signal stops it after a step; the run can be saved and goes on from there. */
export interface FrameOptions extends Abortable {
  /** Told of each step (default: nobody). */
  readonly onStep?: (event: StepEvent) => void;
}

/** How many frames a video's settings make. */
export function frameCount({ steps, motion }: { readonly steps: number; readonly motion: Motion | null }): number {
  return motion ? Math.floor((steps - motion.first) / motion.every) + 1 : 1;
}

/** The frame, from 1, that `step` steps of a video's run have finished; undefined in the middle of one, and for a single picture. */
export function finishedFrame({ motion }: { readonly motion: Motion | null }, step: number): number | undefined {
  return motion ? frameFinishedAt(motion, step) : undefined;
}

/**
 * The run of a video; `videoFrames` takes its frames out. A session of it, opened again, goes on with the same bytes.
 *
 * @throws BAD_ARGUMENT, BAD_PROMPT when the request cannot be met
 */
export function createVideo<Source, Picture extends RunningPicture<Source>>(
  vq: Pick<ModelPair<Source, Picture>, "create" | "resolve">,
  request: VideoRequest<Source>,
): Picture {
  const { frames = 60, stepsPerFrame, zoom, pan, rotate, ...asked } = { ...videoDefaults, ...request };
  requires(
    Number.isSafeInteger(frames) && frames >= 1 && frames <= MAX_FRAMES,
    "BAD_ARGUMENT",
    () => `frames: expected a whole number from 1 to ${MAX_FRAMES}, got ${frames}`,
  );
  const { initImage: _, initCodes: __, keepEvery: ___, onNotice: ____, courses: _____, ...settingsAsked } = asked;
  const first = vq.resolve(settingsAsked).settings.steps;
  requires(first >= 1, "BAD_ARGUMENT", () => `steps: the first frame needs at least 1, got ${first}`);
  const motion: Motion = { first, every: stepsPerFrame, zoom, pan: [...pan], rotate };
  return vq.create({ ...asked, steps: first + (frames - 1) * stepsPerFrame, motion });
}

export const resumeHint = "the run is paused: save it, or take its frames again to go on";

/** The frames of a video's run, each as soon as it is finished. @throws BAD_ARGUMENT for the run of a single picture; ABORTED */
export async function* videoFrames(
  run: PictureRun,
  options: FrameOptions = {},
): AsyncGenerator<VideoFrame, void, undefined> {
  requireKnown("videoFrames()", options, { signal: true, whenAborted: true, onStep: true });
  const { signal, onStep } = options;
  const { motion } = run.settings;
  requires(motion, "BAD_ARGUMENT", () => "videoFrames(): the run is of a single picture", "make it by createVideo()");
  if (signal?.aborted) return tellAborted("videoFrames()", options, resumeHint);
  for await (const event of run) {
    onStep?.(event);
    const number = frameFinishedAt(motion, event.step);
    if (number !== undefined) yield { number, picture: await run.render(), run };
    if (signal?.aborted && event.step < run.settings.steps) return tellAborted("videoFrames()", options, resumeHint);
  }
}
