/**
 * Style transfer of a video: every frame is an edit of the source's frame, begun at a mix with the frame before, its
 * latent smoothed over time.
 */
import { tellAborted } from "../core/abort.js";
import { requires } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import { mixed } from "../core/mixed.js";
import type { NDArray } from "../core/ndarray.js";
import type { RunModels } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import { editSource, fittedPicture } from "../masks/edit.js";
import type { ModelPair } from "../pair/model-pair.js";
import type { EditRequest } from "../pair/requests.js";
import type { RunningPicture } from "../pair/running-picture.js";
import type { PictureRun, PictureSource } from "../picture-run.js";
import type { VqganClip } from "../vqgan-clip.js";
import { type FrameOptions, resumeHint, type VideoFrame } from "./moving-video.js";

export type Temporal = NonNullable<Settings["temporal"]>;

/** An edit's request for every frame; what `temporal` leaves out is 0.3 and 0.3. */
export interface StyleRequest<Source = PictureSource>
  extends Omit<EditRequest<Source>, "image" | "mask" | "rect" | "temporal" | "keepEvery"> {
  readonly temporal?: Partial<Temporal>;
}

export const temporalDefaults: Temporal = { blend: 0.3, smooth: 0.3 };

/** The run that styles a video whose first frame is `picture` [3,H,W] in 0..1. @throws BAD_ARGUMENT, BAD_PROMPT */
export function createStyle<Source, Picture extends RunningPicture<Source>>(
  vq: Pick<ModelPair<Source, Picture>, "edit">,
  picture: Source,
  { temporal, ...asked }: StyleRequest<Source>,
): Promise<Picture> {
  return vq.edit({ ...asked, image: picture, temporal: { ...temporalDefaults, ...temporal } });
}

/** @param done how many frames of the source the run has finished: 0, or as many as when its session was saved */
export interface StyleOptions extends FrameOptions {
  readonly done?: number;
}

/**
 * The styled frames, each as soon as it is finished. With S_i the source's frames and O_i the result's:
 *
 *     start_i = blend O_{i-1} + (1 - blend) S_i
 *     z_i     = what the edit of S_i, begun at start_i, ends with
 *     s_i     = smooth s_{i-1} + (1 - smooth) z_i        O_i = decode(quantize(s_i))
 *
 * Every frame begins with a fresh optimiser and sees the same random views, so that what differs between two frames is
 * their source.
 *
 * @param vq that made the run
 * @param run of `createStyle`, or a session of it opened again
 * @param sources the frames after those that are done, [3,H,W] in 0..1 of one size
 * @throws BAD_ARGUMENT when a frame has another size; ABORTED
 */
export async function* styleFrames(
  vq: VqganClip,
  run: PictureRun,
  sources: AsyncIterable<NDArray> | Iterable<NDArray>,
  options: StyleOptions = {},
): AsyncGenerator<VideoFrame, void, undefined> {
  requireKnown("styleFrames()", options, { signal: true, whenAborted: true, onStep: true, done: true });
  const { signal, onStep, done = 0 } = options;
  requires(
    run.settings.temporal,
    "BAD_ARGUMENT",
    () => "styleFrames(): the run is of a single picture",
    "make it by createStyle()",
  );
  let number = done;
  for await (const picture of sources) {
    if (signal?.aborted) return tellAborted("styleFrames()", options, resumeHint);
    number++;
    if (number > 1) await beginFrame(vq, run, picture, number);
    for await (const event of run) {
      onStep?.(event);
      if (signal?.aborted && event.step < run.settings.steps) return tellAborted("styleFrames()", options, resumeHint);
    }
    await run.finishFrame();
    yield { number, picture: await run.render(), run };
  }
}

/**
 * Sets a run that has finished a frame to the start of the next: its steps are those of that frame from now on, and
 * `finishFrame` ends it.
 *
 * @param picture [3,H,W] in 0..1 of the source
 * @param number of the frame, 2 for the first that follows another
 * @throws BAD_ARGUMENT when it has another size
 */
export async function beginFrame<Source>(
  { generator }: Pick<RunModels, "generator">,
  run: RunningPicture<Source>,
  picture: NDArray,
  number: number,
): Promise<void> {
  const { temporal, size: runSize } = run.settings;
  const size = (await run.state()).source?.picture.shape;
  requires(
    size?.join() === picture.shape.join(),
    "BAD_ARGUMENT",
    () => `frame ${number} has ${picture.shape[2]}x${picture.shape[1]} pixels, the first ${size?.[2]}x${size?.[1]}`,
    "make all frames of one size",
  );
  const start = mixed(await run.render(), picture, temporal?.blend ?? 0);
  await run.beginFrame(await editSource(picture), fittedPicture(start, runSize, generator.factor));
}
