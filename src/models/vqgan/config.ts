/**
 * What a yaml of taming-transformers or latent-diffusion says about its first stage: a VQModel, a GumbelVQ, an
 * AutoencoderKL, or the first stage of a transformer or of a diffusion model.
 */
import * as z from "zod";
import { requires, VqganClipError } from "../../core/errors.js";
import { parsed } from "../parse.js";
import { yamlValue } from "../yaml-value.js";

export interface VqganConfig {
  /** `kl` has no codes: its latent is continuous. */
  readonly kind: "vq" | "gumbel" | "kl";
  /** In front of every key of the model in its checkpoint; "" unless it is part of a larger one. */
  readonly prefix: string;
  /** D, channels of a code */
  readonly codeChannels: number;
  /** K, entries of the codebook; 0 where there is none */
  readonly codes: number;
  /** Channels between the convolutions and the codes */
  readonly latentChannels: number;
  /** Side of the training pictures */
  readonly resolution: number;
  /** Between the picture and the first level */
  readonly channels: number;
  /** From the full side down; every level but the last halves the side. */
  readonly encoder: readonly Level[];
  /** From the smallest side up */
  readonly decoder: readonly Level[];
  /** Of the encoder's levels; the decoder's have one more. */
  readonly blocksPerLevel: number;
  /** Groups of channels that norms are taken over */
  readonly groups: number;
  /** Whether the middle attends, between its two blocks */
  readonly middleAttends: boolean;
  /** Whether there are 1x1 convolutions between the latent's channels and those of a code, and back */
  readonly codeConvs: { readonly to: boolean; readonly from: boolean };
  /** A `kl` model's latents are (its own - shift) * scale, which makes their spread about 1. */
  readonly scale: number;
  readonly shift: number;
}

/** What a level of the encoder or the decoder consists of. */
export interface Level {
  readonly channels: number;
  readonly attends: boolean;
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
  double_z: z.boolean().default(false),
  resamp_with_conv: z.literal(true, "levels joined without a convolution are not supported").default(true),
});

const paramsSchema = z.object({ embed_dim: whole, ddconfig: architectureSchema });
const codesSchema = z.object({ n_embed: whole });

const modelSchema = z.object({ target: z.string(), params: z.record(z.string(), z.unknown()) });

/** By the class's own name, since forks move the modules about. */
const kinds: Readonly<Record<string, VqganConfig["kind"]>> = {
  VQModel: "vq",
  VQModelInterface: "vq",
  VQNoDiscModel: "vq",
  EMAVQ: "vq",
  GumbelVQ: "gumbel",
  AutoencoderKL: "kl",
};

/** @throws BAD_MODEL, naming `origin` and the key */
export async function parseVqganConfig(yaml: string, origin = "config.yaml"): Promise<VqganConfig> {
  const file = parsed(z.object({ model: modelSchema }), await parseYaml(yaml, origin), origin);
  const { model } = file;
  const firstStage = model.params.first_stage_config;
  if (firstStage === undefined) return configOf(model, "", origin);
  const stage = parsed(modelSchema, firstStage, `${origin}: first_stage_config`);
  const { scale_factor: scale } = parsed(scaleSchema, model.params, `${origin}: params`);
  return { ...configOf(stage, "first_stage_model.", origin), scale };
}

/** A diffusion model's own scale of its latents. */
const scaleSchema = z.object({ scale_factor: z.number().positive().default(1) });

function configOf({ target, params }: z.infer<typeof modelSchema>, prefix: string, origin: string): VqganConfig {
  const kind = kinds[target.slice(target.lastIndexOf(".") + 1)];
  if (!kind) {
    const known = Object.keys(kinds).join(", ");
    throw new VqganClipError("BAD_MODEL", `${origin}: target ${target} is no VQGAN`, `known classes: ${known}`);
  }
  const { embed_dim, ddconfig } = parsed(paramsSchema, params, `${origin}: params`);
  requires(
    ddconfig.double_z === (kind === "kl"),
    "BAD_MODEL",
    () => `${origin}: params: ddconfig.double_z: expected ${kind === "kl"} of ${target}, found ${ddconfig.double_z}`,
  );
  return {
    kind,
    prefix,
    codeChannels: embed_dim,
    codes: kind === "kl" ? 0 : parsed(codesSchema, params, `${origin}: params`).n_embed,
    latentChannels: ddconfig.z_channels,
    resolution: ddconfig.resolution,
    channels: ddconfig.ch,
    ...levelsOf(ddconfig),
    blocksPerLevel: ddconfig.num_res_blocks,
    groups: 32,
    middleAttends: true,
    codeConvs: { to: true, from: true },
    scale: 1,
    shift: 0,
  };
}

/** A level attends by the side that training pictures have there, whatever the side of the actual picture. */
function levelsOf({ ch, ch_mult, resolution, attn_resolutions }: z.infer<typeof architectureSchema>) {
  const level = (multiplier: number, side: number): Level => ({
    channels: ch * multiplier,
    attends: attn_resolutions.includes(side),
  });
  const smallest = Math.floor(resolution / 2 ** (ch_mult.length - 1));
  return {
    encoder: ch_mult.map((multiplier, i) => level(multiplier, Math.floor(resolution / 2 ** i))),
    // Doubled from the smallest side: an odd training side gives other sides than the encoder's.
    decoder: ch_mult.toReversed().map((multiplier, i) => level(multiplier, smallest * 2 ** i)),
  };
}

/** f: how many pixels a side one position of the latent stands for. */
export function factorOf({ encoder }: VqganConfig): number {
  return 2 ** (encoder.length - 1);
}

async function parseYaml(yaml: string, origin: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await yamlValue(yaml);
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n"); // a picture of the place follows
    throw new VqganClipError("BAD_MODEL", `${origin}: not a yaml file: ${reason}`, undefined, { cause });
  }
  requires(
    typeof value === "object" && value !== null,
    "BAD_MODEL",
    () => `${origin}: expected keys and values (model: ...), found ${value === null ? "nothing" : "a line of text"}`,
    "take the yaml that was published with the checkpoint",
  );
  return value;
}
