/**
 * Rewards: how good a picture is by models that were made to say so, and where it stands between two texts. Each is read off
 * perceptors' unit embeddings of the whole picture, or by a model that reads the prompts beside it; in a run's step and outside
 * of it by the same few lines.
 */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { nearest } from "../core/nearest.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import { resamplingMatrix } from "../image/resize.js";
import type { Perceptor } from "../models/perceptor.js";
import type { JointScorer, RewardModel } from "../models/reward.js";
import { add, mul } from "../ops/arithmetic.js";
import { normalize } from "../ops/distance.js";
import { clampWithGrad } from "../ops/gradient-control.js";
import { reshape } from "../ops/layout.js";
import { applyAlong } from "../ops/linear-algebra.js";
import { concat, slice } from "../ops/movement.js";
import { sum } from "../ops/reduction.js";
import { type Perceptors, perceptorsOf } from "./ensemble.js";

/** A reward as settings name it. */
export type RewardName =
  /** A model's score; `output` is one of several that a head gives. */
  | { readonly kind: "model"; readonly name: string; readonly output: string | null }
  /** The cosine with one text minus that with another, -2..2 */
  | { readonly kind: "axis"; readonly from: string; readonly to: string };

/** Who can give rewards: a run's perceptors, on which axes lie, and reward models by name. */
export interface Rewarding extends Perceptors {
  readonly rewards?: Readonly<Record<string, RewardModel>> | undefined;
}

/** A reward of a picture, in its makers' units. */
export interface RewardValue {
  /** `aesthetic`, `vad/valence`, `calm <-> tense` */
  readonly reward: string;
  readonly value: number;
}

/** Who sees the picture, by the side of the square that it takes. */
export type Seer = Pick<Perceptor, "inputSize">;

/** One perceptor's part in a reward. */
interface Part {
  readonly perceptor: Perceptor;
  /** Reads a number off the embedding [1,E] -> [1]; absent: it is the product with a direction, which is fed */
  readonly read?: (embedding: Tensor) => Tensor;
}

/** How a reward is written: `name`, `name/output`, `from <-> to`. */
export function rewardText(reward: RewardName): string {
  if (reward.kind === "axis") return `${reward.from} <-> ${reward.to}`;
  return reward.output === null ? reward.name : `${reward.name}/${reward.output}`;
}

/** The model of a reward. @throws BAD_ARGUMENT when there is none of that name, or it gives nothing of that name */
export function rewardModel(
  { rewards = {} }: Rewarding,
  { name, output }: Extract<RewardName, { kind: "model" }>,
): RewardModel {
  const known = Object.keys(rewards);
  const model = Object.hasOwn(rewards, name) ? rewards[name] : undefined;
  const [meant] = nearest(name, known, 1);
  requires(
    model,
    "BAD_ARGUMENT",
    () => `reward: no reward model is called "${name}"; given: ${known.join(", ") || "none"}`,
    meant === undefined ? "name its file: --reward-model NAME=PATH, in the library rewards" : `did you mean ${meant}?`,
  );
  const outputs = model.head?.outputs ?? [];
  requires(
    output === null ? outputs.length <= 1 : outputs.includes(output),
    "BAD_ARGUMENT",
    () => `reward: ${name} ${output === null ? `gives ${outputs.length} numbers` : `gives no "${output}"`}`,
    outputs.length > 0
      ? `name one of them: ${outputs.map((each) => `${name}/${each}`).join(", ")}`
      : `it gives one number: ${name}`,
  );
  return model;
}

/** Whether a reward compares with the prompts, which there then have to be. */
export function readsPrompts(models: Rewarding, reward: RewardName): boolean {
  return reward.kind === "model" && rewardModel(models, reward).head === undefined;
}

/**
 * The values [r] of rewards of a picture, as a graph with inputs that `RewardTexts` feeds.
 *
 * @param texts how many prompts there are
 * @param see the middle square [1,3,S,S] of the picture
 */
export function rewardValues(
  models: Rewarding,
  rewards: readonly RewardName[],
  texts: number,
  see: (seer: Seer) => Tensor,
): Tensor {
  const seen = new Map<Perceptor, Tensor>();
  const values = rewards.map((reward, i) => {
    const joint = reward.kind === "model" && rewardModel(models, reward).joint;
    if (joint) return jointValue(joint, i, texts, see(joint));
    const parts = partsOf(models, reward).map(({ perceptor, read }, j) => {
      const embedding = seen.get(perceptor) ?? perceptor.encodeImage(see(perceptor)); // [1, E]
      seen.set(perceptor, embedding);
      if (read) return read(embedding);
      const direction = input(directionOf(i, j), "float32", [1, perceptor.embeddingSize]);
      return sum(mul(normalize(embedding), direction), { axes: [1] });
    });
    return parts.reduce((total, part) => add(total, part)); // [1]
  });
  return concat(values, 0);
}

/** The scores with all prompts by their shares: [1] */
function jointValue({ contextLength, score }: JointScorer, reward: number, texts: number, pixels: Tensor): Tensor {
  const named = jointInputs(reward);
  const ids = input(named.ids, "int64", [texts, contextLength]);
  const each = score(pixels, ids, input(named.ends, "int64", [texts])); // [p]
  return sum(mul(each, input(named.shares, "float32", [texts])), { axes: [0], keepDims: true });
}

/** The middle square of a picture [1,3,H,W] in 0..1 at a perceptor's size, as its own preprocessing has it: [1,3,S,S] */
export function middleSquare(image: Tensor, { inputSize: side }: Seer): Tensor {
  const [, , height, width] = image.shape as [number, number, number, number];
  const squares = [height, width].map((extent) => middleMatrix(extent, Math.min(height, width), side));
  const [rows, columns] = squares as [NDArray, NDArray];
  return clampWithGrad(applyAlong(applyAlong(image, 2, constant(rows)), 3, constant(columns)), 0, 1);
}

/** Resizes one axis as if the short one became `side`, and keeps the middle: [side,extent] */
function middleMatrix(extent: number, short: number, side: number): NDArray {
  const resized = Math.max(side, Math.floor((side * extent) / short));
  const whole = resamplingMatrix(extent, resized, "bicubic").floats();
  const first = Math.floor((resized - side) / 2);
  return NDArray.float32([side, extent], whole.slice(first * extent, (first + side) * extent));
}

function partsOf(models: Rewarding, reward: RewardName): Part[] {
  if (reward.kind === "axis") return perceptorsOf(models).map((perceptor) => ({ perceptor }));
  const { perceptor, head } = rewardModel(models, reward) as Exclude<RewardModel, { joint: object }>;
  if (!head) return [{ perceptor }];
  const at = reward.output === null ? 0 : head.outputs.indexOf(reward.output);
  return [{ perceptor, read: (embedding) => reshape(slice(head.apply(embedding), 1, at, at + 1), [1]) }];
}

/** What the input is called that a part of a reward is the product with. */
export const directionOf = (reward: number, part: number): string => `direction ${part} of reward ${reward}`;

/** What the inputs are called by which a joint scorer reads the prompts: tokens, where they end, and what each counts. */
export const jointInputs = (reward: number) => ({
  ids: `ids of reward ${reward}`,
  ends: `ends of reward ${reward}`,
  shares: `shares of reward ${reward}`,
});
