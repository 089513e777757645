/**
 * The judge: a second encoder that takes no part in the loss and says which picture of a run fits its prompts best. What
 * the optimiser exploits in the first encoder seldom fools another.
 */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { input } from "../graph/tensor.js";
import type { Perceptor } from "../models/perceptor.js";
import { textPrompts } from "../prompts/prompt.js";
import type { LongPrompts } from "../prompts/prompt-embedding.js";
import { weightsAt } from "../prompts/story.js";
import { type CompileOptions, compile, type Program } from "../runtime/program.js";
import { type Perceptors, perceptorShares, perceptorsOf } from "./ensemble.js";
import { centreSquare, compareUnits, unitRows, unitTexts } from "./perceive.js";

/** A look of the judge at the picture of a latent. */
export interface Judgement {
  /** Steps done when it looked. */
  readonly step: number;
  /** -1..1: cosines with the prompts, weighted as at the run's end; where a reward judges, its own units. */
  readonly score: number;
}

/** The best picture so far, as its latent [1,D,h,w]; its score may be of another kind than a judge's. */
export interface Best extends Judgement {
  readonly z: NDArray;
}

/** Scores finished pictures. */
export interface PictureJudge {
  /** @param picture [3,H,W] in 0..1 */
  score(picture: NDArray): Promise<number>;
  dispose(): Promise<void>;
}

/** What a run's settings say of its texts and of who reads them. */
interface Asked {
  readonly prompts: string;
  readonly steps: number;
  readonly sceneFade: number;
  readonly longPrompts: LongPrompts;
  readonly perceptorWeights: readonly number[];
}

/** One encoder of a judge. */
interface Look {
  readonly program: Program<"embedding">;
  readonly side: number;
  /** Unit vectors of the texts. */
  readonly texts: readonly Float32Array[];
  /** Of its score in the judge's; all add to 1. */
  readonly share: number;
}

export class Judge implements PictureJudge {
  private constructor(
    private readonly looks: readonly Look[],
    private readonly weights: readonly number[],
  ) {}

  /** @throws BAD_ARGUMENT when no text weighs anything at the run's end */
  static async of(perceptor: Perceptor, settings: Asked, options: CompileOptions): Promise<Judge> {
    return Judge.ofAll({ perceptor }, { ...settings, perceptorWeights: [] }, options);
  }

  /** The perceptors of a run together, weighted as its settings say. @throws BAD_ARGUMENT as `of` */
  static async ofAll(models: Perceptors, settings: Asked, options: CompileOptions): Promise<Judge> {
    const { steps, sceneFade, longPrompts } = settings;
    const prompts = textPrompts(settings);
    const weights = weightsAt(prompts, steps - 1, steps, sceneFade);
    requires(
      weights.some((weight) => weight !== 0),
      "BAD_ARGUMENT",
      () => "judge: it compares pictures with texts, and at the end of this run no text counts",
      "add a text prompt, or leave the judge out",
    );
    const shares = perceptorShares(models, settings.perceptorWeights);
    const words = prompts.map(({ text }) => text);
    const looks: Look[] = [];
    for (const [k, perceptor] of perceptorsOf(models).entries()) {
      const texts = await unitTexts(perceptor, words, { ...options, longPrompts });
      const side = perceptor.inputSize;
      const pixels = input("pixels", "float32", [1, 3, side, side]);
      const program = await compile({ embedding: perceptor.encodeImage(pixels) }, options);
      looks.push({ program, side, texts, share: shares[k] as number });
    }
    return new Judge(looks, weights);
  }

  /**
   * sum(w_p cos_p) / sum |w_p| over the texts, of the picture's middle square; of several encoders the weighted mean.
   *
   * @param picture [3,H,W] in 0..1
   */
  async score(picture: NDArray): Promise<number> {
    const total = this.weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
    let score = 0;
    for (const { program, side, texts, share } of this.looks) {
      const pixels = centreSquare(picture, side).reshape([1, 3, side, side]);
      const [seen] = unitRows((await program.run({ pixels })).embedding) as [Float32Array];
      const sum = texts.reduce((so, text, i) => so + (this.weights[i] as number) * compareUnits(seen, text).cosine, 0);
      score += share * (sum / total);
    }
    return score;
  }

  async dispose(): Promise<void> {
    for (const { program } of this.looks) await program.dispose();
  }
}
