/**
 * The judge: a second encoder that takes no part in the loss and says which picture of a run fits its prompts best. What
 * the optimiser exploits in the first encoder seldom fools another.
 */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { input } from "../graph/tensor.js";
import type { Perceptor } from "../models/perceptor.js";
import { type CompileOptions, compile, type Program } from "../runtime/program.js";
import { centreSquare, compareUnits, unitRows, unitTexts } from "./perceive.js";
import { textPrompts } from "./prompt.js";
import type { Settings } from "./settings.js";
import { weightsAt } from "./story.js";

/** A look of the judge at the picture of a latent. */
export interface Judgement {
  /** Steps done when it looked. */
  readonly step: number;
  /** -1..1: cosines with the prompts, weighted as at the run's end. */
  readonly score: number;
}

/** The best picture so far, as its latent [1,D,h,w]. */
export interface Best extends Judgement {
  readonly z: NDArray;
}

export class Judge {
  private constructor(
    private readonly program: Program<"embedding">,
    private readonly side: number,
    /** Unit vectors of the texts. */
    private readonly texts: readonly Float32Array[],
    private readonly weights: readonly number[],
  ) {}

  /** @throws BAD_ARGUMENT when no text weighs anything at the run's end */
  static async of(perceptor: Perceptor, settings: Settings, options: CompileOptions): Promise<Judge> {
    const { steps, sceneFade, longPrompts } = settings;
    const prompts = textPrompts(settings);
    const weights = weightsAt(prompts, steps - 1, steps, sceneFade);
    requires(
      weights.some((weight) => weight !== 0),
      "BAD_ARGUMENT",
      () => "judge: it compares pictures with texts, and at the end of this run no text counts",
      "add a text prompt, or leave the judge out",
    );
    const words = prompts.map(({ text }) => text);
    const texts = await unitTexts(perceptor, words, { ...options, longPrompts });
    const pixels = input("pixels", "float32", [1, 3, perceptor.inputSize, perceptor.inputSize]);
    const program = await compile({ embedding: perceptor.encodeImage(pixels) }, options);
    return new Judge(program, perceptor.inputSize, texts, weights);
  }

  /**
   * sum(w_p cos_p) / sum |w_p| over the texts, of the picture's middle square.
   *
   * @param picture [3,H,W] in 0..1
   */
  async score(picture: NDArray): Promise<number> {
    const pixels = centreSquare(picture, this.side).reshape([1, 3, this.side, this.side]);
    const [seen] = unitRows((await this.program.run({ pixels })).embedding) as [Float32Array];
    let [sum, total] = [0, 0];
    this.texts.forEach((text, i) => {
      const weight = this.weights[i] as number;
      sum += weight * compareUnits(seen, text).cosine;
      total += Math.abs(weight);
    });
    return sum / total;
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }
}
