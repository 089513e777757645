/** A run with its picture, the same on Node and in browsers; what becomes of its bytes is each platform's own. */
import type { NDArray } from "./core/ndarray.js";
import type { EditSource } from "./guidance/edit.js";
import type { EditReport } from "./guidance/edit-report.js";
import { type MetadataLevel, sourceFacts, storyText } from "./guidance/metadata.js";
import type { ModelIdentity } from "./guidance/model-identity.js";
import type { Ending, Run, RunState, StepEvent } from "./guidance/run.js";
import { writeSession } from "./guidance/session-file.js";
import type { Settings } from "./guidance/settings.js";
import { encodePng } from "./image/png.js";

export interface PictureOptions {
  /** How much of its story the picture carries (default "full"). */
  readonly metadata?: MetadataLevel;
}

/**
 * One picture in the making. Nothing is compiled before the first step; leaving a loop over it pauses it, and another
 * loop goes on from there.
 */
export abstract class RunningPicture implements AsyncIterable<StepEvent> {
  private started: Promise<Run> | undefined;
  private latest: NDArray | undefined;

  constructor(
    /** Everything about it, resolved. */
    readonly settings: Settings,
    private readonly start: () => Promise<Run>,
    private readonly opened: () => Promise<readonly ModelIdentity[]>,
  ) {}

  /** The steps that remain. @throws DEVICE_UNAVAILABLE, OUT_OF_LIMITS when the loss is no number */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepEvent> {
    for await (const event of await this.run()) {
      this.latest = event.image;
      yield event;
    }
  }

  /** Runs the remaining steps; a signal pauses it between two steps. */
  async toFinish({
    signal,
    onStep,
  }: {
    signal?: AbortSignal;
    onStep?: (event: StepEvent) => void;
  } = {}): Promise<this> {
    if (signal?.aborted) return this;
    for await (const event of this) {
      onStep?.(event);
      if (signal?.aborted) break;
    }
    return this;
  }

  /** The picture [3,H,W] in 0..1 that the last step looked at, of the run's size; undefined before the first. */
  get image(): NDArray | undefined {
    return this.latest;
  }

  /** The picture [3,H,W] in 0..1 as it is now; once the run is over, the one that the judge chose, where there is one. */
  async render(): Promise<NDArray> {
    return (await this.run()).render();
  }

  /** What an edit has kept of its source and reached of its prompts so far; undefined where nothing is edited. */
  async compare(): Promise<EditReport | undefined> {
    return (await this.run()).compare(await this.render());
  }

  /** What the run is between two steps. */
  async state(): Promise<RunState> {
    return (await this.run()).state;
  }

  /** Why it is over; undefined while steps remain. */
  async ending(): Promise<Ending | undefined> {
    return (await this.run()).ending;
  }

  /** The models that have a part in it. */
  async models(): Promise<readonly ModelIdentity[]> {
    const { beganFrom } = await this.state();
    return (await this.opened()).filter(({ role }) => role !== "prior" || beganFrom === "prior");
  }

  /** The device that runs it. @throws DEVICE_UNAVAILABLE */
  async device(): Promise<string> {
    return (await this.run()).device;
  }

  /** Frees the compiled step; the run cannot go on any more. */
  async dispose(): Promise<void> {
    await (await this.started)?.dispose();
  }

  /** The picture as it is now as a PNG with its story. */
  protected async png({ metadata = "full" }: PictureOptions = {}): Promise<Uint8Array> {
    const run = await this.run();
    const { settings, step: after, best, beganFrom, changed, source, targets } = run.state;
    const { step } = run.result;
    const models = await this.models();
    const edited = source && { source: sourceFacts(source) };
    const drawn = targets.length > 0 && { targets: targets.map(({ sha256 }) => sha256 ?? null) };
    const judged = run.ending && best && { judged: { score: best.score, after } };
    const story = { settings, step, beganFrom, ...edited, ...drawn, changed, ...judged, models, device: run.device };
    return encodePng(await this.render(), storyText(story, metadata));
  }

  /** The next frame of a styled video, see `Run.beginFrame`. */
  async beginFrame(source: EditSource, picture: NDArray): Promise<void> {
    await (await this.run()).beginFrame(source, picture);
  }

  /** The latent of the picture that `render` gives, or its logits. */
  async latent(): Promise<NDArray> {
    return (await this.run()).result.z;
  }

  /** Puts another latent in the place of this one, see `Run.setLatent`. */
  async setLatent(z: NDArray): Promise<void> {
    (await this.run()).setLatent(z);
  }

  /** The bytes of a `.vqclip` session. */
  protected async session(): Promise<Uint8Array> {
    const { state } = await this.run();
    const png = await this.png();
    return writeSession({ state, models: await this.models() }, png);
  }

  private run(): Promise<Run> {
    this.started ??= this.start();
    return this.started;
  }
}
