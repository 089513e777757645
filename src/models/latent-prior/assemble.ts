/** A prior of residual blocks that the text modulates, read already: `config.json` and `model.safetensors` as a Prior. */
import { z } from "zod";
import { requires } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { silu } from "../../ops/activation.js";
import { add, mul } from "../../ops/arithmetic.js";
import { linear } from "../../ops/linear-algebra.js";
import { concat, expand, reshape, slice, split } from "../../ops/movement.js";
import { groupNorm } from "../../ops/normalization.js";
import { resizeNearest } from "../../ops/resample.js";
import type { StateDict } from "../../weights/state-dict.js";
import type { ModelFile } from "../model-file.js";
import { parsed } from "../parse.js";
import type { Prior } from "../prior.js";
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

const whole = z.int().positive();
/** Of channels, that are normalised together. */
const GROUPS = 32;
const channels = whole.multipleOf(GROUPS);

const configSchema = z.object({
  model_type: z.literal("latent_prior", 'only model_type "latent_prior" can be used'),
  embedding_size: whole,
  condition_size: whole,
  seed_channels: whole,
  seed_side: whole.max(64),
  levels: z.array(z.object({ channels, blocks: whole.max(64) })).min(1).max(6), // biome-ignore format: one thought
  latent_channels: whole,
  looks: z
    .array(z.string().min(1).max(100))
    .min(1)
    .refine((names) => new Set(names).size === names.length, "a name is given twice"),
  phrases: z.array(z.string().min(1).max(100)).max(100_000).default([]),
});
type Config = z.infer<typeof configSchema>;

interface Block {
  /** The condition to a scale and a shift of every channel */
  readonly film: Affine;
  readonly norm1: Norm;
  readonly conv1: Affine;
  readonly norm2: Norm;
  readonly conv2: Affine;
}

interface Weights {
  /** [looks,E] */
  readonly looks: Tensor;
  readonly in1: Affine;
  readonly in2: Affine;
  readonly seed: Affine;
  /** From the small side up; the side doubles between two of them */
  readonly levels: readonly { readonly enter: Affine; readonly blocks: readonly Block[] }[];
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
    side: config.seed_side * 2 ** (config.levels.length - 1),
    looks: config.looks,
    phrases: new Set(config.phrases),
    latent: (text, look) => latent(weights, config, text, look),
    files,
  };
}

function weightsOf(from: WeightTaker, config: Config): Weights {
  const { embedding_size, condition_size, seed_channels, seed_side, latent_channels } = config;
  const last = (config.levels.at(-1) as Config["levels"][number]).channels;
  const weights = {
    looks: from.take("looks.weight", [config.looks.length, embedding_size]),
    in1: from.affine("in1", [condition_size, 2 * embedding_size]),
    in2: from.affine("in2", [condition_size, condition_size]),
    seed: from.affine("seed", [seed_channels * seed_side ** 2, condition_size]),
    levels: config.levels.map(({ channels: width, blocks }, i) => ({
      enter: from.affine(`levels.${i}.enter`, [width, config.levels[i - 1]?.channels ?? seed_channels, 1, 1]),
      blocks: numbered(blocks, (j) => blockOf(from, `levels.${i}.blocks.${j}`, width, condition_size)),
    })),
    normOut: normOf(from, "norm_out", last),
    convOut: from.affine("conv_out", [latent_channels, last, 3, 3]),
  };
  from.finish([]);
  return weights;
}

function blockOf(from: WeightTaker, key: string, width: number, condition: number): Block {
  return {
    film: from.affine(`${key}.film`, [2 * width, condition]),
    norm1: normOf(from, `${key}.norm1`, width),
    conv1: from.affine(`${key}.conv1`, [width, width, 3, 3]),
    norm2: normOf(from, `${key}.norm2`, width),
    conv2: from.affine(`${key}.conv2`, [width, width, 3, 3]),
  };
}

const normOf = (from: WeightTaker, key: string, width: number): Norm => ({
  ...from.affine(key, [width]),
  groups: GROUPS,
});

/**
 * The condition is a small network's answer to text and look; it makes a map of `seed_side` a side, which levels of
 * residual blocks carry up.
 *
 * @param text unit embeddings [n,E]
 * @returns [n,D,side,side]
 */
function latent(weights: Weights, { embedding_size, seed_channels, seed_side }: Config, text: Tensor, look: number) {
  const [n] = text.shape as [number];
  requires(
    text.rank === 2 && text.shape[1] === embedding_size,
    "SHAPE_MISMATCH",
    () => `latent(): needs embeddings [n,${embedding_size}], got ${text}`,
  );
  const style = expand(slice(weights.looks, 0, look, look + 1), [n, embedding_size]);
  const read = concat([mul(text, Math.sqrt(embedding_size)), style], 1);
  const apply = (x: Tensor, { weight, bias }: Affine) => linear(x, weight, bias);
  const condition = silu(apply(silu(apply(read, weights.in1)), weights.in2));
  const seed = reshape(apply(condition, weights.seed), [n, seed_channels, seed_side, seed_side]);
  const features = weights.levels.reduce((x, { enter, blocks }, i) => {
    const entered = convolve(x, enter); // before the doubling: a 1x1 convolution gives the same there, on a quarter
    return blocks.reduce((h, block) => modulated(h, block, condition), i > 0 ? resizeNearest(entered, 2) : entered);
  }, seed);
  return convolve(normSilu(features, weights.normOut), weights.convOut);
}

/** x + conv2(silu(norm2(conv1(silu(norm1(x) * (1 + scale) + shift))))), scale and shift linear in the condition */
function modulated(x: Tensor, { film, norm1, conv1, norm2, conv2 }: Block, condition: Tensor): Tensor {
  const [n, width] = x.shape as [number, number];
  const [scale, shift] = split(linear(condition, film.weight, film.bias), 1, [width, width]).map((part) =>
    reshape(part, [n, width, 1, 1]),
  ) as [Tensor, Tensor];
  const h = add(
    mul(groupNorm(x, norm1.weight, norm1.bias, { groups: GROUPS, epsilon: EPSILON }), add(scale, 1)),
    shift,
  );
  return add(x, convolve(normSilu(convolve(silu(h), conv1), norm2), conv2));
}
