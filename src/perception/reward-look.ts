/** What rewards of a run compare with, and a look at finished pictures: what they are worth outside of the step. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { input, type Tensor } from "../graph/tensor.js";
import type { JointScorer, RewardModel } from "../models/reward.js";
import type { Prompt } from "../prompts/prompt.js";
import { type EmbedOptions, type LongPrompts, readText } from "../prompts/prompt-embedding.js";
import { weightsAt } from "../prompts/story.js";
import type { Feeds } from "../runtime/engine.js";
import { compile, compileOptionsOf, type Program } from "../runtime/program.js";
import { perceptorShares, perceptorsOf } from "./ensemble.js";
import type { PictureJudge } from "./judge.js";
import { centreSquare, unitTexts } from "./perceive.js";
import {
  directionOf,
  jointInputs,
  type Rewarding,
  type RewardName,
  type RewardValue,
  readsPrompts,
  rewardModel,
  rewardText,
  rewardValues,
  type Seer,
} from "./rewards.js";

/** What a run's settings say of texts and perceptors. */
export interface RewardSettings {
  readonly steps: number;
  readonly sceneFade: number;
  readonly longPrompts: LongPrompts;
  readonly perceptorWeights: readonly number[];
}

/** What counts in a step. @param step steps done */
type AtStep<Value> = (step: number) => Value;

/** A direction that embeddings are compared with: the weighted sum of unit vectors of texts. */
interface Direction {
  readonly texts: readonly Float32Array[];
  readonly weights: AtStep<readonly number[]>;
}

/** All that `rewardValues` reads beside the picture. */
export class RewardTexts {
  /** @param read what each reward is fed */
  private constructor(private readonly read: readonly AtStep<Feeds>[]) {}

  /** @throws BAD_ARGUMENT when a reward compares with prompts and there are none */
  static async of(
    models: Rewarding,
    rewards: readonly RewardName[],
    prompts: readonly Prompt[],
    settings: RewardSettings,
    options: EmbedOptions,
  ): Promise<RewardTexts> {
    const read: AtStep<Feeds>[] = [];
    const reading = { ...options, longPrompts: settings.longPrompts };
    for (const [i, reward] of rewards.entries()) {
      if (reward.kind === "axis") {
        read.push(directionFeeds(i, await axisDirections(models, reward, settings, reading)));
        continue;
      }
      const model = rewardModel(models, reward);
      if (readsPrompts(models, reward)) requireTexts(model, prompts);
      const shares = promptShares(prompts, settings);
      read.push(
        model.joint
          ? jointFeeds(i, model.joint, prompts, shares, reading)
          : directionFeeds(i, model.head ? [] : [await promptDirection(model, prompts, shares, reading)]),
      );
    }
    return new RewardTexts(read);
  }

  /** @param step steps done */
  feeds(step: number): Feeds {
    return Object.assign({}, ...this.read.map((feeds) => feeds(step)));
  }
}

function requireTexts({ name }: RewardModel, prompts: readonly Prompt[]): void {
  requires(
    prompts.length > 0,
    "BAD_ARGUMENT",
    () => `reward: ${name} compares pictures with texts, and there are none`,
    "add a text prompt, or leave it out",
  );
}

/** Of the prompts: as the run weighs them, divided by the sum of the weights' sizes. */
function promptShares(prompts: readonly Prompt[], { steps, sceneFade }: RewardSettings): AtStep<readonly number[]> {
  return (step) => {
    const each = weightsAt(prompts, step, steps, sceneFade);
    const total = each.reduce((all, weight) => all + Math.abs(weight), 0);
    return each.map((weight) => (total === 0 ? 0 : weight / total));
  };
}

function directionFeeds(reward: number, parts: readonly Direction[]): AtStep<Feeds> {
  return (step) =>
    Object.fromEntries(
      parts.map(({ texts, weights }, part) => [directionOf(reward, part), mixed(texts, weights(step))]),
    );
}

/** The prompts as a joint scorer reads them; what of them is too long is cut, as its makers do. */
function jointFeeds(
  reward: number,
  joint: JointScorer,
  prompts: readonly Prompt[],
  shares: AtStep<readonly number[]>,
  { onNotice }: EmbedOptions,
): AtStep<Feeds> {
  const count = prompts.length;
  const read = prompts.flatMap(({ text }) =>
    readText(joint, text, { longPrompts: "cut", ...(onNotice && { onNotice }) }),
  );
  const named = jointInputs(reward);
  const ids = NDArray.int64(
    [count, joint.contextLength],
    read.flatMap((text) => text.ids),
  );
  const ends = NDArray.int64(
    [count],
    read.map(({ end }) => end),
  );
  return (step) => ({
    [named.ids]: ids,
    [named.ends]: ends,
    [named.shares]: NDArray.float32([count], shares(step)),
  });
}

/** From one text to the other, as each of the run's perceptors has it, by its share. */
async function axisDirections(
  models: Rewarding,
  { from, to }: Extract<RewardName, { kind: "axis" }>,
  { perceptorWeights }: RewardSettings,
  options: EmbedOptions,
): Promise<Direction[]> {
  const shares = perceptorShares(models, perceptorWeights);
  const directions: Direction[] = [];
  for (const [k, perceptor] of perceptorsOf(models).entries()) {
    const share = shares[k] as number;
    directions.push({ texts: await unitTexts(perceptor, [from, to], options), weights: () => [-share, share] });
  }
  return directions;
}

/** Cosines with the prompts, scaled, their weighted mean. */
async function promptDirection(
  { perceptor, scale }: Exclude<RewardModel, { joint: object }>,
  prompts: readonly Prompt[],
  shares: AtStep<readonly number[]>,
  options: EmbedOptions,
): Promise<Direction> {
  const words = prompts.map(({ text }) => text);
  const texts = await unitTexts(perceptor, words, options);
  return { texts, weights: (step) => shares(step).map((share) => scale * share) };
}

/** The weighted sum of vectors [1,E] */
function mixed(vectors: readonly Float32Array[], weights: readonly number[]): NDArray {
  const total = new Float32Array(vectors[0]?.length ?? 0);
  vectors.forEach((vector, k) => {
    vector.forEach((value, i) => {
      total[i] = (total[i] as number) + (weights[k] as number) * value;
    });
  });
  return NDArray.float32([1, total.length], total);
}

/** Rewards of finished pictures, outside of a run's step. */
export class RewardLook implements PictureJudge {
  private constructor(
    private readonly rewards: readonly RewardName[],
    private readonly sides: ReadonlySet<number>,
    private readonly program: Program<"values">,
    private readonly texts: RewardTexts,
    private readonly step: number,
  ) {}

  /** With the prompts' weights at the end of a run. @throws BAD_ARGUMENT as `rewardModel`, and where texts are wanting */
  static async of(
    models: Rewarding,
    rewards: readonly RewardName[],
    prompts: readonly Prompt[],
    settings: RewardSettings,
    options: EmbedOptions,
  ): Promise<RewardLook> {
    const sides = new Set<number>();
    const see = ({ inputSize: side }: Seer): Tensor => {
      sides.add(side);
      return input(squareOf(side), "float32", [1, 3, side, side]);
    };
    const texts = await RewardTexts.of(models, rewards, prompts, settings, options);
    const values = rewardValues(models, rewards, prompts.length, shared(see));
    const program = await compile({ values }, compileOptionsOf(options));
    return new RewardLook(rewards, sides, program, texts, settings.steps - 1);
  }

  /** @param picture [3,H,W] in 0..1 */
  async at(picture: NDArray): Promise<RewardValue[]> {
    const squares = [...this.sides].map((side) => [
      squareOf(side),
      centreSquare(picture, side).reshape([1, 3, side, side]),
    ]);
    const { values } = await this.program.run({ ...Object.fromEntries(squares), ...this.texts.feeds(this.step) });
    return this.rewards.map((reward, i) => ({ reward: rewardText(reward), value: values.at(i) }));
  }

  /** The first reward alone: as a judge says it. @param picture [3,H,W] in 0..1 */
  async score(picture: NDArray): Promise<number> {
    return ((await this.at(picture))[0] as RewardValue).value;
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }
}

const squareOf = (side: number): string => `square of ${side}`;

/** One tensor for each size that is taken. */
function shared(see: (seer: Seer) => Tensor): (seer: Seer) => Tensor {
  const made = new Map<number, Tensor>();
  return (seer) => {
    const known = made.get(seer.inputSize) ?? see(seer);
    made.set(seer.inputSize, known);
    return known;
  };
}
