/** The models of a pair, opened: who they are, and what they say of pictures and texts outside of a run. */
import { requireKnown } from "../core/known-names.js";
import type { NDArray } from "../core/ndarray.js";
import type { OwnLosses } from "../guidance/picture-regularizers.js";
import { checkRecommendation, type Recommendation } from "../guidance/resolve-settings.js";
import { judgeOf } from "../guidance/run-judge.js";
import type { Settings } from "../guidance/settings.js";
import type { DecodeAs } from "../image/decode-options.js";
import { type FindOptions, type FoundMask, findMask } from "../masks/self-mask.js";
import type { Classifier } from "../models/classifier/vgg19.js";
import type { Generator } from "../models/generator.js";
import type { ModelFile } from "../models/model-file.js";
import { joinedFile } from "../models/model-weights.js";
import type { Perceptor } from "../models/perceptor.js";
import { type RewardModel, seerOf } from "../models/reward.js";
import { Judge, type PictureJudge } from "../perception/judge.js";
import { joinedPicture, joinedTexts, type Score, type ScoreOptions, scorePicture } from "../perception/perceive.js";
import { RewardLook } from "../perception/reward-look.js";
import type { RewardName, RewardValue } from "../perception/rewards.js";
import { textPrompts } from "../prompts/prompt.js";
import type { Engine } from "../runtime/engine.js";
import { type CompileOptions, compileOptionsOf, Sessions } from "../runtime/program.js";
import type { ModelIdentity } from "../sessions/model-identity.js";
import type { PairOptions } from "./options.js";
import type { Plan } from "./plan.js";
import { type Reconstruction, reconstruct } from "./reconstruct.js";

/** The models, opened. */
export interface PairParts {
  readonly generator: Generator;
  readonly perceptor: Perceptor;
  /** Further perceptors that look at the picture beside it. */
  readonly companions?: readonly Perceptor[];
  /** What the pair's makers recommend. */
  readonly recommended: Recommendation | undefined;
  /** What pictures and sessions call the models. */
  readonly names: Readonly<Partial<Record<ModelIdentity["role"], string | undefined>>> & {
    readonly companions?: readonly (string | undefined)[];
  };
  /** A second perceptor that picks the result of a run and has no part in its loss. */
  readonly judge?: Perceptor | undefined;
  /** What scores pictures, by the names that settings have for it. */
  readonly rewards?: Readonly<Record<string, RewardModel>>;
  /** What tells how unlike two pictures' contents are. */
  readonly classifier?: Classifier | undefined;
  /** What runs the programs (default: this process). */
  readonly engine?: Engine | undefined;
}

/** What rewards of a picture go by. */
export interface RewardOptions {
  /** Texts, as a run's prompts (default: none). */
  readonly prompts?: string;
  /** How much each of several perceptors counts on an axis, in their order (default: 1 each). */
  readonly perceptorWeights?: readonly number[];
}

/** @typeParam Source what a platform can read a picture from */
export abstract class PairModels<Source> {
  readonly generator: Generator;
  readonly perceptor: Perceptor;
  /** Further perceptors, whose losses add to those of the first. */
  readonly companions: readonly Perceptor[];
  /** What the pair's makers recommend. */
  readonly recommended: Recommendation | undefined;
  /** Picks the result of a run, where there is one. */
  readonly judge: Perceptor | undefined;
  /** What scores pictures, by the names that settings have for it. */
  readonly rewards: Readonly<Record<string, RewardModel>>;
  /** Tells how unlike two pictures' contents are, where there is one. */
  readonly classifier: Classifier | undefined;
  /** Those of the user's own. */
  readonly losses: OwnLosses | undefined;
  private readonly names: PairParts["names"];
  private identified: Promise<readonly ModelIdentity[]> | undefined;
  /** Its programs share them; equal ones are told by their sha256, which pages outside a secure context cannot compute. */
  private readonly sessions: Sessions | undefined;

  protected constructor(
    { generator, perceptor, companions = [], recommended, names, judge, rewards = {}, classifier, engine }: PairParts,
    protected readonly options: PairOptions,
  ) {
    this.sessions = globalThis.isSecureContext === false ? undefined : new Sessions(engine);
    this.generator = generator;
    this.perceptor = perceptor;
    this.companions = companions;
    this.recommended =
      recommended ?? (generator.recommended && checkRecommendation(generator.recommended, generator.name));
    this.names = names;
    this.judge = judge;
    this.rewards = rewards;
    this.classifier = classifier;
    this.losses = options.losses;
  }

  /** Unit vectors of texts, [E] each; of several perceptors one after the other, in their order, as a vector target has them. */
  async embedTexts(texts: readonly string[]): Promise<Float32Array[]> {
    return joinedTexts(this, texts, this.textOptions());
  }

  /** The unit vector [E] of a picture; of several perceptors one after the other. */
  async embedImage(image: Source): Promise<Float32Array> {
    return joinedPicture(this, await this.decoded(image), this.compileOptions());
  }

  /**
   * How near each prompt is to the picture, nearest first; of several perceptors the weighted mean.
   *
   * @throws BAD_ARGUMENT unless there are as many weights as perceptors, or none
   */
  async score(image: Source, prompts: readonly string[], options: ScoreOptions = {}): Promise<Score[]> {
    requireKnown("score()", options, { perceptorWeights: true });
    return scorePicture(this, await this.decoded(image), prompts, { ...options, ...this.textOptions() });
  }

  /**
   * What rewards are of a picture, in their makers' units. Those that compare with texts need `prompts`, as a run has them.
   *
   * @throws BAD_ARGUMENT on a reward that is not there, BAD_PROMPT
   */
  async reward(image: Source, rewards: readonly RewardName[], options: RewardOptions = {}): Promise<RewardValue[]> {
    requireKnown("reward()", options, { prompts: true, perceptorWeights: true });
    const { prompts = "", perceptorWeights = [] } = options;
    const whole = { steps: 1, sceneFade: 0, longPrompts: "average", perceptorWeights } as const;
    const look = await RewardLook.of(this, rewards, textPrompts({ prompts }), whole, this.textOptions());
    try {
      return await look.at(await this.decoded(image));
    } finally {
      await look.dispose();
    }
  }

  /**
   * Who says how good pictures of settings are: the judge where there is one, or the reward in its place, else how well they
   * fit the prompts by the perceptors, weighted as the settings say.
   *
   * @throws BAD_ARGUMENT when no text counts at the run's end
   */
  async judgeOf(settings: Settings): Promise<PictureJudge> {
    const options = this.compileOptions();
    return (
      (await judgeOf(this, settings, textPrompts(settings), options)) ?? (await Judge.ofAll(this, settings, options))
    );
  }

  /** Where in a picture a phrase is: a mask for `edit` (paper, appendix G.2). @throws BAD_PROMPT, BAD_ARGUMENT */
  async findMask(image: Source, phrase: string, options: FindOptions = {}): Promise<FoundMask> {
    requireKnown("findMask()", options, { recipe: true, deviations: true, edges: true, perceptorWeights: true });
    return findMask(this, await this.decoded(image), phrase, { ...options, ...this.textOptions() });
  }

  /** The picture through the generator and back: encode, quantise, decode. */
  async reconstruct(image: Source): Promise<Reconstruction> {
    return reconstruct(this.generator, await this.decoded(image), this.compileOptions());
  }

  /**
   * From now on what was compiled last stays when a run is disposed of, one program of each kind, for other runs that need
   * the same: those that differ in seeds, weights or rates do. Under `maxMemory` nothing stays.
   *
   * @returns ends it and frees what no run uses
   */
  keepPrograms(): () => Promise<void> {
    const isLimited = this.options.maxMemory !== undefined;
    return (isLimited ? undefined : this.sessions?.keep()) ?? (async () => {});
  }

  /** Names and sha256 of the weights; reads their files once. */
  identities(): Promise<readonly ModelIdentity[]> {
    this.identified ??= Promise.all([
      this.identity("generator", this.generator),
      ...(this.generator.finishing ? [this.identity("finalVae", this.generator.finishing.by)] : []),
      this.identity("perceptor", this.perceptor),
      ...this.companions.map((model, i) => this.identity("perceptor", model, this.names.companions?.[i] ?? model.name)),
      ...(this.judge ? [this.identity("judge", this.judge)] : []),
      ...(this.classifier ? [this.identity("classifier", this.classifier)] : []),
      ...Object.entries(this.rewards).map(([name, reward]) =>
        this.identity("reward", { name, files: rewardFiles(name, reward) }, name),
      ),
    ]);
    return this.identified;
  }

  /** The picture [3,H,W] in 0..1 that a source holds. @throws BAD_IMAGE, OUT_OF_LIMITS */
  protected abstract decoded(source: Source, as?: DecodeAs): Promise<NDArray>;

  protected compileOptions(): CompileOptions {
    return { ...compileOptionsOf(this.options), ...(this.sessions && { sessions: this.sessions }) };
  }

  /** What the pair is, in short: its models by name. */
  toJSON(): object {
    const { generator, perceptor, companions, judge } = this;
    const named = { generator, perceptor, ...(judge && { judge }) };
    const models = Object.entries(named).map(([role, { name }]) => [role, this.names[role as "judge"] ?? name]);
    const others = companions.map(({ name }, i) => this.names.companions?.[i] ?? name);
    return { ...Object.fromEntries(models), ...(others.length > 0 && { companions: others }) };
  }

  /** @param onNotice hears what texts hold that is not read */
  protected textOptions(
    { lowMemory }: Partial<Pick<Plan, "lowMemory">> = {},
    onNotice: PairOptions["onNotice"] = this.options.onNotice,
  ) {
    return { ...this.compileOptions(), ...(lowMemory && { lowMemory }), ...(onNotice && { onNotice }) };
  }

  private async identity(
    role: ModelIdentity["role"],
    { name, files: [file] }: Pick<Perceptor, "name" | "files">,
    called = this.names[role] ?? name,
  ): Promise<ModelIdentity> {
    return { role, name: called, ...(file && { sha256: await file.sha256() }) };
  }
}

/** A head's file and its encoder's as one, which tells both; or the one there is. */
function rewardFiles(name: string, reward: RewardModel): readonly ModelFile[] {
  const { head } = reward;
  const files = [...(head ? [head] : []), seerOf(reward)].flatMap(({ files: [file] }) => (file ? [file] : []));
  return files.length > 1 ? [joinedFile(name, files)] : files;
}
