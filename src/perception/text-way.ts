/** The way that an edit is to go in the perceptors' spaces: from one text to another, or to the prompts as a step weighs them. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import type { Prompt } from "../prompts/prompt.js";
import type { EmbedOptions } from "../prompts/prompt-embedding.js";
import { weightsAt } from "../prompts/story.js";
import { type Perceptors, perceptorsOf, tellingOnce } from "./ensemble.js";
import { joined, unitTexts } from "./perceive.js";

/** Length under which two texts count as one. */
const NO_WAY = 1e-6;

/** What a run says of the weights of its prompts. */
interface Course {
  readonly steps: number;
  readonly sceneFade: number;
}

export class TextWay {
  private constructor(
    /** By perceptor and text: the way to it, not of length 1 */
    private readonly ways: readonly (readonly Float32Array[])[],
    private readonly weights: (step: number) => readonly number[],
  ) {}

  /**
   * @param to null: the prompts
   * @throws BAD_ARGUMENT when a perceptor sees no difference between two texts
   */
  static async of(
    models: Perceptors,
    { from, to }: { readonly from: string; readonly to: string | null },
    prompts: readonly Prompt[],
    { steps, sceneFade }: Course,
    options: EmbedOptions = {},
  ): Promise<TextWay> {
    const texts = to === null ? prompts.map(({ text }) => text) : [to];
    const once = tellingOnce(options);
    const ways: Float32Array[][] = [];
    for (const perceptor of perceptorsOf(models)) {
      const [start, ...ends] = (await unitTexts(perceptor, [from, ...texts], once)) as [Float32Array];
      ways.push(
        ends.map((end: Float32Array, i) => {
          const way = end.map((value, j) => value - (start[j] as number));
          requires(
            Math.hypot(...way) > NO_WAY,
            "BAD_ARGUMENT",
            () => `direction: ${perceptor.name} sees no difference between "${from}" and "${texts[i]}"`,
            "write two texts that differ",
          );
          return way;
        }),
      );
    }
    return new TextWay(ways, to === null ? (step) => weightsAt(prompts, step, steps, sceneFade) : () => [1]);
  }

  /** In a step [1,E of all perceptors], of length 1 for each; of length 0 where no prompt counts. */
  at(step: number): NDArray {
    const weights = this.weights(step);
    const whole = joined(this.ways.map((ways) => unitSum(ways, weights)));
    return NDArray.float32([1, whole.length], whole);
  }
}

function unitSum(vectors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const sum = (vectors[0] as Float32Array).map((_, i) =>
    vectors.reduce((total, vector, v) => total + (weights[v] as number) * (vector[i] as number), 0),
  );
  const length = Math.hypot(...sum);
  return sum.map((value) => value / Math.max(length, NO_WAY));
}
