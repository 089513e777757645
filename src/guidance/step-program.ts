/** The compiled step: what it sees and wants where a run stands, and pictures of other latents. */
import type { NDArray } from "../core/ndarray.js";
import type { Feeds } from "../runtime/engine.js";
import { type CompileOptions, compile, type Program } from "../runtime/program.js";
import { settingsAt } from "./courses.js";
import { settled } from "./latent-kind.js";
import type { Losses } from "./losses.js";
import type { ReadPrompts } from "./read-prompts.js";
import { regularizerWeight } from "./regularizer.js";
import { listsFor, roomFor } from "./room.js";
import type { RunState } from "./run-state.js";
import { lookAround } from "./search.js";
import type { Settings } from "./settings-type.js";
import { buildStep, type StepModels, type StepOutputs } from "./step.js";
import { StepFeeds } from "./step-feeds.js";

/** What a step has seen and wants. */
export interface StepResult {
  /** The picture of the latent before this step [3,H,W], 0..1 */
  readonly image: NDArray;
  readonly losses: Losses;
  /** The scores of the picture, in their makers' units, one for each of `settings.rewards` */
  readonly rewards: readonly number[];
  /** dLoss/dz, of z's shape; held positions have one too. By a population: of the loss's ranks */
  readonly gradient: NDArray;
  /** How far the next population spreads, where there are populations [n] */
  readonly spread?: NDArray;
}

/** A latent's picture. */
export interface Painted {
  /** [3,H,W], 0..1 */
  readonly image: NDArray;
  /** What the finished picture is drawn of, where another autoencoder does, see `StepOutputs` */
  readonly inner: NDArray | undefined;
}

export class StepProgram {
  private constructor(
    private readonly models: StepModels,
    private readonly feeds: StepFeeds,
    private readonly options: CompileOptions,
    private program: Program<keyof StepOutputs>,
    /** Of lists of what lies where */
    private room: number | undefined,
  ) {}

  /** @throws DEVICE_UNAVAILABLE */
  static async compile(
    models: StepModels,
    state: RunState,
    read: ReadPrompts,
    options: CompileOptions,
  ): Promise<StepProgram> {
    const feeds = await StepFeeds.of(models, state, read, options);
    const room = roomFor(models.generator, state.settings, state.z);
    const outputs = buildStep(models, state.settings, state.z.shape, feeds.rowCount, room);
    return new StepProgram(models, feeds, options, await compile({ ...outputs }, options), room);
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
    return this.feeds.written;
  }

  /** 1 for each latent position that may change; undefined: all may. */
  freeOf(state: RunState): Uint8Array | undefined {
    return this.feeds.freeOf(state);
  }

  /** The step that follows a state. */
  async run(state: RunState): Promise<StepResult> {
    const { gradient, ...seen } = await this.look(state);
    if (gradient) return { ...seen, gradient };
    return { ...seen, ...(await lookAround(state, async (z) => (await this.look({ ...state, z })).losses.total)) };
  }

  /** What a state's latent looks like; with the gradient where the search is by it. */
  private async look(state: RunState): Promise<Omit<StepResult, "gradient"> & { readonly gradient?: NDArray }> {
    const latentWeight = latentWeightIn(state);
    const lists = await this.lists(state.settings, state.z);
    const result = await this.program.run({ ...(await this.feedsOf(state)), ...lists });
    const pull = latentWeight === 0 ? 0 : latentWeight * result.latentLoss.item();
    const { losses, rewards } = this.feeds.lossesOf(state, Array.from(result.losses.floats()), pull);
    const { gradient } = result; // undefined where the program has none
    return { image: withoutBatch(result.image), losses, rewards, ...(gradient && { gradient }) };
  }

  /** What the step that follows a state is fed, by name, but for lists of what lies where: an exported step has none. */
  feedsOf(state: RunState): Promise<Feeds> {
    return this.fed(state, latentWeightIn(state), this.feeds.drawn(state));
  }

  /** The picture of a latent in the place of the state's own, or of the likeliest codes of logits. */
  async picture(state: RunState, z: NDArray): Promise<Painted> {
    const made = settled(state.settings.latent, z);
    const lists = await this.lists(state.settings, z);
    const { image, inner } = await this.program.run({ ...(await this.fed(state, 0, made)), ...lists });
    return { image: withoutBatch(image), inner };
  }

  async dispose(): Promise<void> {
    await this.feeds.dispose();
    await this.program.dispose();
  }

  /** Of what lies where in a latent; the program is compiled anew when it has no room for them. */
  private async lists(settings: Settings, z: NDArray): Promise<Feeds> {
    const { models, feeds, options } = this;
    const known = listsFor(models.generator, settings, z, this.room);
    if (known) return known;
    this.room = roomFor(models.generator, settings, z);
    const outputs = buildStep(models, settings, z.shape, feeds.rowCount, this.room);
    await this.program.dispose();
    this.program = await compile({ ...outputs }, options);
    return this.lists(settings, z);
  }

  private fed(state: RunState, latentWeight: number, given: Feeds): Promise<Feeds> {
    return this.feeds.at(state, latentWeight, given, (name) => this.program.reads(name));
  }
}

function latentWeightIn({ settings, step }: RunState): number {
  return regularizerWeight(settingsAt(settings, step).regularizer, step);
}

function withoutBatch(image: NDArray): NDArray {
  return image.reshape(image.shape.slice(1));
}
