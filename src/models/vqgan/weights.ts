/** taming-transformers' names of a VQGAN's arrays, beside ours. */
import type { Affine } from "../../nn/layers.js";
import { numbered, type WeightTaker } from "../take-weights.js";
import type { AttentionBlockWeights, LevelWeights, MiddleWeights, ResidualWeights } from "./blocks.js";
import { decoderLevels, encoderLevels, type Level, type VqganConfig } from "./config.js";
import type { DecoderWeights } from "./decoder.js";
import type { EncoderWeights } from "./encoder.js";
import type { QuantizerWeights } from "./quantizer.js";

export interface VqganWeights {
  /** Absent where the checkpoint holds no encoder: such a model draws, but cannot begin from a picture. */
  readonly encoder?: EncoderWeights;
  readonly quantizer: QuantizerWeights;
  readonly decoder: DecoderWeights;
}

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
    quantizer: quantizerWeights(from, config),
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
  const levels = encoderLevels(config);
  const last = levels.length - 1;
  // A level without blocks cannot change its channels: they stay what the level above had.
  const leaving = (i: number): number => (config.blocksPerLevel > 0 ? (levels[i] as Level).channels : entering(i));
  const entering = (i: number): number => (i === 0 ? config.channels : leaving(i - 1));
  const bottom = leaving(last);
  return {
    convIn: from.affine("encoder.conv_in", [config.channels, 3, 3, 3]),
    levels: levels.map((level, i) => {
      const stage = levelWeights(from, `encoder.down.${i}`, entering(i), level, config.blocksPerLevel);
      const channels = leaving(i);
      return i === last
        ? stage
        : { ...stage, resample: from.affine(`encoder.down.${i}.downsample.conv`, [channels, channels, 3, 3]) };
    }),
    middle: middleWeights(from, "encoder.mid", bottom),
    normOut: from.affine("encoder.norm_out", [bottom]),
    convOut: from.affine("encoder.conv_out", [config.latentChannels, bottom, 3, 3]),
    quantConv: from.affine("quant_conv", [config.codeChannels, config.latentChannels, 1, 1]),
  };
}

function decoderWeights(from: WeightTaker, config: VqganConfig): DecoderWeights {
  const levels = decoderLevels(config);
  const last = levels.length - 1;
  const bottom = (levels[0] as Level).channels;
  const full = (levels[last] as Level).channels;
  const entering = (i: number) => (i === 0 ? bottom : (levels[i - 1] as Level).channels);
  return {
    postQuantConv: from.affine("post_quant_conv", [config.latentChannels, config.codeChannels, 1, 1]),
    convIn: from.affine("decoder.conv_in", [bottom, config.latentChannels, 3, 3]),
    middle: middleWeights(from, "decoder.mid", bottom),
    levels: levels.map((level, i) => {
      const key = `decoder.up.${last - i}`; // numbered from the full side
      const stage = levelWeights(from, key, entering(i), level, config.blocksPerLevel + 1);
      const { channels } = level;
      return i === last
        ? stage
        : { ...stage, resample: from.affine(`${key}.upsample.conv`, [channels, channels, 3, 3]) };
    }),
    normOut: from.affine("decoder.norm_out", [full]),
    convOut: from.affine("decoder.conv_out", [3, full, 3, 3]),
  };
}

function levelWeights(
  from: WeightTaker,
  key: string,
  entering: number,
  { channels, attends }: Level,
  count: number,
): LevelWeights {
  return {
    blocks: numbered(count, (j) => residualWeights(from, `${key}.block.${j}`, j === 0 ? entering : channels, channels)),
    attentions: attends ? numbered(count, (j) => attentionWeights(from, `${key}.attn.${j}`, channels)) : [],
  };
}

function middleWeights(from: WeightTaker, key: string, channels: number): MiddleWeights {
  return {
    block1: residualWeights(from, `${key}.block_1`, channels, channels),
    attention: attentionWeights(from, `${key}.attn_1`, channels),
    block2: residualWeights(from, `${key}.block_2`, channels, channels),
  };
}

function residualWeights(from: WeightTaker, key: string, entering: number, leaving: number): ResidualWeights {
  const weights = {
    norm1: from.affine(`${key}.norm1`, [entering]),
    conv1: from.affine(`${key}.conv1`, [leaving, entering, 3, 3]),
    norm2: from.affine(`${key}.norm2`, [leaving]),
    conv2: from.affine(`${key}.conv2`, [leaving, leaving, 3, 3]),
  };
  return entering === leaving ? weights : { ...weights, shortcut: shortcut(from, key, entering, leaving) };
}

function shortcut(from: WeightTaker, key: string, entering: number, leaving: number): Affine {
  return from.has(`${key}.conv_shortcut.weight`)
    ? from.affine(`${key}.conv_shortcut`, [leaving, entering, 3, 3])
    : from.affine(`${key}.nin_shortcut`, [leaving, entering, 1, 1]);
}

function attentionWeights(from: WeightTaker, key: string, channels: number): AttentionBlockWeights {
  const map = (name: string) => from.affine(`${key}.${name}`, [channels, channels, 1, 1]);
  return {
    norm: from.affine(`${key}.norm`, [channels]),
    attention: { query: map("q"), key: map("k"), value: map("v"), output: map("proj_out") },
  };
}
