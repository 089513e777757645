/** The compiled step: what it is fed where a run stands, and what its results mean. */
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { sourceScale, workingPicture } from "../masks/edit.js";
import { freePositions } from "../masks/mask.js";
import { isLocal } from "../models/generator.js";
import type { RewardTexts } from "../perception/reward-look.js";
import { mainScene } from "../prompts/generator-text.js";
import type { Prompt } from "../prompts/prompt.js";
import { weightAt, weightOf } from "../prompts/weight.js";
import type { Feeds } from "../runtime/engine.js";
import { type CompileOptions, compile, type Program } from "../runtime/program.js";
import { drawCodes, settled } from "./latent-kind.js";
import type { Losses } from "./losses.js";
import { steadyLoss } from "./plateau.js";
import { regularizerWeight } from "./regularizer.js";
import type { RunState } from "./run-state.js";
import { buildStep, keptTerms, keptWeight, type StepModels, type StepOutputs } from "./step.js";
import { Aims } from "./targets.js";
import { drawAllViews } from "./views.js";

/** The texts of a run and their embeddings [p,E]. */
export interface ReadPrompts {
  readonly prompts: readonly Prompt[];
  readonly embeddings: NDArray;
  /** What a generator that reads texts is told, for each scene [s,E] */
  readonly told?: NDArray | undefined;
  /** What the rewards compare with */
  readonly rewarding: RewardTexts;
  /** The way between two texts [1,E of all], of length 1 for each perceptor; where it counts */
  readonly direction?: NDArray | undefined;
}

/** What a step has seen and wants. */
export interface StepResult {
  /** The picture of the latent before this step [3,H,W], 0..1 */
  readonly image: NDArray;
  readonly losses: Losses;
  /** The scores of the picture, in their makers' units, one for each of `settings.rewards` */
  readonly rewards: readonly number[];
  /** dLoss/dz, of z's shape; held positions have one too */
  readonly gradient: NDArray;
}

/** What an edit's source gives to every step. */
interface Held {
  readonly source: RunState["source"];
  /** The picture that is kept, for the structure term. */
  readonly feeds: Feeds;
  /** 1 for each latent position that may change; undefined: all may. */
  readonly free: Uint8Array | undefined;
}

export class StepProgram {
  private held: Held | undefined;

  private constructor(
    private readonly models: StepModels,
    private readonly aims: Aims,
    private readonly program: Program<keyof StepOutputs>,
    private readonly told: NDArray | undefined,
    private readonly rewarding: RewardTexts,
    private readonly direction: NDArray | undefined,
  ) {}

  /** @throws DEVICE_UNAVAILABLE */
  static async compile(
    models: StepModels,
    { settings, z, targets }: RunState,
    { prompts, embeddings, told, rewarding, direction }: ReadPrompts,
    options: CompileOptions,
  ): Promise<StepProgram> {
    const aims = await Aims.of(models, settings, prompts, embeddings, targets, options);
    const outputs = buildStep(models, settings, z.shape, aims.rowCount);
    return new StepProgram(models, aims, await compile({ ...outputs }, options), told, rewarding, direction);
  }

  get device(): string {
    return this.program.device;
  }

  /** Devices that were tried first and would not run, with reasons. */
  get refused() {
    return this.program.refused;
  }

  /** The texts and their embeddings [p,E]. */
  get written(): Pick<ReadPrompts, "prompts" | "embeddings"> {
    return this.aims.written;
  }

  /** 1 for each latent position that may change; undefined: all may. */
  freeOf(state: RunState): Uint8Array | undefined {
    return this.heldBy(state).free;
  }

  /** The step that follows a state. */
  async run(state: RunState): Promise<StepResult> {
    const latentWeight = regularizerWeight(state.settings.regularizer, state.step);
    const result = await this.program.run(await this.feedsOf(state));
    const pull = latentWeight === 0 ? 0 : latentWeight * result.latentLoss.item();
    const weighted = Array.from(result.losses.floats());
    const rewards = weighted.splice(weighted.length - state.settings.rewards.length);
    const losses = this.lossesOf(state, weighted, rewards, pull);
    return { image: withoutBatch(result.image), losses, rewards, gradient: result.gradient };
  }

  /** What the step that follows a state is fed, by name. */
  feedsOf(state: RunState): Promise<Feeds> {
    return this.feeds(state, regularizerWeight(state.settings.regularizer, state.step), this.drawn(state));
  }

  /** The picture [3,H,W] of a latent in the place of the state's own, or of the likeliest codes of logits. */
  async picture(state: RunState, z: NDArray): Promise<NDArray> {
    const made = settled(state.settings.latent, z);
    return withoutBatch((await this.program.run(await this.feeds(state, 0, made))).image);
  }

  async dispose(): Promise<void> {
    await this.aims.dispose();
    await this.program.dispose();
  }

  /** @param weighted as the step gives them, in its order, without the scores of rewards */
  private lossesOf(state: RunState, weighted: readonly number[], scores: readonly number[], latent: number): Losses {
    const { settings } = state;
    const others = weighted.slice(this.aims.rowCount);
    const kept: Pick<Losses, "structure" | "perceptual"> & { direction?: number } = { structure: 0, perceptual: 0 };
    for (const term of keptTerms(settings)) Object.assign(kept, { [term]: others.shift() });
    const rewards = weightsNow(state, settings.rewards).map((weight, i) => -weight * (scores[i] as number));
    const parts = { prompts: this.aims.perPrompt(weighted), ...kept, picture: others, rewards, latent };
    const total = others.reduce((sum, loss) => sum + loss, steadyLoss(parts) + latent);
    return { total, ...parts };
  }

  /** What a step looks at: z, and where codes are drawn, codes. */
  private drawn(state: RunState): Feeds {
    const { settings, step, z } = state;
    if (settings.latent !== "sampled") return { z };
    const random = new Random(settings.seed).split(`codes of step ${step}`);
    return { z, codes: drawCodes(z, random, this.freeOf(state)) };
  }

  /** The step's inputs. Views are drawn from the seed and the step's number alone, so resuming needs no random state. */
  private async feeds(state: RunState, latentWeight: number, given: Feeds): Promise<Feeds> {
    const { settings, step, latentTarget } = state;
    const random = new Random(settings.seed).split(`views of step ${step}`);
    const all: Feeds = {
      ...given,
      latentTarget,
      latentWeight: NDArray.scalar(latentWeight),
      pictureWeights: vector(weightsNow(state, settings.pictureRegularizers)),
      rewardWeights: vector(weightsNow(state, settings.rewards)),
      keptWeights: vector(keptTerms(settings).map((term) => keptWeight(settings, term))),
      ...(this.direction && { textDirection: this.direction }),
      perceptorWeights: vector(settings.perceptorWeights),
      ...(this.told && {
        generatorText: rowOf(this.told, mainScene(this.told.shape[0] as number, step, settings.steps)),
      }),
      ...this.rewarding.feeds(step),
      ...(await this.aims.feeds(step)),
      ...this.heldBy(state).feeds,
      ...drawAllViews(this.models, settings, random),
    };
    return Object.fromEntries(Object.entries(all).filter(([name]) => this.program.reads(name)));
  }

  private heldBy(state: RunState): Held {
    if (!this.held || this.held.source !== state.source) this.held = heldBy(this.models, state);
    return this.held;
  }
}

function heldBy({ generator }: StepModels, { settings, source, z }: RunState): Held {
  if (!source) return { source, feeds: {}, free: undefined };
  const { size } = settings;
  const { factor } = generator;
  const [, , rows, columns] = z.shape as [number, number, number, number];
  const original = workingPicture(source, size, factor);
  const free =
    source.mask && isLocal(generator, [size[1], size[0]])
      ? freePositions(source.mask, [rows, columns], factor, sourceScale(source, size, factor))
      : undefined;
  return { source, feeds: { original: original.reshape([1, ...original.shape]) }, free };
}

/** [1,E] of [s,E] */
function rowOf(rows: NDArray, row: number): NDArray {
  const width = rows.shape[1] as number;
  return NDArray.float32([1, width], rows.floats().slice(row * width, (row + 1) * width));
}

/** What each entry of a list weighs in the step that follows a state. */
function weightsNow(
  { settings: { steps }, step }: RunState,
  entries: readonly { readonly weight: number | string }[],
): number[] {
  return entries.map(({ weight }) => weightAt(weightOf(weight), step, steps));
}

const vector = (values: readonly number[]): NDArray => NDArray.float32([values.length], values);

function withoutBatch(image: NDArray): NDArray {
  return image.reshape(image.shape.slice(1));
}
