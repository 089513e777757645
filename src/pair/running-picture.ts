/// <reference lib="esnext.disposable" preserve="true" />
/** A run with its picture, the same on Node and in browsers; what becomes of its bytes is each platform's own. */
import { tellAborted } from "../core/abort.js";
import { requires } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import type { NDArray } from "../core/ndarray.js";
import type { Run } from "../guidance/run.js";
import type { Ending, RunState, StepEvent } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import { encodePng } from "../image/png.js";
import type { EditSource } from "../masks/edit.js";
import type { EditReport } from "../masks/edit-report.js";
import { packMask } from "../masks/packed-mask.js";
import type { RewardValue } from "../perception/rewards.js";
import { sourceFacts, storyText } from "../sessions/metadata.js";
import { type ModelIdentity, modelsOf } from "../sessions/model-identity.js";
import { optimizerUnder, type Painted, paintedState } from "../sessions/paint.js";
import { RunLifecycle, type RunStatus } from "../sessions/run-status.js";
import { writeSession } from "../sessions/session-file.js";
import {
  advanced,
  branched,
  checkChanges,
  continued,
  currentState,
  forked,
  lineageOf,
  plantTree,
  type SessionTree,
  withChanges,
  withStatus,
  withTip,
} from "../sessions/session-tree.js";
import type { Notice } from "./options.js";
import type {
  FinishOptions,
  ForkRequest,
  PaintRequest,
  PictureOptions,
  ResumeRequest,
  SessionOptions,
} from "./picture-requests.js";
import type { RunNotices } from "./run-notices.js";

/** What a run takes from the pair of models that it was made with. */
export interface PictureTools<Source> {
  readonly notices: RunNotices;
  readonly models: () => Promise<readonly ModelIdentity[]>;
  /** Compiles the step of a state, or takes `former` there when its program fits. @throws DEVICE_UNAVAILABLE */
  readonly restore: (state: RunState, former: Run | undefined) => Promise<Run>;
  readonly picture: (source: Source) => Promise<NDArray>;
  /** The mask uint8 [H,W] that a source shows. */
  readonly mask: (source: Source | NDArray) => Promise<NDArray>;
  /** Another run of the same models that goes on with a tree's current node. */
  readonly reopen: (tree: SessionTree) => RunningPicture<Source>;
}

/** Where a run begins: it is drawn, or read from a session. */
export type PictureBeginning =
  | { readonly settings: Settings; readonly keepEvery: number; readonly start: () => Promise<Run> }
  | { readonly tree: SessionTree };

const nothing = (): void => {};

/**
 * One picture in the making. Nothing is compiled before the first step; leaving a loop over it pauses it, and another
 * loop goes on from there. The tree says what it is; the compiled run is brought to where the tree stands.
 */
export abstract class RunningPicture<Source> implements AsyncIterable<StepEvent> {
  private readonly lifecycle = new RunLifecycle();
  private tree: SessionTree | undefined;
  private compiled: Promise<Run> | undefined;
  /** Where the compiled run stands, or is being brought to. */
  private synced: RunState | undefined;
  private latest: NDArray | undefined;
  /** Done when the step that is being taken is. */
  private stepping: Promise<void> | undefined;

  constructor(
    private readonly beginning: PictureBeginning,
    private readonly tools: PictureTools<Source>,
  ) {
    if ("tree" in beginning) this.tree = beginning.tree;
  }

  /** Everything about it, resolved. */
  get settings(): Settings {
    return this.tree ? currentState(this.tree).settings : (this.beginning as { settings: Settings }).settings;
  }

  /** Its session's tree as it would be saved now; undefined before it has begun: plain data that no step changes. */
  get history(): SessionTree | undefined {
    return this.tree && this.told();
  }

  /** What was not done as asked, or not where, so far: each once, in the order it came. */
  get notices(): readonly Notice[] {
    return this.tools.notices.all;
  }

  /** What it is, in short: where it stands, under which settings, what it told. Its numbers are in `save`. */
  toJSON(): object {
    const { status, settings, notices } = this;
    return { status, step: this.stepsDone, settings, ...(notices.length > 0 && { notices }) };
  }

  /** Where it stands. */
  get status(): RunStatus {
    return this.lifecycle.status;
  }

  /**
   * The steps that remain.
   *
   * @throws DEVICE_UNAVAILABLE; OUT_OF_LIMITS when the loss is no number; BAD_ARGUMENT while another loop is at it
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepEvent> {
    const run = await this.load();
    if (run.ending) return;
    this.lifecycle.to("running");
    try {
      while (!run.ending && this.status === "running") {
        const advance = run.advance();
        this.stepping = advance.then(nothing, nothing);
        const event = await advance.catch((error: unknown) => {
          if (this.status === "running") this.lifecycle.to("failed");
          throw error;
        });
        this.latest = event.image;
        this.synced = run.state;
        this.tree = advanced(this.tree as SessionTree, run.state);
        yield event;
      }
    } finally {
      if (this.status === "running") this.lifecycle.to(run.ending ? "finished" : "paused");
      if (this.status === "cancelled") await this.dispose();
    }
  }

  /**
   * Runs the remaining steps. A signal pauses it between two steps, and so does having done `until` of them: all that is
   * done stays, and it can go on or be saved.
   *
   * @throws ABORTED when a signal (or `cancel`, `dispose`) ended it early, unless `whenAborted` is "return"; what a loop throws
   */
  async toFinish(options: FinishOptions = {}): Promise<this> {
    requireKnown("toFinish()", options, { signal: true, whenAborted: true, until: true, onStep: true });
    const { signal, until = Number.POSITIVE_INFINITY, onStep } = options;
    if (!signal?.aborted && this.stepsDone < until) {
      for await (const event of this) {
        await onStep?.(event);
        if (signal?.aborted || event.step >= until) break;
      }
    }
    if (this.status !== "finished" && this.stepsDone < until) {
      tellAborted("toFinish()", options, `the run is ${this.status}: save it; a paused one goes on by toFinish()`);
    }
    return this;
  }

  /**
   * Goes on from the run's picture as somebody painted it over (paper, appendix C): a new node in the session's tree.
   *
   * @returns how much was painted
   * @throws BAD_ARGUMENT, BAD_IMAGE, BAD_MODEL when it cannot be done; the run then stays as it was
   */
  async edit({ image, mask, optimizer = "reset-in-mask", ...changes }: PaintRequest<Source>): Promise<Painted> {
    this.requireRest("edit");
    checkChanges("edit()", changes);
    const run = await this.load();
    const [rendered, picture] = [await this.render(), await this.tools.picture(image)];
    const given = mask === undefined ? undefined : await this.tools.mask(mask);
    const painted = await paintedState(run, rendered, picture, given);
    const state = { ...painted.state, optimizer: optimizerUnder(optimizer, painted.state, () => painted.positions) };
    const tree = this.tree as SessionTree;
    const drawn = given && { mask: packMask(given) };
    const { sha256 } = painted;
    const origin = { kind: "paint", node: tree.current, step: state.step, sha256, optimizer, ...drawn } as const;
    this.tree = branched(tree, origin, withChanges(state, changes), painted.positions);
    await this.load();
    return painted;
  }

  /**
   * Goes on with other settings or another state of the optimiser, from the next step on.
   *
   * @throws BAD_ARGUMENT, BAD_PROMPT
   */
  resume({ optimizer = "keep", ...changes }: ResumeRequest = {}): this {
    this.requireRest("resume");
    checkChanges("resume()", changes);
    if (optimizer === "keep" && Object.keys(changes).length === 0) return this;
    requires(
      this.tree,
      "BAD_ARGUMENT",
      () => "resume(): the run has not begun",
      "create it with these settings, or take a step first",
    );
    const { tree } = this;
    this.tree = optimizer === "keep" ? continued(tree, changes) : forked(tree, changes, undefined, optimizer);
    return this;
  }

  /** Another run that goes on from here, or from a kept step, under other settings. @throws BAD_ARGUMENT, BAD_PROMPT */
  async fork({ at, ...changes }: ForkRequest = {}): Promise<this> {
    checkChanges("fork()", changes);
    await this.load();
    return this.tools.reopen(forked(this.told(), changes, at)) as this;
  }

  /** Gives the run up, after the step that is being taken: it can go on no more, its session can be saved. */
  async cancel(): Promise<void> {
    const wasRunning = this.status === "running";
    this.lifecycle.to("cancelled");
    if (!wasRunning) await this.dispose();
  }

  /** The picture [3,H,W] in 0..1 that the last step looked at, of the run's size; undefined before the first. */
  get image(): NDArray | undefined {
    return this.latest;
  }

  /** The picture [3,H,W] in 0..1 as it is now; once the run is over, the one that the judge chose, where there is one. */
  async render(): Promise<NDArray> {
    return (await this.load()).render();
  }

  /** What an edit has kept of its source and reached of its prompts so far; undefined where nothing is edited. */
  async compare(): Promise<EditReport | undefined> {
    return (await this.load()).compare(await this.render());
  }

  /** The rewards of the picture as `render` gives it, in their makers' units: one for each of its settings' `rewards`. */
  async rewards(): Promise<readonly RewardValue[]> {
    return (await this.load()).rewards(await this.render());
  }

  /** What an exported step of this run is fed next, by the names of its inputs. */
  async feeds(): Promise<Readonly<Record<string, NDArray>>> {
    return (await this.load()).feeds();
  }

  /** What the run is between two steps. */
  async state(): Promise<RunState> {
    return (await this.load()).state;
  }

  /** Why it is over; undefined while steps remain. */
  async ending(): Promise<Ending | undefined> {
    return (await this.load()).ending;
  }

  /** The models that have a part in it. */
  async models(): Promise<readonly ModelIdentity[]> {
    return modelsOf(await this.tools.models(), this.settings);
  }

  /** The device that runs it. @throws DEVICE_UNAVAILABLE */
  async device(): Promise<string> {
    return (await this.load()).device;
  }

  /** Frees the compiled step, after the one that is being taken; whatever needs it again compiles it again. */
  async dispose(): Promise<void> {
    if (this.status === "running") this.lifecycle.to("paused"); // its loop ends there
    await this.stepping;
    const { compiled } = this;
    this.compiled = undefined;
    await (await compiled)?.dispose();
  }

  /** As `dispose`: what `await using run = ...` ends with. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** The picture as it is now as a PNG with its story. */
  protected async png(options: PictureOptions = {}): Promise<Uint8Array> {
    requireKnown("toPNG()", options, { metadata: true });
    const { metadata = "full" } = options;
    const run = await this.load();
    const { settings, step: after, best, beganFrom, initSha256, before, changed, source, targets } = run.state;
    const { step } = run.result;
    const models = await this.models();
    const lineage = lineageOf(this.tree as SessionTree);
    const edited = source && { source: sourceFacts(source) };
    const drawn = targets.length > 0 && { targets: targets.map(({ sha256 }) => sha256 ?? null) };
    const judged = run.ending && best && { judged: { score: best.score, after } };
    const branches = lineage.length > 0 && { lineage };
    const init = { ...(initSha256 !== undefined && { initSha256 }), ...(before && { before }) };
    const facts = { ...init, ...edited, ...drawn, changed, ...judged, ...branches };
    const story = { settings, step, beganFrom, ...facts, models, device: run.device };
    return encodePng(await this.render(), storyText(story, metadata));
  }

  /** The picture as it is now as an SVG, whose title are its prompts unless metadata are unwanted. @throws BAD_ARGUMENT unless the generator draws shapes (`strokes`) */
  async svg(options: PictureOptions = {}): Promise<string> {
    requireKnown("toSVG()", options, { metadata: true });
    const { metadata = "full" } = options;
    return (await this.load()).svg(metadata === "full" ? this.settings.prompts : "");
  }

  /** The shape as it is now as a file. @param ending `.obj`, `.ply` or `.glb` @throws BAD_ARGUMENT unless the generator has shapes in space (`mesh:FILE.obj`) */
  async mesh(ending: string): Promise<Uint8Array> {
    return (await this.load()).mesh(ending);
  }

  /**
   * The drawing as it is now in the making: pictures [3,H,W] in 0..1, from bare paper to all of its strokes.
   *
   * @param frames 2..1000
   * @throws BAD_ARGUMENT unless the generator draws shapes (`strokes`)
   */
  async film(frames = 60): Promise<NDArray[]> {
    return (await this.load()).film(frames);
  }

  /**
   * The shape as it is now from all round: pictures [3,H,W] in 0..1 of one turn, which begins at the front.
   *
   * @param frames 1..360
   * @throws BAD_ARGUMENT unless the generator has shapes in space (`mesh:FILE.obj`)
   */
  async turntable(frames = 36): Promise<NDArray[]> {
    return (await this.load()).turntable(frames);
  }

  /** The next frame of a styled video, see `Run.beginFrame`. */
  async beginFrame(source: EditSource, picture: NDArray): Promise<void> {
    this.requireRest("beginFrame");
    const run = await this.load();
    this.lifecycle.to("loading");
    await run.beginFrame(source, picture);
    this.follow(run);
    this.lifecycle.to(run.ending ? "finished" : "paused");
  }

  /** The latent of the picture that `render` gives, or its logits. */
  async latent(): Promise<NDArray> {
    return (await this.load()).result.z;
  }

  /** Ends a frame of a styled video whose steps are done, see `Run.finishFrame`. */
  async finishFrame(): Promise<void> {
    const run = await this.load();
    run.finishFrame();
    this.follow(run);
  }

  /** The bytes of a `.vqclip` session, with the picture unless that is not wanted. */
  protected async session(options: SessionOptions = {}): Promise<Uint8Array> {
    requireKnown("save()", options, { picture: true });
    const { picture = true } = options;
    if (this.tree === undefined) await this.load();
    const png = picture ? await this.png() : undefined;
    return writeSession({ tree: this.told(), models: await this.models() }, png);
  }

  private get stepsDone(): number {
    return this.tree ? currentState(this.tree).step : 0;
  }

  /** Brings the tree to where the compiled run was set. */
  private follow(run: Run): void {
    this.tree = withTip(this.tree as SessionTree, run.state);
    this.synced = run.state;
  }

  /** The tree with the status that the run has. */
  private told(): SessionTree {
    return withStatus(this.tree as SessionTree, this.status);
  }

  private requireRest(what: string): void {
    requires(
      this.status !== "running",
      "BAD_ARGUMENT",
      () => `${what}(): the run is taking a step`,
      "leave the loop first; that pauses it",
    );
  }

  private load(): Promise<Run> {
    const wanted = this.tree && currentState(this.tree);
    if (!this.compiled || wanted !== this.synced) {
      this.synced = wanted;
      this.compiled = this.compile(this.compiled);
    }
    return this.compiled;
  }

  private async compile(former: Promise<Run> | undefined): Promise<Run> {
    this.lifecycle.to("loading");
    try {
      const run = await this.begun(await former);
      this.lifecycle.to(run.ending ? "finished" : "paused");
      return run;
    } catch (error) {
      if (this.status === "loading") this.lifecycle.to("failed");
      throw error;
    }
  }

  private async begun(former: Run | undefined): Promise<Run> {
    if (this.tree) return this.tools.restore(currentState(this.tree), former);
    const { start, keepEvery } = this.beginning as Exclude<PictureBeginning, { tree: unknown }>;
    const run = await start();
    this.tree = plantTree(run.state, keepEvery);
    this.synced = run.state;
    return run;
  }
}
