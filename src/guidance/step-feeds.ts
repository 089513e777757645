/** What a step of a run is fed where it stands, and what the losses that come of it mean. */
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { sourceScale, workingPicture } from "../masks/edit.js";
import { freePositions } from "../masks/mask.js";
import { isLocal } from "../models/generator.js";
import { mainScene } from "../prompts/generator-text.js";
import { weightAt, weightOf } from "../prompts/weight.js";
import type { Feeds } from "../runtime/engine.js";
import type { CompileOptions } from "../runtime/program.js";
import { settingsAt } from "./courses.js";
import { drawCodes } from "./latent-kind.js";
import type { Losses } from "./losses.js";
import { steadyLoss } from "./plateau.js";
import type { ReadPrompts } from "./read-prompts.js";
import type { RunState } from "./run-state.js";
import { keptTerms, keptWeight } from "./source-terms.js";
import type { StepModels } from "./step.js";
import { Aims } from "./targets.js";
import { drawAllViews } from "./views.js";

/** What an edit's source gives to every step. */
interface Held {
  readonly source: RunState["source"];
  /** The picture that is kept, for the structure term. */
  readonly feeds: Feeds;
  /** 1 for each latent position that may change; undefined: all may. */
  readonly free: Uint8Array | undefined;
}

export class StepFeeds {
  private held: Held | undefined;

  private constructor(
    private readonly models: StepModels,
    private readonly aims: Aims,
    private readonly read: Pick<ReadPrompts, "told" | "rewarding" | "way">,
  ) {}

  static async of(
    models: StepModels,
    { settings, targets }: Pick<RunState, "settings" | "targets">,
    read: ReadPrompts,
    options: CompileOptions,
  ): Promise<StepFeeds> {
    const aims = await Aims.of(models, settings, read.prompts, read.embeddings, targets, options);
    return new StepFeeds(models, aims, read);
  }

  /** Rows of embeddings that the step compares with. */
  get rowCount(): number {
    return this.aims.rowCount;
  }

  /** The texts and their embeddings [p,E]. */
  get written(): Pick<ReadPrompts, "prompts" | "embeddings"> {
    return this.aims.written;
  }

  /** 1 for each latent position that may change; undefined: all may. */
  freeOf(state: RunState): Uint8Array | undefined {
    return this.heldBy(state).free;
  }

  /** What a step looks at: z, and where codes are drawn, codes. */
  drawn(state: RunState): Feeds {
    const { settings, step, z } = state;
    if (settings.latent !== "sampled") return { z };
    const random = new Random(settings.seed).split(`codes of step ${step}`);
    return { z, codes: drawCodes(z, random, this.freeOf(state)) };
  }

  /**
   * Everything that a step may be fed. Views are drawn from the seed and the step's number alone, so resuming needs no
   * random state.
   *
   * @param given what it looks at
   * @param reads whether the program has an input of that name
   */
  async at(state: RunState, latentWeight: number, given: Feeds, reads: (name: string) => boolean): Promise<Feeds> {
    const { settings, step, latentTarget } = state;
    const { told, rewarding, way } = this.read;
    const now = settingsAt(settings, step);
    const random = new Random(settings.seed).split(`views of step ${step}`);
    const all: Feeds = {
      ...given,
      latentTarget,
      latentWeight: NDArray.scalar(latentWeight),
      pictureWeights: vector(weightsNow(state, settings.pictureRegularizers)),
      rewardWeights: vector(weightsNow(state, settings.rewards)),
      keptWeights: vector(keptTerms(settings).map((term) => keptWeight(now, term))),
      ...(way && { textDirection: way.at(step) }),
      perceptorWeights: vector(settings.perceptorWeights),
      ...(told && { generatorText: rowOf(told, mainScene(told.shape[0] as number, step, settings.steps)) }),
      ...rewarding.feeds(step),
      ...(await this.aims.feeds(step)),
      ...this.heldBy(state).feeds,
      ...drawAllViews(this.models, now, random),
      ...this.models.generator.solid?.feeds(
        given.z as NDArray,
        [settings.size[1], settings.size[0]],
        random.split("cameras"),
      ),
    };
    return Object.fromEntries(Object.entries(all).filter(([name]) => reads(name)));
  }

  /**
   * What the step's numbers mean: the losses, and the scores of its rewards, which have no weight.
   *
   * @param given as the step gives them, in its order
   * @param latent the regulariser's share
   */
  lossesOf(state: RunState, given: readonly number[], latent: number): { losses: Losses; rewards: readonly number[] } {
    const { settings } = state;
    const others = given.slice(this.aims.rowCount, given.length - settings.rewards.length);
    const scores = given.slice(given.length - settings.rewards.length);
    const kept = { structure: 0, perceptual: 0 };
    for (const term of keptTerms(settings)) Object.assign(kept, { [term]: others.shift() });
    const rewards = weightsNow(state, settings.rewards).map((weight, i) => -weight * (scores[i] as number));
    const parts = { prompts: this.aims.perPrompt(given), ...kept, picture: others, rewards, latent };
    const total = others.reduce((sum, loss) => sum + loss, steadyLoss(parts) + latent);
    return { losses: { total, ...parts }, rewards: scores };
  }

  async dispose(): Promise<void> {
    await this.aims.dispose();
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
