/** A reward model: what scores a picture as its makers publish it, by a head on a perceptor's embedding or by the words. */
import type { Head } from "./head/head.js";
import type { Perceptor } from "./perceptor.js";

/** Scores pictures. */
export interface RewardModel {
  /** What it is called in messages; settings know it by the name that it was given to a pair by. */
  readonly name: string;
  /** Sees the picture: its short side resized to the perceptor's, the middle square. */
  readonly perceptor: Perceptor;
  /** Reads the score off the embedding; absent where it is the cosine with the prompts */
  readonly head?: Head;
  /** What cosines with prompts are multiplied by */
  readonly scale: number;
}
