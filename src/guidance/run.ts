/**
 * A run: the loop of the method as a resumable session. It draws, steps, and can be left, saved and continued at any
 * step with the same result as if it had never stopped.
 */
import { sha256Of } from "../core/bytes.js";
import { requires, VqganClipError } from "../core/errors.js";
import { mixed } from "../core/mixed.js";
import { NDArray } from "../core/ndarray.js";
import { ssim } from "../image/similarity.js";
import { type EditSource, finishedPicture, workingPicture } from "../masks/edit.js";
import { compareEdit, type EditReport } from "../masks/edit-report.js";
import { solidOf, svgOf } from "../models/generator.js";
import { movesAfter } from "../motion/motion.js";
import { firstColumns } from "../perception/ensemble.js";
import type { Judgement, PictureJudge } from "../perception/judge.js";
import { RewardLook } from "../perception/reward-look.js";
import { type RewardValue, rewardText } from "../perception/rewards.js";
import { changesWithLength } from "../prompts/story.js";
import type { Feeds } from "../runtime/engine.js";
import { type CompileOptions, compileOptionsOf } from "../runtime/program.js";
import { averageFrom } from "./average.js";
import { randomStart, startSettings } from "./candidates.js";
import { settingsAt } from "./courses.js";
import { descended, restarted, shownLatent } from "./descent.js";
import { drawingFilm } from "./drawing-film.js";
import { FinalPictures } from "./final-pictures.js";
import { beginningOf, type FirstOptions, firstLatent } from "./first-latent.js";
import { FrameChange } from "./frame-change.js";
import { hasLogits } from "./latent-kind.js";
import { steadyLoss } from "./plateau.js";
import { PriorPull } from "./prior-pull.js";
import { type ReadingOptions, type ReadPrompts, readPrompts } from "./read-prompts.js";
import { pullsToStart, restartsAt } from "./regularizer.js";
import { judgeOf } from "./run-judge.js";
import { requireRunnable } from "./run-requirements.js";
import { type Ending, endingOf, type RunModels, type RunState, type StepEvent } from "./run-state.js";
import { firstOptimizer } from "./search.js";
import { checkSettings, type Settings } from "./settings.js";
import { type Painted, StepProgram } from "./step-program.js";
import { beginTargets } from "./targets.js";
import { turntable } from "./turntable.js";

export interface StartOptions extends FirstOptions, ReadingOptions {
  /** Pictures [3,H,W] and vectors [E] of `settings.targets`, one each; nothing for noise. */
  readonly targets?: readonly (NDArray | undefined)[];
  /** Of the picture or the codes that it begins at, for the record. */
  readonly initSha256?: string;
}

/** The programs of a run, and how they were compiled. */
interface Compiled {
  readonly step: StepProgram;
  readonly prior: PriorPull | undefined;
  readonly judge: PictureJudge | undefined;
  readonly options: CompileOptions;
}

export class Run implements AsyncIterable<StepEvent> {
  private readonly frames: FrameChange;
  private readonly final: FinalPictures | undefined;
  private painted: (Painted & { readonly z: NDArray }) | undefined;
  /** The finished picture of what was painted, where another autoencoder draws it */
  private drawn: { readonly of: Painted; readonly image: NDArray } | undefined;

  private constructor(
    readonly models: RunModels,
    private current: RunState,
    private readonly compiled: Compiled,
  ) {
    this.frames = new FrameChange(models.generator, compiled.options);
    const { finishing } = models.generator;
    this.final = finishing && new FinalPictures(finishing, current.settings.size, compiled.options);
  }

  /** Draws the first latent and compiles the step. @throws BAD_ARGUMENT, BAD_PROMPT, DEVICE_UNAVAILABLE */
  static async start(models: RunModels, candidate: Settings, options: StartOptions = {}): Promise<Run> {
    const settings = checkSettings(candidate);
    const read = await readPrompts(models, settings, options);
    const { source, initSha256 } = options;
    const { generator } = models;
    requires(
      source || !generator.repaints,
      "BAD_ARGUMENT",
      () => `${generator.name} repaints a picture that is edited, and none is`,
      "vqgan-clip edit PICTURE, vq.edit({ image })",
    );
    const beganFrom = beginningOf(options);
    requires(
      settings.candidates === 1 || beganFrom === "random",
      "BAD_ARGUMENT",
      () => `candidates: ${settings.candidates} starts were asked for, and the run begins at a ${beganFrom}`,
      "leave candidates 1, or begin at random",
    );
    // Until the first restart, the average is where notebooks have it: at the picture, or at zero where there is none.
    const { regularizer } = settings;
    const toStart = pullsToStart(regularizer) || (regularizer.target === "average" && beganFrom === "picture");
    const targets = await beginTargets(models, settings, options.targets ?? [], compileOptionsOf(options));
    const begun = { settings, beganFrom, targets, changed: false, step: 0 } as const;
    const draw = (candidate: number) => firstLatent(models.generator, startSettings(settings), options, candidate);
    const z =
      beganFrom === "random"
        ? await randomStart(models, begun, read, draw, compileOptionsOf(options))
        : await firstLatent(models.generator, settings, options);
    const state = {
      ...begun,
      optimizer: firstOptimizer(settings, z.size),
      z,
      latentTarget: toStart ? z.clone() : NDArray.zeros("float32", z.shape),
      ...averageFrom(z, settings.average),
      ...(source && { source }),
      ...(initSha256 && { initSha256 }),
    };
    return Run.compiled(models, state, read, options);
  }

  /** Continues from a saved state, exactly. */
  static async restore(models: RunModels, state: RunState, options: ReadingOptions = {}): Promise<Run> {
    return Run.compiled(models, state, await readPrompts(models, state.settings, options), options);
  }

  private static async compiled(
    models: RunModels,
    state: RunState,
    read: ReadPrompts,
    given: CompileOptions,
  ): Promise<Run> {
    const options = compileOptionsOf(given);
    requireRunnable(models, state);
    const judge = await judgeOf(models, state.settings, read.prompts, options);
    const prior = await PriorPull.compile(models.generator, state.settings, state.z.shape, options);
    return new Run(models, state, {
      step: await StepProgram.compile(models, state, read, options),
      prior,
      judge,
      options,
    });
  }

  /** The state after the last step. */
  get state(): RunState {
    return this.current;
  }

  /** Why it is over; undefined while steps remain. */
  get ending(): Ending | undefined {
    return endingOf(this.current);
  }

  get device(): string {
    return this.compiled.step.device;
  }

  get compileOptions(): CompileOptions {
    return this.compiled.options;
  }

  /** Devices that were tried first and would not run, with reasons. */
  get refusedDevices() {
    return this.compiled.step.refused;
  }

  /** Whether the compiled step can go on from a state: all that it was compiled for and fed with is the same. */
  fits(state: RunState): boolean {
    const { settings, source, targets } = this.current;
    const looksAnew = settings.targets.some((target) => target.kind === "image" && target.views === "fresh");
    const shared = ({ steps, learningRate: _, seed, plateau: __, ...rest }: Settings) =>
      JSON.stringify([rest, looksAnew && seed, changesWithLength(rest) && steps]);
    return state.source === source && state.targets === targets && shared(state.settings) === shared(settings);
  }

  /** Goes on from another state that fits. */
  moveTo(state: RunState): void {
    requires(this.fits(state), "BAD_ARGUMENT", () => "moveTo(): the state is of another run");
    this.current = state;
  }

  /** Does one step. */
  async advance(): Promise<StepEvent> {
    await this.moveFrame();
    const { generator } = this.models;
    const { judge, prior, options } = this.compiled;
    const { settings, step } = this.current;
    const seen = await this.compiled.step.run(this.current);
    const { image, losses, rewards } = seen;
    const judged: Judgement[] = [];
    // The step's own picture is the one to judge unless codes were drawn for it or an average is shown.
    const own = this.current.average || hasLogits(settings.latent) ? undefined : image;
    if (judge && step > 0 && step % settings.judgeEvery === 0) judged.push(await this.consider(judge, own));

    if (!Number.isFinite(losses.total)) {
      const what = `step ${step + 1}: the loss is ${losses.total}`;
      throw new VqganClipError("OUT_OF_LIMITS", what, "lower the learning rate");
    }
    if (settings.keepBest && !judge) this.keepIfBest(steadyLoss(losses));
    const next = await descended(generator, this.current, seen, this.free, prior);
    const isRestart = restartsAt(settings.regularizer, next.step);
    this.current = isRestart ? await restarted(generator, next, this.free, options) : next;
    if (judge && this.ending) judged.push(await this.consider(judge));
    return {
      step: next.step,
      losses,
      image,
      ...(rewards.length > 0 && {
        rewards: settings.rewards.map((reward, i) => ({ reward: rewardText(reward), value: rewards[i] as number })),
      }),
      ...(judged.length > 0 && { judged }),
    };
  }

  /** The steps that remain. Leaving the loop pauses the run; nothing is lost. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepEvent> {
    while (!this.ending) yield await this.advance();
  }

  /** The latent that `render` shows and the steps that led to it: the judge's choice, or the best by its own loss, once the run is over, else the last. */
  get result(): Pick<RunState, "z" | "step"> {
    return (this.ending && this.current.best) || { z: this.shown, step: this.current.step };
  }

  /** What the compiled step is fed where the run stands, by name. */
  async feeds(): Promise<Feeds> {
    return this.compiled.step.feedsOf(this.current);
  }

  /**
   * The picture of the result [3,H,W], 0..1, by the generator's final autoencoder where there is one; an edit's has its
   * source's size and what its mask holds.
   */
  async render(): Promise<NDArray> {
    const painted = await this.paintedOf(this.result.z);
    if (!this.final || !painted.inner) return this.finished(painted.image);
    if (this.drawn?.of !== painted) this.drawn = { of: painted, image: await this.final.of(painted.inner) };
    return this.finished(this.drawn.image);
  }

  /** The picture of the result as an SVG. @throws BAD_ARGUMENT unless the generator draws shapes */
  svg(title: string): string {
    const [width, height] = this.current.settings.size;
    return svgOf(this.models.generator, "toSVG()")(this.result.z, [height, width], title);
  }

  /** The shape of the result as a file. @throws BAD_ARGUMENT unless the generator has shapes in space */
  mesh(ending: string): Uint8Array {
    return solidOf(this.models.generator, "toMesh()").file(this.result.z, ending);
  }

  /** The drawing of the result as its shapes appear: pictures [3,H,W] in 0..1, see `drawingFilm`. */
  async film(frames: number): Promise<NDArray[]> {
    return drawingFilm(this.models.generator, this.result.z, this.current.settings.size, frames, this.compileOptions);
  }

  /** The shape of the result from all round: pictures [3,H,W] in 0..1 of one turn, see `turntable`. */
  async turntable(frames: number): Promise<NDArray[]> {
    return turntable(this.models.generator, this.result.z, this.current.settings.size, frames, this.compileOptions);
  }

  /** What an edit kept and what it reached, for the picture that `render` gave; undefined where nothing is edited. */
  async compare(rendered: NDArray): Promise<EditReport | undefined> {
    const { source } = this.current;
    const { prompts, embeddings } = this.compiled.step.written;
    const own = firstColumns(embeddings, this.models);
    return source && compareEdit(this.models.perceptor, source, rendered, prompts, own, this.compileOptions);
  }

  /** What its rewards are of the picture that `render` gave, in their makers' units; one for each of `settings.rewards`. */
  async rewards(rendered: NDArray): Promise<readonly RewardValue[]> {
    const { settings } = this.current;
    if (settings.rewards.length === 0) return [];
    const { prompts } = this.compiled.step.written;
    const look = await RewardLook.of(this.models, settings.rewards, prompts, settings, this.compileOptions);
    try {
      return await look.at(rendered);
    } finally {
      await look.dispose();
    }
  }

  /**
   * How near the generator's own copy of an edit's source comes to it, before the first step: SSIM, 1 for the same. What it
   * cannot copy it cannot keep. Undefined where nothing is edited, or a side is under 11 pixels, too small to tell.
   */
  async sourceLikeness(): Promise<number | undefined> {
    const { settings, source, z } = this.current;
    if (!source || Math.min(...settings.size) < 11) return undefined;
    return ssim(workingPicture(source, settings.size, this.models.generator.factor), await this.imageOf(z));
  }

  /**
   * The next frame of a styled video: another source of the same size, begun at `picture` [3,H,W] of the run's size.
   * Steps count from 0 with a fresh optimiser and see the views of the frame before: frames differ as their sources do.
   */
  async beginFrame(source: EditSource, picture: NDArray): Promise<void> {
    const { watch: _, ...begun } = await this.frames.beginAt(this.current, picture);
    const optimizer = firstOptimizer(begun.settings, begun.z.size);
    const { before, source: former } = this.current;
    const joined = new TextEncoder().encode(`${before?.sha256 ?? ""}${former?.sha256 ?? ""}`);
    const told = { frames: (before?.frames ?? 0) + 1, sha256: await sha256Of(joined) };
    this.current = { ...begun, source, before: told, former: this.result.z, step: 0, optimizer };
  }

  /**
   * Ends a frame of a styled video: what the frame before ended with has its share, `settings.temporal.smooth`, in what is
   * shown; a running average begins anew with it. Nothing for the first frame, and when it was done before.
   */
  finishFrame(): void {
    const { former, ...rest } = this.current;
    if (!former) return;
    const { temporal, average } = rest.settings;
    const z = mixed(former, this.result.z, temporal?.smooth ?? 0);
    this.current = { ...rest, z, ...averageFrom(z, average) };
  }

  /** Frees the compiled step. */
  async dispose(): Promise<void> {
    await this.frames.dispose();
    await this.final?.dispose();
    await this.compiled.judge?.dispose();
    await this.compiled.prior?.dispose();
    await this.compiled.step.dispose();
  }

  /** In a video, the picture moves where a frame ends. */
  private async moveFrame(): Promise<void> {
    const { settings, step } = this.current;
    const { motion } = settingsAt(settings, step);
    if (!motion || !movesAfter(motion, step)) return;
    this.current = await this.frames.move(this.current, motion, await this.imageOf(this.shown));
  }

  /** The judge looks at the picture as it is now, `image` where that is at hand. */
  private async consider(judge: PictureJudge, image?: NDArray): Promise<Judgement> {
    const { step, best } = this.current;
    const z = this.shown;
    const score = await judge.score(this.finished(image ?? (await this.imageOf(z))));
    if (!best || score > best.score) this.current = { ...this.current, best: { step, score, z } };
    return { step, score };
  }

  /** Without a judge, the loss of a step's own picture decides. */
  private keepIfBest(loss: number): void {
    const { step, best, z } = this.current;
    if (!best || -loss > best.score) this.current = { ...this.current, best: { step, score: -loss, z } };
  }

  /** The picture of a latent, or of the likeliest codes of logits, of the run's size, as steps see it. */
  private async imageOf(z: NDArray): Promise<NDArray> {
    return (await this.paintedOf(z)).image;
  }

  private async paintedOf(z: NDArray): Promise<Painted> {
    if (this.painted?.z !== z) this.painted = { z, ...(await this.compiled.step.picture(this.current, z)) };
    return this.painted;
  }

  /** A picture of the run's size as it is given out. */
  private finished(image: NDArray): NDArray {
    const { settings, source } = this.current;
    return source ? finishedPicture(image, source, settings, this.models.generator.factor) : image;
  }

  private get free(): Uint8Array | undefined {
    return this.compiled.step.freeOf(this.current);
  }

  private get shown(): NDArray {
    return shownLatent(this.current, this.free);
  }
}
