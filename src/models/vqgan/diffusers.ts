/** The diffusers library's form of the same models: its `config.json`, and its names of their arrays. */
import * as z from "zod";
import { VqganClipError } from "../../core/errors.js";
import type { StateDict } from "../../weights/state-dict.js";
import { parsed } from "../parse.js";
import type { Level, VqganConfig } from "./config.js";

const whole = z.int().positive();
const rgb = z.literal(3, "only models of RGB pictures can be used").default(3);

const commonSchema = z.object({
  in_channels: rgb,
  out_channels: rgb,
  down_block_types: z.array(z.enum(["DownEncoderBlock2D", "AttnDownEncoderBlock2D"])).min(1),
  up_block_types: z.array(z.enum(["UpDecoderBlock2D", "AttnUpDecoderBlock2D"])).min(1),
  block_out_channels: z.array(whole).min(1),
  layers_per_block: z.int().nonnegative().default(1),
  act_fn: z.literal("silu").default("silu"),
  norm_num_groups: whole.default(32),
  sample_size: z.union([whole, z.array(whole).min(1)]).default(32),
  mid_block_add_attention: z.boolean().default(true),
});

const vqSchema = commonSchema.extend({
  latent_channels: whole.default(3),
  num_vq_embeddings: whole.default(256),
  vq_embed_dim: whole.nullish(),
  norm_type: z.literal("group", "norms that look at the latent are not supported").default("group"),
});

const klSchema = commonSchema.extend({
  latent_channels: whole.default(4),
  scaling_factor: z.number().positive().default(0.18215),
  shift_factor: z.number().nullish(),
  use_quant_conv: z.boolean().default(true),
  use_post_quant_conv: z.boolean().default(true),
});

/** @throws BAD_MODEL naming `origin` and the key */
export function parseDiffusersConfig(config: unknown, origin: string): VqganConfig {
  const { _class_name: kind } = parsed(z.object({ _class_name: z.string() }), config, origin);
  if (kind === "VQModel") {
    const file = parsed(vqSchema, config, origin);
    return {
      kind: "vq",
      ...common(file, origin),
      codeChannels: file.vq_embed_dim ?? file.latent_channels,
      codes: file.num_vq_embeddings,
      latentChannels: file.latent_channels,
      codeConvs: { to: true, from: true },
      scale: 1,
      shift: 0,
    };
  }
  if (kind === "AutoencoderKL") {
    const file = parsed(klSchema, config, origin);
    return {
      kind: "kl",
      ...common(file, origin),
      codeChannels: file.latent_channels,
      codes: 0,
      latentChannels: file.latent_channels,
      codeConvs: { to: file.use_quant_conv, from: file.use_post_quant_conv },
      scale: file.scaling_factor,
      shift: file.shift_factor ?? 0,
    };
  }
  throw new VqganClipError(
    "BAD_MODEL",
    `${origin}: a ${kind} is no generator of pictures that is known here`,
    "known classes: VQModel, AutoencoderKL, AutoencoderTiny",
  );
}

function common(file: z.infer<typeof commonSchema>, origin: string) {
  const { block_out_channels: channels, down_block_types: down, up_block_types: up } = file;
  if (down.length !== channels.length || up.length !== channels.length) {
    throw new VqganClipError(
      "BAD_MODEL",
      `${origin}: ${channels.length} block_out_channels, ${down.length} down_block_types and ${up.length} up_block_types do not fit`,
    );
  }
  const sample = file.sample_size;
  const attends = (type: string) => type.startsWith("Attn");
  const encoder = channels.map((width, i): Level => ({ channels: width, attends: attends(down[i] as string) }));
  return {
    prefix: "",
    resolution: typeof sample === "number" ? sample : (sample[0] as number),
    channels: channels[0] as number,
    encoder,
    decoder: channels.toReversed().map((width, i): Level => ({ channels: width, attends: attends(up[i] as string) })),
    blocksPerLevel: file.layers_per_block,
    groups: file.norm_num_groups,
    middleAttends: file.mid_block_add_attention,
  };
}

/** What a checkpoint of the library calls the arrays that `weights.ts` names as taming-transformers does. */
export function diffusersNames(dict: StateDict, { decoder }: VqganConfig): (key: string) => string {
  // Files from before 2023 name the maps of attention as the first version did.
  const isOld = dict.names.some((name) => name.endsWith(".proj_attn.weight"));
  const maps: Readonly<Record<string, string>> = isOld
    ? { q: "query", k: "key", v: "value", proj_out: "proj_attn" }
    : { q: "to_q", k: "to_k", v: "to_v", proj_out: "to_out.0" };
  return (key) =>
    key
      .replace(/\.mid\.block_(\d)\./, (_, n) => `.mid_block.resnets.${Number(n) - 1}.`)
      .replace(".mid.attn_1.", ".mid_block.attentions.0.")
      .replace(/\.down\.(\d+)\./, ".down_blocks.$1.")
      .replace(/\.up\.(\d+)\./, (_, i) => `.up_blocks.${decoder.length - 1 - Number(i)}.`) // from the smallest side
      .replace(".block.", ".resnets.")
      .replace(".attn.", ".attentions.")
      .replace(".downsample.", ".downsamplers.0.")
      .replace(".upsample.", ".upsamplers.0.")
      .replace(".nin_shortcut.", ".conv_shortcut.")
      .replace(".norm_out.", ".conv_norm_out.")
      .replace(/(\.attentions\.\d+)\.norm\./, "$1.group_norm.")
      .replace(/(\.attentions\.\d+)\.(q|k|v|proj_out)\./, (_, block, map) => `${block}.${maps[map]}.`);
}
