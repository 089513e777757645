/** A reward model: what scores a picture as its makers publish it, by a head on a perceptor's embedding, by the words, or by both at once. */
import type { Tensor } from "../graph/tensor.js";
import type { Head } from "./head/head.js";
import type { Perceptor } from "./perceptor.js";
import type { Tokenizing } from "./text-reader.js";

/** A model that reads a text while it looks at the picture, and says how well the two fit. */
export interface JointScorer extends Pick<Perceptor, "name" | "inputSize" | "files">, Tokenizing {
  /** A picture [1,3,S,S] in 0..1, int64 ids [p,L] and positions of the end tokens [p] -> scores [p] in its makers' units */
  score(pixels: Tensor, ids: Tensor, end: Tensor): Tensor;
}

/** Scores pictures by a perceptor. */
interface EmbeddingReward {
  /** What it is called in messages; settings know it by the name that it was given to a pair by. */
  readonly name: string;
  /** Sees the picture: its short side resized to the perceptor's, the middle square. */
  readonly perceptor: Perceptor;
  /** Reads the score off the embedding; absent where it is the cosine with the prompts */
  readonly head?: Head;
  /** What cosines with prompts are multiplied by */
  readonly scale: number;
  readonly joint?: undefined;
}

/** Scores pictures with the words at hand. */
interface JointReward {
  readonly name: string;
  /** Sees the picture as a perceptor does. */
  readonly joint: JointScorer;
  readonly head?: undefined;
}

/** Scores pictures. */
export type RewardModel = EmbeddingReward | JointReward;

/** Who sees the picture for a reward. */
export function seerOf(reward: RewardModel): Pick<Perceptor, "name" | "inputSize" | "files"> {
  return reward.joint ?? reward.perceptor;
}
