/** What a step of a run is fed where it stands, and what the losses that come of it mean. */
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { sourceScale, workingPicture } from "../masks/edit.js";
import { freePositions } from "../masks/mask.js";
import { isLocal } from "../models/generator.js";
import { mainScene } from "../prompts/generator-text.js";
import type { Prompt } from "../prompts/prompt.js";
import { weightAt, weightOf } from "../prompts/weight.js";
import type { Feeds } from "../runtime/engine.js";
import type { CompileOptions } from "../runtime/program.js";
import { drawCodes } from "./latent-kind.js";
import type { Losses } from "./losses.js";
import { steadyLoss } from "./plateau.js";
import type { RunState } from "./run-state.js";
import { keptTerms, type StepModels } from "./step.js";
import { Aims } from "./targets.js";
import { drawAllViews } from "./views.js";

/** The texts of a run and their embeddings [p,E]. */
export interface ReadPrompts {
  readonly prompts: readonly Prompt[];
  readonly embeddings: NDArray;
  /** What a generator that reads texts is told, for each scene [s,E] */
  readonly told?: NDArray | undefined;
}

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
    private readonly told: NDArray | undefined,
  ) {}

  static async of(
    models: StepModels,
    { settings, targets }: Pick<RunState, "settings" | "targets">,
    { prompts, embeddings, told }: ReadPrompts,
    options: CompileOptions,
  ): Promise<StepFeeds> {
    return new StepFeeds(models, await Aims.of(models, settings, prompts, embeddings, targets, options), told);
  }

  /** Rows of embeddings that the step compares with. */
  get rowCount(): number {
    return this.aims.rowCount;
  }

  /** The texts and their embeddings [p,E]. */
  get written(): ReadPrompts {
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
    const random = new Random(settings.seed).split(`views of step ${step}`);
    const all: Feeds = {
      ...given,
      latentTarget,
      latentWeight: NDArray.scalar(latentWeight),
      pictureWeights: pictureWeights(state),
      keptWeights: vector(keptTerms(settings).map((term) => settings[term])),
      perceptorWeights: vector(settings.perceptorWeights),
      ...(this.told && {
        generatorText: rowOf(this.told, mainScene(this.told.shape[0] as number, step, settings.steps)),
      }),
      ...(await this.aims.feeds(step)),
      ...this.heldBy(state).feeds,
      ...drawAllViews(this.models, settings, random),
    };
    return Object.fromEntries(Object.entries(all).filter(([name]) => reads(name)));
  }

  /** @param weighted as the step gives them, in its order @param latent the regulariser's share */
  lossesOf({ settings }: RunState, weighted: readonly number[], latent: number): Losses {
    const others = weighted.slice(this.aims.rowCount);
    const kept = { structure: 0, perceptual: 0 };
    for (const term of keptTerms(settings)) kept[term] = others.shift() as number;
    const parts = { prompts: this.aims.perPrompt(weighted), ...kept, picture: others, latent };
    const total = others.reduce((sum, loss) => sum + loss, steadyLoss(parts) + latent);
    return { total, ...parts };
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

/** [r] */
function pictureWeights({ settings: { pictureRegularizers, steps }, step }: RunState): NDArray {
  return vector(pictureRegularizers.map(({ weight }) => weightAt(weightOf(weight), step, steps)));
}

const vector = (values: readonly number[]): NDArray => NDArray.float32([values.length], values);
