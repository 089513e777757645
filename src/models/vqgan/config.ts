/** What a taming-transformers yaml says about its first stage: a VQModel, a GumbelVQ, or the first stage of a transformer. */
import { parse } from "yaml";
import { z } from "zod";
import { VqganClipError } from "../../core/errors.js";
import { parsed } from "../parse.js";

export interface VqganConfig {
  readonly kind: "vq" | "gumbel";
  /** In front of every key of the model in its checkpoint; "" unless it is part of a larger one. */
  readonly prefix: string;
  /** D, channels of a code */
  readonly codeChannels: number;
  /** K, entries of the codebook */
  readonly codes: number;
  /** Channels between the convolutions and the codes */
  readonly latentChannels: number;
  /** Side of the training pictures; decides, with `attentionResolutions`, which levels attend. */
  readonly resolution: number;
  readonly channels: number;
  /** Channels of each level, as multiples of `channels`; every level but the last halves the side. */
  readonly multipliers: readonly number[];
  readonly blocksPerLevel: number;
  readonly attentionResolutions: readonly number[];
}

const whole = z.int().positive();

const architectureSchema = z.object({
  ch: whole,
  ch_mult: z.array(whole).min(1),
  num_res_blocks: z.int().nonnegative(),
  attn_resolutions: z.array(whole),
  resolution: whole,
  z_channels: whole,
  in_channels: z.literal(3, "only models of RGB pictures can be used").default(3),
  out_ch: z.literal(3, "only models of RGB pictures can be used").default(3),
  double_z: z.literal(false, "codes are not drawn from a distribution in any VQGAN").default(false),
  resamp_with_conv: z.literal(true, "levels joined without a convolution are not supported").default(true),
});

const paramsSchema = z.object({ embed_dim: whole, n_embed: whole, ddconfig: architectureSchema });

const modelSchema = z.object({ target: z.string(), params: z.record(z.string(), z.unknown()) });

/** By the class's own name, since forks move the modules about. */
const kinds: Readonly<Record<string, VqganConfig["kind"]>> = {
  VQModel: "vq",
  VQModelInterface: "vq",
  VQNoDiscModel: "vq",
  EMAVQ: "vq",
  GumbelVQ: "gumbel",
};

/** @throws BAD_MODEL, naming `origin` and the key */
export function parseVqganConfig(yaml: string, origin = "config.yaml"): VqganConfig {
  const file = parsed(z.object({ model: modelSchema }), parseYaml(yaml, origin), origin);
  const { model } = file;
  const firstStage = model.params.first_stage_config;
  return firstStage === undefined
    ? configOf(model, "", origin)
    : configOf(parsed(modelSchema, firstStage, `${origin}: first_stage_config`), "first_stage_model.", origin);
}

function configOf({ target, params }: z.infer<typeof modelSchema>, prefix: string, origin: string): VqganConfig {
  const kind = kinds[target.slice(target.lastIndexOf(".") + 1)];
  if (!kind) {
    const known = Object.keys(kinds).join(", ");
    throw new VqganClipError("BAD_MODEL", `${origin}: target ${target} is no VQGAN`, `known classes: ${known}`);
  }
  const { embed_dim, n_embed, ddconfig } = parsed(paramsSchema, params, `${origin}: params`);
  return {
    kind,
    prefix,
    codeChannels: embed_dim,
    codes: n_embed,
    latentChannels: ddconfig.z_channels,
    resolution: ddconfig.resolution,
    channels: ddconfig.ch,
    multipliers: ddconfig.ch_mult,
    blocksPerLevel: ddconfig.num_res_blocks,
    attentionResolutions: ddconfig.attn_resolutions,
  };
}

/** f: how many pixels a side one code stands for. */
export function factorOf({ multipliers }: VqganConfig): number {
  return 2 ** (multipliers.length - 1);
}

/** What a level of the encoder or the decoder consists of. */
export interface Level {
  readonly channels: number;
  /** Decided by the side of the training pictures at this level, whatever the side of the actual picture. */
  readonly attends: boolean;
}

/** From the full side down. */
export function encoderLevels({ channels, multipliers, resolution, attentionResolutions }: VqganConfig): Level[] {
  return multipliers.map((multiplier, i) => ({
    channels: channels * multiplier,
    attends: attentionResolutions.includes(Math.floor(resolution / 2 ** i)),
  }));
}

/** From the smallest side up, doubled from there: an odd training side gives other sides than the encoder's. */
export function decoderLevels(config: VqganConfig): Level[] {
  const smallest = Math.floor(config.resolution / factorOf(config));
  return config.multipliers.toReversed().map((multiplier, i) => ({
    channels: config.channels * multiplier,
    attends: config.attentionResolutions.includes(smallest * 2 ** i),
  }));
}

function parseYaml(yaml: string, origin: string): unknown {
  try {
    return parse(yaml);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VqganClipError("BAD_MODEL", `${origin}: not a yaml file: ${reason}`, undefined, { cause });
  }
}
