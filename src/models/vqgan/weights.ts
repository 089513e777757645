/** taming-transformers' names of a model's arrays, beside ours; `diffusers.ts` has that library's names for them. */
import { requires } from "../../core/errors.js";
import type { Affine } from "../../nn/layers.js";
import { reshape } from "../../ops/layout.js";
import { numbered, type WeightTaker } from "../take-weights.js";
import type { AttentionBlockWeights, LevelWeights, MiddleWeights, Norm, ResidualWeights } from "./blocks.js";
import type { Level, VqganConfig } from "./config.js";
import type { DecoderWeights } from "./decoder.js";
import type { EncoderWeights } from "./encoder.js";
import type { QuantizerWeights } from "./quantizer.js";

export interface VqganWeights {
  /** Absent where the checkpoint holds no encoder: such a model draws, but cannot begin from a picture. */
  readonly encoder?: EncoderWeights;
  /** Absent where the latent is continuous. */
  readonly quantizer?: QuantizerWeights;
  readonly decoder: DecoderWeights;
}

/** Of all its norms */
const EPSILON = 1e-6;

/** What training left behind: the discriminator and perceptual net of the loss, averages of the codebook, a palette. */
const ignored = [
  /^loss\./,
  /^colorize$/,
  /^quantize\.(cluster_size|embed_avg|embedding\.(cluster_size|embed_avg))$/,
  /^model_ema\./,
];

/** @throws BAD_MODEL naming the keys that are missing, surplus, or of another shape */
export function vqganWeights(from: WeightTaker, config: VqganConfig): VqganWeights {
  const weights = {
    ...(from.has("encoder.conv_in.weight") && { encoder: encoderWeights(from, config) }),
    ...(config.kind !== "kl" && { quantizer: quantizerWeights(from, config) }),
    decoder: decoderWeights(from, config),
  };
  // Without its encoder a checkpoint may still hold the map behind it.
  from.finish(weights.encoder ? ignored : [...ignored, /^quant_conv\./]);
  return weights;
}

function quantizerWeights(
  from: WeightTaker,
  { kind, codes, codeChannels, latentChannels }: VqganConfig,
): QuantizerWeights {
  if (kind === "vq") return { codebook: from.take("quantize.embedding.weight", [codes, codeChannels]) };
  return {
    codebook: from.take("quantize.embed.weight", [codes, codeChannels]),
    logits: from.affine("quantize.proj", [codes, latentChannels, 1, 1]),
  };
}

function encoderWeights(from: WeightTaker, config: VqganConfig): EncoderWeights {
  const levels = config.encoder;
  const last = levels.length - 1;
  const doubled = config.kind === "kl" ? 2 : 1; // mean and variance
  // A level without blocks cannot change its channels: they stay what the level above had.
  const leaving = (i: number): number => (config.blocksPerLevel > 0 ? (levels[i] as Level).channels : entering(i));
  const entering = (i: number): number => (i === 0 ? config.channels : leaving(i - 1));
  const bottom = leaving(last);
  return {
    convIn: from.affine("encoder.conv_in", [config.channels, 3, 3, 3]),
    levels: levels.map((level, i) => {
      const stage = levelWeights(from, config, `encoder.down.${i}`, {
        entering: entering(i),
        ...level,
        count: config.blocksPerLevel,
      });
      const channels = leaving(i);
      return i === last
        ? stage
        : { ...stage, resample: from.affine(`encoder.down.${i}.downsample.conv`, [channels, channels, 3, 3]) };
    }),
    middle: middleWeights(from, config, "encoder.mid", bottom),
    normOut: norm(from, config, "encoder.norm_out", bottom),
    convOut: from.affine("encoder.conv_out", [doubled * config.latentChannels, bottom, 3, 3]),
    ...(config.codeConvs.to && {
      quantConv: from.affine("quant_conv", [doubled * config.codeChannels, doubled * config.latentChannels, 1, 1]),
    }),
  };
}

function decoderWeights(from: WeightTaker, config: VqganConfig): DecoderWeights {
  const levels = config.decoder;
  const last = levels.length - 1;
  const bottom = (levels[0] as Level).channels;
  const full = (levels[last] as Level).channels;
  const entering = (i: number) => (i === 0 ? bottom : (levels[i - 1] as Level).channels);
  return {
    ...(config.codeConvs.from && {
      postQuantConv: from.affine("post_quant_conv", [config.latentChannels, config.codeChannels, 1, 1]),
    }),
    convIn: from.affine("decoder.conv_in", [bottom, config.latentChannels, 3, 3]),
    middle: middleWeights(from, config, "decoder.mid", bottom),
    levels: levels.map((level, i) => {
      const key = `decoder.up.${last - i}`; // numbered from the full side
      const stage = levelWeights(from, config, key, {
        entering: entering(i),
        ...level,
        count: config.blocksPerLevel + 1,
      });
      const { channels } = level;
      return i === last
        ? stage
        : { ...stage, resample: from.affine(`${key}.upsample.conv`, [channels, channels, 3, 3]) };
    }),
    normOut: norm(from, config, "decoder.norm_out", full),
    convOut: from.affine("decoder.conv_out", [3, full, 3, 3]),
  };
}

interface LevelPlan extends Level {
  /** Channels that come in */
  readonly entering: number;
  readonly count: number;
}

function levelWeights(from: WeightTaker, config: VqganConfig, key: string, plan: LevelPlan): LevelWeights {
  const { entering, channels, attends, count } = plan;
  return {
    blocks: numbered(count, (j) =>
      residualWeights(from, config, `${key}.block.${j}`, j === 0 ? entering : channels, channels),
    ),
    attentions: attends ? numbered(count, (j) => attentionWeights(from, config, `${key}.attn.${j}`, channels)) : [],
  };
}

function middleWeights(from: WeightTaker, config: VqganConfig, key: string, channels: number): MiddleWeights {
  return {
    block1: residualWeights(from, config, `${key}.block_1`, channels, channels),
    ...(config.middleAttends && { attention: attentionWeights(from, config, `${key}.attn_1`, channels) }),
    block2: residualWeights(from, config, `${key}.block_2`, channels, channels),
  };
}

function residualWeights(
  from: WeightTaker,
  config: VqganConfig,
  key: string,
  entering: number,
  leaving: number,
): ResidualWeights {
  return {
    norm1: norm(from, config, `${key}.norm1`, entering),
    conv1: from.affine(`${key}.conv1`, [leaving, entering, 3, 3]),
    norm2: norm(from, config, `${key}.norm2`, leaving),
    conv2: from.affine(`${key}.conv2`, [leaving, leaving, 3, 3]),
    ...(entering !== leaving && { shortcut: from.affine(`${key}.nin_shortcut`, [leaving, entering, 1, 1]) }),
  };
}

/** Maps of single positions may be stored as linear ones. */
function attentionWeights(
  from: WeightTaker,
  config: VqganConfig,
  key: string,
  channels: number,
): AttentionBlockWeights {
  const map = (name: string): Affine => {
    const linear = from.shapeOf(`${key}.${name}.weight`)?.length === 2;
    const { weight, bias } = from.affine(`${key}.${name}`, linear ? [channels, channels] : [channels, channels, 1, 1]);
    return { weight: linear ? reshape(weight, [channels, channels, 1, 1]) : weight, bias };
  };
  return {
    norm: norm(from, config, `${key}.norm`, channels),
    attention: { query: map("q"), key: map("k"), value: map("v"), output: map("proj_out") },
  };
}

function norm(from: WeightTaker, { groups }: VqganConfig, key: string, channels: number): Norm {
  requires(
    channels % groups === 0,
    "BAD_MODEL",
    () => `${key}: ${channels} channels do not split into ${groups} groups`,
  );
  return { ...from.affine(key, [channels]), groups, epsilon: EPSILON };
}
