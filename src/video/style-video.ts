/**
 * Style transfer of a video: every frame is an edit of the source's frame, begun at a mix with the frame before, its
 * latent smoothed over time.
 */
import { tellAborted } from "../core/abort.js";
import { requires } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import { NDArray } from "../core/ndarray.js";
import type { Settings } from "../guidance/settings.js";
import { editSource, fittedPicture } from "../masks/edit.js";
import type { EditRequest } from "../pair/requests.js";
import type { PictureRun, PictureSource } from "../picture-run.js";
import type { VqganClip } from "../vqgan-clip.js";
import { type FrameOptions, resumeHint, type VideoFrame } from "./moving-video.js";

export type Temporal = NonNullable<Settings["temporal"]>;

/** An edit's request for every frame; what `temporal` leaves out is 0.3 and 0.3. */
export interface StyleRequest extends Omit<EditRequest<PictureSource>, "image" | "mask" | "rect" | "temporal"> {
  readonly temporal?: Partial<Temporal>;
}

export const temporalDefaults: Temporal = { blend: 0.3, smooth: 0.3 };

/** The run that styles a video whose first frame is `picture` [3,H,W] in 0..1. @throws BAD_ARGUMENT, BAD_PROMPT */
export function createStyle(
  vq: VqganClip,
  picture: NDArray,
  { temporal, ...asked }: StyleRequest,
): Promise<PictureRun> {
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
  const { temporal } = run.settings;
  requires(temporal, "BAD_ARGUMENT", () => "styleFrames(): the run is of a single picture", "make it by createStyle()");
  let number = done;
  const { factor } = vq.generator;
  for await (const picture of sources) {
    if (signal?.aborted) return tellAborted("styleFrames()", options, resumeHint);
    number++;
    const former = number > 1 ? await run.latent() : undefined;
    if (former) await begin(run, picture, number, temporal, factor);
    for await (const event of run) {
      onStep?.(event);
      if (signal?.aborted && event.step < run.settings.steps) return tellAborted("styleFrames()", options, resumeHint);
    }
    if (former) await run.setLatent(mix(former, await run.latent(), temporal.smooth));
    yield { number, picture: await run.render(), run };
  }
}

/** Sets a run that has finished a frame to the start of the next. */
async function begin(
  run: PictureRun,
  picture: NDArray,
  number: number,
  { blend }: Temporal,
  factor: number,
): Promise<void> {
  const size = (await run.state()).source?.picture.shape;
  requires(
    size?.join() === picture.shape.join(),
    "BAD_ARGUMENT",
    () => `frame ${number} has ${picture.shape[2]}x${picture.shape[1]} pixels, the first ${size?.[2]}x${size?.[1]}`,
    "make all frames of one size",
  );
  const start = mix(await run.render(), picture, blend);
  await run.beginFrame(await editSource(picture), fittedPicture(start, run.settings.size, factor));
}

/** share * former + (1 - share) * fresh */
function mix(former: NDArray, fresh: NDArray, share: number): NDArray {
  const old = former.floats();
  return NDArray.float32(
    fresh.shape,
    fresh.floats().map((value, i) => share * (old[i] as number) + (1 - share) * value),
  );
}
