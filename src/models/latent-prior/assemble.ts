/** A prior that remembers ideas, read already: `config.json` and `model.safetensors` as a Prior. */
import { z } from "zod";
import { requires } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { silu, softmax } from "../../ops/activation.js";
import { add, mul } from "../../ops/arithmetic.js";
import { reshape } from "../../ops/layout.js";
import { linear, matmul } from "../../ops/linear-algebra.js";
import { concat, slice, split } from "../../ops/movement.js";
import { groupNorm } from "../../ops/normalization.js";
import { floats } from "../../ops/operands.js";
import type { StateDict } from "../../weights/state-dict.js";
import type { ModelFile } from "../model-file.js";
import { parsed } from "../parse.js";
import type { Manner, Prior } from "../prior.js";
import { numbered, WeightTaker } from "../take-weights.js";
import { convolve, EPSILON, type Norm, normSilu } from "../vqgan/blocks.js";

/** What the files of a prior's folder hold. */
export interface LatentPriorParts {
  readonly name: string;
  /** The content of `config.json` */
  readonly config: unknown;
  /** What to call it in messages */
  readonly configPath: string;
  /** `model.safetensors` */
  readonly weights: StateDict;
  readonly files: readonly ModelFile[];
}

/** Of channels, that are normalised together. */
const GROUPS = 32;
const whole = z.int().positive();
const words = z.string().min(1).max(100);
const known = z.array(words).max(100_000);
const isDistinct = (names: readonly string[]) => new Set(names).size === names.length;
const isWithin = (names: readonly string[], others: ReadonlySet<string>) => names.every((name) => others.has(name));
const manners = z
  .array(z.object({ name: words, words: z.array(words).max(100) }))
  .max(100)
  .refine((all) => isDistinct(all.map(({ name }) => name)), "a name is given twice")
  .refine((all) => isDistinct(all.flatMap((manner) => manner.words)), "a word is given twice");

const configSchema = z
  .object({
    model_type: z.literal("latent_prior", 'only model_type "latent_prior" can be used'),
    embedding_size: whole,
    ideas: whole.max(1_000_000),
    idea_size: whole,
    side: whole.max(64),
    seed_channels: whole,
    texture_channels: whole,
    channels: whole.multipleOf(GROUPS),
    blocks: whole.max(64),
    latent_channels: whole,
    looks: z.array(words).min(1).max(100).refine(isDistinct, "a name is given twice"),
    styles: manners.min(1),
    tints: manners,
    phrases: known,
    keywords: z.record(words, words).refine((all) => Object.keys(all).length <= 100_000, "more than 100000 are given"),
    grounds: known,
  })
  .refine(({ seed_channels, latent_channels }) => seed_channels >= latent_channels, {
    path: ["seed_channels"],
    message: "must not be below latent_channels",
  })
  .refine(({ phrases, keywords }) => isWithin(Object.values(keywords), new Set(phrases)), {
    path: ["keywords"],
    message: "one stands for what is no phrase",
  });
type Config = z.infer<typeof configSchema>;

interface Block {
  /** A scale, then a shift of every channel, in each style and each tint [2W,styles+tints] */
  readonly film: Tensor;
  readonly norm1: Norm;
  readonly conv1: Affine;
  readonly norm2: Norm;
  readonly conv2: Affine;
}

interface Weights {
  /** What a text has to be like for each idea [N,E] */
  readonly keys: Affine;
  /** Each idea in each look [looks,N,K] */
  readonly ideas: Tensor;
  readonly seed: Affine;
  /** What is everywhere in each style and each tint [T*side*side,styles+tints] */
  readonly texture: Tensor;
  readonly enter: Affine;
  readonly blocks: readonly Block[];
  readonly normOut: Norm;
  readonly convOut: Affine;
}

/** @throws BAD_MODEL naming the file or key that is missing or wrong */
export function latentPrior({ name, config: json, configPath, weights: dict, files }: LatentPriorParts): Prior {
  const config = parsed(configSchema, json, configPath);
  const weights = weightsOf(new WeightTaker(dict), config);
  return {
    name,
    embeddingSize: config.embedding_size,
    latentChannels: config.latent_channels,
    side: config.side,
    looks: config.looks,
    styles: config.styles,
    tints: config.tints,
    phrases: new Set(config.phrases),
    keywords: new Map(Object.entries(config.keywords)),
    grounds: new Set(config.grounds),
    latent: (text, look, manners) => latent(weights, config, text, look, manners),
    files,
  };
}

function weightsOf(from: WeightTaker, config: Config): Weights {
  const { embedding_size, ideas, idea_size, side, seed_channels, texture_channels, channels, blocks, latent_channels } =
    config;
  const manners = config.styles.length + config.tints.length;
  const weights = {
    keys: from.affine("keys", [ideas, embedding_size]),
    ideas: from.take("ideas.weight", [config.looks.length, ideas, idea_size]),
    seed: from.affine("seed", [seed_channels * side ** 2, idea_size]),
    texture: from.take("texture.weight", [texture_channels * side ** 2, manners]),
    enter: from.affine("enter", [channels, seed_channels + texture_channels, 1, 1]),
    blocks: numbered(blocks, (j) => blockOf(from, `blocks.${j}`, config)),
    normOut: normOf(from, "norm_out", channels),
    convOut: from.affine("conv_out", [latent_channels, channels, 3, 3]),
  };
  from.finish([]);
  return weights;
}

function blockOf(from: WeightTaker, key: string, { styles, tints, channels }: Config): Block {
  return {
    film: from.take(`${key}.film.weight`, [2 * channels, styles.length + tints.length]),
    norm1: normOf(from, `${key}.norm1`, channels),
    conv1: from.affine(`${key}.conv1`, [channels, channels, 3, 3]),
    norm2: normOf(from, `${key}.norm2`, channels),
    conv2: from.affine(`${key}.conv2`, [channels, channels, 3, 3]),
  };
}

const normOf = (from: WeightTaker, key: string, width: number): Norm => ({
  ...from.affine(key, [width]),
  groups: GROUPS,
});

/**
 * The text attends to the ideas that the prior has learnt (a code for each, as in GLO: Bojanowski et al. 2018, Optimizing
 * the Latent Space of Generative Networks); their mean is a map, whose first channels are a latent that residual blocks
 * finish in the manner, of which a texture joins the map.
 *
 * @param text unit embeddings [n,E]
 * @param manners of each of the n
 * @returns [n,D,side,side]
 */
function latent(weights: Weights, config: Config, text: Tensor, look: number, manners: readonly Manner[]): Tensor {
  const { embedding_size, ideas, idea_size, side, seed_channels, texture_channels, latent_channels } = config;
  const [n] = text.shape as [number];
  requires(
    text.rank === 2 && text.shape[1] === embedding_size && manners.length === n,
    "SHAPE_MISMATCH",
    () => `latent(): needs embeddings [n,${embedding_size}] and n manners, got ${text} and ${manners.length}`,
  );
  const { keys, seed } = weights;
  const attention = softmax(linear(mul(text, Math.sqrt(embedding_size)), keys.weight, keys.bias)); // [n,N]
  const code = matmul(attention, reshape(slice(weights.ideas, 0, look, look + 1), [ideas, idea_size])); // [n,K]
  const map = reshape(linear(code, seed.weight, seed.bias), [n, seed_channels, side, side]);
  const asked = askedOf(manners, config);
  const texture = reshape(linear(asked, weights.texture), [n, texture_channels, side, side]);
  const entered = convolve(concat([map, texture], 1), weights.enter);
  const features = weights.blocks.reduce((x, block) => modulated(x, block, asked), entered);
  return add(slice(map, 1, 0, latent_channels), convolve(normSilu(features, weights.normOut), weights.convOut));
}

/** 1 where a style or tint is asked for [n,styles+tints] */
function askedOf(manners: readonly Manner[], { styles, tints }: Config): Tensor {
  const rows = manners.map(({ style, tint }) => [
    ...styles.map((_, i) => Number(i === style)),
    ...tints.map((_, i) => Number(i === tint)),
  ]);
  return floats([rows.length, styles.length + tints.length], rows.flat());
}

/** x + conv2(silu(norm2(conv1(silu(norm1(x) * (1 + scale) + shift))))), scale and shift the sums of those that are asked for */
function modulated(x: Tensor, { film, norm1, conv1, norm2, conv2 }: Block, asked: Tensor): Tensor {
  const [n, width] = x.shape as [number, number];
  const [scale, shift] = split(linear(asked, film), 1, [width, width]).map((part) =>
    reshape(part, [n, width, 1, 1]),
  ) as [Tensor, Tensor];
  const h = add(
    mul(groupNorm(x, norm1.weight, norm1.bias, { groups: GROUPS, epsilon: EPSILON }), add(scale, 1)),
    shift,
  );
  return add(x, convolve(normSilu(convolve(silu(h), conv1), norm2), conv2));
}
