/** The prior's role in the method: from a text to the latent that a run may begin at, in one pass. It belongs to one pair. */
import { requires } from "../core/errors.js";
import { type Shape, sameShape } from "../core/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Generator } from "./generator.js";
import type { ModelFile } from "./model-file.js";
import type { Perceptor } from "./perceptor.js";

/** A style or a tint, and the words of a text that ask for it. */
export interface NamedManner {
  readonly name: string;
  /** In lower case, one space between words */
  readonly words: readonly string[];
}

/** How a text is drawn: the numbers of a style and of a tint of the prior's, where there are some. */
export interface Manner {
  readonly style?: number | undefined;
  readonly tint?: number | undefined;
}

/** A model that remembers pictures, where runs may begin. */
export interface Prior {
  readonly name: string;
  /** E: numbers of the text embedding that it reads */
  readonly embeddingSize: number;
  /** D: channels of the latent that it gives */
  readonly latentChannels: number;
  /** Rows and columns of the latent that it gives */
  readonly side: number;
  /** Names of the icon sets that it remembers, at least one */
  readonly looks: readonly string[];
  /** Ways to draw: pixel art, watercolour */
  readonly styles: readonly NamedManner[];
  /** Colours that things can be given */
  readonly tints: readonly NamedManner[];
  /** What it draws, in lower case, one space between words: a text that holds one of these says what to begin with */
  readonly phrases: ReadonlySet<string>;
  /** Further words, so written, and the phrase that each stands for: looked for only where a text holds no phrase */
  readonly keywords: ReadonlyMap<string, string>;
  /** Phrases that say what is behind things ("at night"), so written: drawn as a whole picture */
  readonly grounds: ReadonlySet<string>;
  /**
   * Latents among the codes, not quantised [n,D,side,side].
   *
   * @param text unit embeddings [n,E]
   * @param look its number
   * @param manners of each text
   */
  latent(text: Tensor, look: number, manners: readonly Manner[]): Tensor;
  /** What it was read from, for the record that a picture carries */
  readonly files: readonly ModelFile[];
}

/** [1,D,side,side] */
export function shapeOf({ latentChannels, side }: Prior): Shape {
  return [1, latentChannels, side, side];
}

/** @throws BAD_MODEL unless the prior reads this perceptor's embeddings and gives this generator's latents */
export function checkPrior(prior: Prior, generator: Generator, perceptor: Perceptor): void {
  const hint = "the prior, the VQGAN and the CLIP of a folder have to be trained for each other";
  requires(
    prior.embeddingSize === perceptor.embeddingSize,
    "BAD_MODEL",
    () =>
      `${prior.name}: embedding_size is ${prior.embeddingSize}, ${perceptor.name}'s embeddings have ${perceptor.embeddingSize} numbers`,
    hint,
  );
  const size = prior.side * generator.factor;
  const latent = generator.latentShape([size, size]);
  requires(
    sameShape(latent, shapeOf(prior)),
    "BAD_MODEL",
    () =>
      `${prior.name}: gives latents [${shapeOf(prior)}] (latent_channels ${prior.latentChannels}), ${generator.name} takes [${latent}]`,
    hint,
  );
}
