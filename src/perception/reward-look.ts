/** What rewards of a run compare with, and a look at finished pictures: what they are worth outside of the step. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { input, type Tensor } from "../graph/tensor.js";
import type { Perceptor } from "../models/perceptor.js";
import type { RewardModel } from "../models/reward.js";
import type { Prompt } from "../prompts/prompt.js";
import type { EmbedOptions, LongPrompts } from "../prompts/prompt-embedding.js";
import { weightsAt } from "../prompts/story.js";
import type { Feeds } from "../runtime/engine.js";
import { compile, compileOptionsOf, type Program } from "../runtime/program.js";
import { perceptorShares, perceptorsOf } from "./ensemble.js";
import type { PictureJudge } from "./judge.js";
import { centreSquare, unitTexts } from "./perceive.js";
import {
  directionOf,
  type Rewarding,
  type RewardName,
  type RewardValue,
  rewardModel,
  rewardText,
  rewardValues,
} from "./rewards.js";

/** What a run's settings say of texts and perceptors. */
export interface RewardSettings {
  readonly steps: number;
  readonly sceneFade: number;
  readonly longPrompts: LongPrompts;
  readonly perceptorWeights: readonly number[];
}

/** A direction that embeddings are compared with: the weighted sum of unit vectors of texts. */
interface Direction {
  readonly texts: readonly Float32Array[];
  /** What each counts in a step. @param step steps done */
  readonly weights: (step: number) => readonly number[];
}

/** All that `rewardValues` reads beside the picture. */
export class RewardTexts {
  /** @param directions of each reward, for each of its parts */
  private constructor(private readonly directions: readonly (readonly Direction[])[]) {}

  /** @throws BAD_ARGUMENT when a reward compares with prompts and there are none */
  static async of(
    models: Rewarding,
    rewards: readonly RewardName[],
    prompts: readonly Prompt[],
    settings: RewardSettings,
    options: EmbedOptions,
  ): Promise<RewardTexts> {
    const directions: Direction[][] = [];
    const reading = { ...options, longPrompts: settings.longPrompts };
    for (const reward of rewards) {
      directions.push(
        reward.kind === "axis"
          ? await axisDirections(models, reward, settings, reading)
          : await promptDirections(rewardModel(models, reward), prompts, settings, reading),
      );
    }
    return new RewardTexts(directions);
  }

  /** @param step steps done */
  feeds(step: number): Feeds {
    const feeds: Record<string, NDArray> = {};
    for (const [i, parts] of this.directions.entries()) {
      for (const [j, { texts, weights }] of parts.entries()) feeds[directionOf(i, j)] = mixed(texts, weights(step));
    }
    return feeds;
  }
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

/** Cosines with the prompts, scaled, their weighted mean; none where a head reads the score. */
async function promptDirections(
  { name, perceptor, head, scale }: RewardModel,
  prompts: readonly Prompt[],
  { steps, sceneFade }: RewardSettings,
  options: EmbedOptions,
): Promise<Direction[]> {
  if (head) return [];
  requires(
    prompts.length > 0,
    "BAD_ARGUMENT",
    () => `reward: ${name} compares pictures with texts, and there are none`,
    "add a text prompt, or leave it out",
  );
  const words = prompts.map(({ text }) => text);
  const weights = (step: number) => {
    const each = weightsAt(prompts, step, steps, sceneFade);
    const total = each.reduce((all, weight) => all + Math.abs(weight), 0);
    return each.map((weight) => (total === 0 ? 0 : (scale * weight) / total));
  };
  return [{ texts: await unitTexts(perceptor, words, options), weights }];
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
    const see = ({ inputSize: side }: Perceptor): Tensor => {
      sides.add(side);
      return input(squareOf(side), "float32", [1, 3, side, side]);
    };
    const texts = await RewardTexts.of(models, rewards, prompts, settings, options);
    const values = rewardValues(models, rewards, shared(see));
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

/** One tensor for each size that perceptors take. */
function shared(see: (perceptor: Perceptor) => Tensor): (perceptor: Perceptor) => Tensor {
  const made = new Map<number, Tensor>();
  return (perceptor) => {
    const known = made.get(perceptor.inputSize) ?? see(perceptor);
    made.set(perceptor.inputSize, known);
    return known;
  };
}
