/**
 * A run: the loop of the method as a resumable session. It draws, steps, and can be left, saved and continued at any
 * step with the same result as if it had never stopped.
 */
import { requires, VqganClipError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { sameShape } from "../core/shape.js";
import { codebookOf, isLocal } from "../models/generator.js";
import type { Perceptor } from "../models/perceptor.js";
import type { Prior } from "../models/prior.js";
import { type OptimizerState, optimizers } from "../optim/optimizer.js";
import { rateFactor } from "../optim/schedule.js";
import { type CompileOptions, compile, compileOptionsOf, type Feeds, type Program } from "../runtime/program.js";
import { type Average, averaged, averageFrom, withLatent } from "./average.js";
import { type EditSource, finishedPicture, sourceScale, workingPicture } from "./edit.js";
import { compareEdit, type EditReport } from "./edit-report.js";
import { embedForAll, firstColumns } from "./ensemble.js";
import { beginningOf, firstLatent } from "./first-latent.js";
import { type Best, Judge, type Judgement } from "./judge.js";
import { clampToCodebook } from "./latent.js";
import { drawCodes, hasLogits, nearestLatent, settled } from "./latent-kind.js";
import { freePositions, holdLatents } from "./mask.js";
import type { Beginning } from "./metadata.js";
import { checkVideo, FrameChange, movesAfter } from "./motion.js";
import { isAtRest, type LossWatch, watchLoss } from "./plateau.js";
import { type Prompt, textPrompts } from "./prompt.js";
import type { TextNotice } from "./prompt-embedding.js";
import { regularizerWeight, restartsAt } from "./regularizer.js";
import { checkSettings, type Settings } from "./settings.js";
import { buildStep, type StepModels, type StepOutputs } from "./step.js";
import { changesWithLength } from "./story.js";
import { Aims, beginTargets, type Target } from "./targets.js";
import { drawAllViews } from "./views.js";
import { weightAt, weightOf } from "./weight.js";

/** Everything that a run is between two steps; saved and restored bit for bit. */
export interface RunState {
  readonly settings: Settings;
  /** Somebody's picture and given codes are not in the settings: without them the run cannot be made again. */
  readonly beganFrom: Beginning;
  /** The picture that an edit is held against; without it, a picture is made from nothing. */
  readonly source?: EditSource;
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
  /** What the judge liked best so far, where there is one. */
  readonly best?: Best;
}

export interface RunModels extends StepModels {
  /** A second perceptor that picks the run's result and has no part in its loss. */
  readonly judge?: Perceptor | undefined;
  /** Draws the first latent of runs that start at it. */
  readonly prior?: Prior | undefined;
}

/** Why a run is over: all steps are done, or its loss no longer fell. */
export type Ending = "steps" | "plateau";

export interface Losses {
  /** Sum of everything below, weighted as the gradient sees it. */
  readonly total: number;
  /** One weighted distance per prompt, in the order written. */
  readonly prompts: readonly number[];
  /** The structure term's share (0 when it is off). */
  readonly structure: number;
  /** The perceptual term's share (0 when it is off). */
  readonly perceptual: number;
  /** Each of the picture's regularisers, as settings list them. */
  readonly picture: readonly number[];
  /** The regulariser's share (0 when it is off). */
  readonly latent: number;
}

export interface StepEvent {
  /** Steps done, 1 for the first. */
  readonly step: number;
  readonly losses: Losses;
  /** The picture before this step [3,H,W], 0..1, of the run's size: an edit's is not yet laid over its source. */
  readonly image: NDArray;
  /** What the judge said since the step before: of the picture before this step, and at the run's end of the last. */
  readonly judged?: readonly Judgement[];
}

export interface StartOptions extends CompileOptions {
  /** Begin at this picture [3,H,W] in 0..1 of the settings' size, instead of random codes. */
  readonly initPicture?: NDArray;
  /** Edit this picture: begin at it, hold what its mask holds. */
  readonly source?: EditSource;
  /** Pictures [3,H,W] and vectors [E] of `settings.targets`, one each; nothing for noise. */
  readonly targets?: readonly (NDArray | undefined)[];
  /** Begin at these codes, row-major over the latent. */
  readonly initCodes?: readonly number[];
  /** Told what of a prompt the perceptor cannot take: unknown words, text beyond its limit. */
  readonly onNotice?: (notice: TextNotice) => void;
}

type RestoreOptions = Pick<StartOptions, "onNotice" | keyof CompileOptions>;

/** The texts of a run and their embeddings [p,E]. */
interface ReadPrompts {
  readonly prompts: readonly Prompt[];
  readonly embeddings: NDArray;
}

/** The program of a step, and what it is fed besides the latent. */
interface Compiled {
  readonly program: Program<keyof StepOutputs>;
  readonly judge: Judge | undefined;
  readonly compileOptions: CompileOptions;
}

/** What an edit's source gives to every step. */
interface Held {
  /** The picture that is kept, for the structure term. */
  readonly feeds: Feeds;
  /** 1 for each latent position that may change; undefined: all may. */
  readonly free: Uint8Array | undefined;
}

export class Run implements AsyncIterable<StepEvent> {
  private fromSource: Held;
  private readonly frames: FrameChange;
  private painted: { readonly z: NDArray; readonly image: NDArray } | undefined;

  private constructor(
    readonly models: RunModels,
    private current: RunState,
    private readonly aims: Aims,
    private readonly compiled: Compiled,
  ) {
    this.fromSource = heldBy(models, current);
    this.frames = new FrameChange(models.generator, compiled.compileOptions);
  }

  /** Draws the first latent and compiles the step. @throws BAD_ARGUMENT, BAD_PROMPT, DEVICE_UNAVAILABLE */
  static async start(models: RunModels, candidate: Settings, options: StartOptions = {}): Promise<Run> {
    const settings = checkSettings(candidate);
    const read = await readPrompts(models, settings, options);
    const z = await firstLatent(models, settings, firstColumns(read.embeddings, models), options);
    const optimizer = optimizers[settings.optimizer].init(z.size);
    const { source } = options;
    const { target } = settings.regularizer;
    const beganFrom = beginningOf(settings, options);
    const fromPicture = beganFrom === "picture" || beganFrom === "prior";
    // Until the first restart, the average is where notebooks have it: at the picture, or at zero where there is none.
    const toStart = target === "init" || (target === "average" && fromPicture);
    const latentTarget = toStart ? z.clone() : NDArray.zeros("float32", z.shape);
    const targets = await beginTargets(models, settings, options.targets ?? [], compileOptionsOf(options));
    const begun = { settings, beganFrom, targets, changed: false, step: 0, z, latentTarget, optimizer } as const;
    const state = { ...begun, ...averageFrom(z, settings.average), ...(source && { source }) };
    return Run.compiled(models, state, read, options);
  }

  /** Continues from a saved state, exactly. */
  static async restore(models: RunModels, state: RunState, options: RestoreOptions = {}): Promise<Run> {
    return Run.compiled(models, state, await readPrompts(models, state.settings, options), options);
  }

  private static async compiled(
    models: RunModels,
    state: RunState,
    { prompts, embeddings }: ReadPrompts,
    options: CompileOptions,
  ): Promise<Run> {
    const compileOptions = compileOptionsOf(options);
    const { settings, z, source } = state;
    requires(
      source || (settings.structure === 0 && settings.perceptual === 0),
      "BAD_ARGUMENT",
      () => `structure, perceptual: ${settings.structure}, ${settings.perceptual} need a picture to keep`,
      "edit a picture, or leave it 0",
    );
    checkVideo(models, state);
    const judge = models.judge && (await Judge.of(models.judge, settings, compileOptions));
    const aims = await Aims.of(models, settings, prompts, embeddings, state.targets, compileOptions);
    const outputs = buildStep(models, settings, z.shape, aims.rowCount);
    const program = await compile({ ...outputs }, compileOptions);
    return new Run(models, state, aims, { program, judge, compileOptions });
  }

  /** The state after the last step. */
  get state(): RunState {
    return this.current;
  }

  /** Why it is over; undefined while steps remain. */
  get ending(): Ending | undefined {
    const { step, settings, watch } = this.current;
    if (step >= settings.steps) return "steps";
    return isAtRest(watch, settings.plateau) ? "plateau" : undefined;
  }

  get device(): string {
    return this.compiled.program.device;
  }

  get compileOptions(): CompileOptions {
    return this.compiled.compileOptions;
  }

  /** Devices that were tried first and would not run, with reasons. */
  get refusedDevices() {
    return this.compiled.program.refused;
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
    const { motion } = this.current.settings;
    if (motion && movesAfter(motion, this.current.step)) {
      this.current = await this.frames.move(this.current, motion, await this.imageOf(this.shown()));
    }
    const { settings, step, z, optimizer, watch } = this.current;
    const { program, judge } = this.compiled;
    const { free } = this.fromSource;
    const latentWeight = regularizerWeight(settings.regularizer, step);
    const result = await program.run(await this.feeds(latentWeight));
    const image = withoutBatch(result.image);
    const judged: Judgement[] = [];
    // The step's own picture is the one to judge unless codes were drawn for it or an average is shown.
    const own = this.current.average || hasLogits(settings.latent) ? undefined : image;
    if (judge && step > 0 && step % settings.judgeEvery === 0) judged.push(await this.consider(judge, own));

    const weighted = Array.from(result.losses.floats());
    const others = weighted.slice(this.aims.rowCount);
    const losses = {
      prompts: this.aims.perPrompt(weighted),
      structure: settings.structure > 0 ? (others.shift() as number) : 0,
      perceptual: settings.perceptual > 0 ? (others.shift() as number) : 0,
      picture: others,
      latent: latentWeight === 0 ? 0 : latentWeight * result.latentLoss.item(),
    };
    const steady = losses.prompts.reduce((sum, loss) => sum + loss, losses.structure + losses.perceptual);
    const total = losses.picture.reduce((sum, loss) => sum + loss, steady + losses.latent);
    if (!Number.isFinite(total)) {
      throw new VqganClipError("OUT_OF_LIMITS", `step ${step + 1}: the loss is ${total}`, "lower the learning rate");
    }
    const rule = optimizers[settings.optimizer];
    const full = result.gradient.floats();
    const gradient = free ? holdLatents(full, new Float32Array(full.length), free) : full;
    const learningRate = settings.learningRate * rateFactor(settings.schedule, step, settings.steps);
    const updated = rule.update(z.floats(), gradient, optimizer, learningRate);
    // Held once more, for rules that move a latent without a gradient (weight decay).
    const moved = free ? holdLatents(updated.parameters, z.floats(), free) : updated.parameters;
    const next = NDArray.float32(z.shape, moved);
    if (settings.clampToCodebook && !hasLogits(settings.latent)) {
      clampToCodebook(next, codebookOf(this.models.generator, "clampToCodebook").range);
    }
    // Without regularisers, whose weights change by themselves.
    const watched = settings.plateau.patience > 0 && watchLoss(watch, steady, settings.plateau);
    const remembered = watched && { watch: watched };
    const { average } = this.current;
    const followed = average && { average: withLatent(average, next, settings.average) };
    const advanced = { ...this.current, step: step + 1, z: next, optimizer: updated.state, ...followed, ...remembered };
    this.current = restartsAt(settings.regularizer, step + 1) ? await this.restarted(advanced) : advanced;
    if (judge && this.ending) judged.push(await this.consider(judge));
    return { step: step + 1, losses: { total, ...losses }, image, ...(judged.length > 0 && { judged }) };
  }

  /** The judge looks at the picture as it is now, `image` where that is at hand. */
  private async consider(judge: Judge, image?: NDArray): Promise<Judgement> {
    const { step, best } = this.current;
    const z = this.shown();
    const score = await judge.score(this.finished(image ?? (await this.imageOf(z))));
    if (!best || score > best.score) this.current = { ...this.current, best: { step, score, z } };
    return { step, score };
  }

  /** The steps that remain. Leaving the loop pauses the run; nothing is lost. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepEvent> {
    while (!this.ending) yield await this.advance();
  }

  /** The latent that `render` shows and the steps that led to it: the judge's choice once the run is over, else the last. */
  get result(): Pick<RunState, "z" | "step"> {
    return (this.ending && this.current.best) || { z: this.shown(), step: this.current.step };
  }

  /** The picture of the result [3,H,W], 0..1; an edit's has its source's size and what its mask holds. */
  async render(): Promise<NDArray> {
    return this.finished(await this.imageOf(this.result.z));
  }

  /** The picture of a latent, or of the likeliest codes of logits, of the run's size. */
  private async imageOf(z: NDArray): Promise<NDArray> {
    if (this.painted?.z !== z) {
      const made = settled(this.current.settings.latent, z);
      const { image } = await this.compiled.program.run(await this.feeds(0, made));
      this.painted = { z, image: withoutBatch(image) };
    }
    return this.painted.image;
  }

  /**
   * The next frame of a styled video: another source of the same size, begun at `picture` [3,H,W] of the run's size.
   * Steps count from 0 with a fresh optimiser and see the views of the frame before: frames differ as their sources do.
   */
  async beginFrame(source: EditSource, picture: NDArray): Promise<void> {
    const { watch: _, ...begun } = await this.frames.beginAt(this.current, picture);
    const optimizer = optimizers[begun.settings.optimizer].init(begun.z.size);
    this.current = { ...begun, source, step: 0, optimizer };
    this.fromSource = heldBy(this.models, this.current);
  }

  /** Puts another latent in the place of the one that is shown; a running average begins anew with it. */
  setLatent(z: NDArray): void {
    const { shape } = this.current.z;
    requires(sameShape(z.shape, shape), "SHAPE_MISMATCH", () => `setLatent(): needs [${shape}], got ${z}`);
    this.current = { ...this.current, z, ...averageFrom(z, this.current.settings.average) };
  }

  /** A picture of the run's size as it is given out. */
  private finished(image: NDArray): NDArray {
    const { settings, source } = this.current;
    return source ? finishedPicture(image, source, settings, this.models.generator.factor) : image;
  }

  /** What an edit kept and what it reached, for the picture that `render` gave; undefined where nothing is edited. */
  async compare(rendered: NDArray): Promise<EditReport | undefined> {
    const { source } = this.current;
    const { prompts, embeddings } = this.aims.written;
    const { compileOptions } = this.compiled;
    const own = firstColumns(embeddings, this.models);
    return source && compareEdit(this.models.perceptor, source, rendered, prompts, own, compileOptions);
  }

  /** Frees the compiled step. */
  async dispose(): Promise<void> {
    await this.frames.dispose();
    await this.aims.dispose();
    await this.compiled.judge?.dispose();
    await this.compiled.program.dispose();
  }

  /** What a step looks at: z, and where codes are drawn, codes. */
  private drawn(): Feeds {
    const { settings, step, z } = this.current;
    if (settings.latent !== "sampled") return { z };
    const random = new Random(settings.seed).split(`codes of step ${step}`);
    return { z, codes: drawCodes(z, random, this.fromSource.free) };
  }

  /** What the picture is made of: the running average where there is one, else z. */
  private shown(): NDArray {
    const { settings, z, average } = this.current;
    return average ? this.held(averaged(average, settings.average), z) : z;
  }

  /** `moved` where it may, `z` elsewhere. */
  private held(moved: NDArray, z: NDArray): NDArray {
    const { free } = this.fromSource;
    return free ? NDArray.float32(z.shape, holdLatents(moved.floats(), z.floats(), free)) : moved;
  }

  /** The state with a new optimiser; where there is a running average, z begins anew at it, and so does the average. */
  private async restarted(state: RunState): Promise<RunState> {
    const { settings, z, average, latentTarget } = state;
    const optimizer = optimizers[settings.optimizer].init(z.size);
    if (!average) return { ...state, optimizer };
    const begun = this.held(averaged(average, settings.average), z);
    const anchor = settings.regularizer.target === "average";
    return {
      ...state,
      optimizer,
      z: begun,
      ...averageFrom(begun, settings.average),
      latentTarget: anchor
        ? await nearestLatent(this.models.generator, settings.latent, begun, this.compiled.compileOptions)
        : latentTarget,
    };
  }

  /** The step's inputs. Views are drawn from the seed and the step's number alone, so resuming needs no random state. */
  private async feeds(latentWeight: number, given: Feeds = this.drawn()): Promise<Feeds> {
    const { settings, step, latentTarget } = this.current;
    const random = new Random(settings.seed).split(`views of step ${step}`);
    const all: Feeds = {
      ...given,
      latentTarget,
      latentWeight: NDArray.scalar(latentWeight),
      pictureWeights: pictureWeights(settings, step),
      ...(await this.aims.feeds(step)),
      ...this.fromSource.feeds,
      ...drawAllViews(this.models, settings, random),
    };
    return Object.fromEntries(Object.entries(all).filter(([name]) => this.compiled.program.reads(name)));
  }
}

function heldBy({ generator }: StepModels, { settings, source, z }: RunState): Held {
  if (!source) return { feeds: {}, free: undefined };
  const { size } = settings;
  const { factor } = generator;
  const [, , rows, columns] = z.shape as [number, number, number, number];
  const original = workingPicture(source, size, factor);
  const free =
    source.mask && isLocal(generator, [size[1], size[0]])
      ? freePositions(source.mask, [rows, columns], factor, sourceScale(source, size, factor))
      : undefined;
  return { feeds: { original: original.reshape([1, ...original.shape]) }, free };
}

/** [r] */
function pictureWeights({ pictureRegularizers, steps }: Settings, step: number): NDArray {
  const weights = pictureRegularizers.map(({ weight }) => weightAt(weightOf(weight), step, steps));
  return NDArray.float32([weights.length], weights);
}

function withoutBatch(image: NDArray): NDArray {
  return image.reshape(image.shape.slice(1));
}

async function readPrompts(models: RunModels, settings: Settings, options: RestoreOptions): Promise<ReadPrompts> {
  const { onNotice } = options;
  const prompts = textPrompts(settings);
  const texts = prompts.map(({ text }) => text);
  const { longPrompts } = settings;
  const reading = { ...compileOptionsOf(options), longPrompts, ...(onNotice && { onNotice }) };
  return { prompts, embeddings: await embedForAll(models, texts, reading) };
}
