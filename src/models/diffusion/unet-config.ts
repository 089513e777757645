/** What a U-Net is made of, and `config.json` of the diffusers library's UNet2DConditionModel, which says it, checked. */
import * as z from "zod";
import { requires, VqganClipError } from "../../core/errors.js";
import { parsed } from "../parse.js";
import type { Sinusoids } from "./time-embedding.js";

/** One level of the net, down or up. */
export interface UNetLevel {
  readonly channels: number;
  /** How many residual blocks */
  readonly blocks: number;
  /** Transformer layers behind each of them; 0 where the level does not attend */
  readonly transformers: number;
  readonly heads: number;
  /** In nets without texts, of the positions behind each of them to each other, with a norm of so many groups before, or none */
  readonly attention: { readonly groups: number | undefined } | undefined;
  /** How the side changes at its end: by a convolution, or within a residual block */
  readonly resample: "convolution" | "residual";
}

export interface UNetConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Side of the training pictures' latents */
  readonly sampleSize: number;
  /** From the full side down; every level but the last halves the side. */
  readonly down: readonly UNetLevel[];
  /** From the smallest side up */
  readonly up: readonly UNetLevel[];
  /** Of the attention between the two middle blocks; undefined where there is no middle */
  readonly middle: Pick<UNetLevel, "transformers" | "heads" | "attention"> | undefined;
  /** Channels of a token of the text; 0 for nets without */
  readonly textWidth: number;
  readonly groups: number;
  /** Of the residual blocks' norms */
  readonly epsilon: number;
  /** Whether the maps around the transformers are linear ones of tokens, not 1x1 convolutions */
  readonly linearProjection: boolean;
  /** Whether time scales and shifts the second norm, instead of being added before it */
  readonly timeScales: boolean;
  readonly time: Sinusoids & {
    /** Width of the embedding of the guidance, where the net is told it */
    readonly guidanceWidth: number | undefined;
  };
  /** Where time is told together with the text's own embedding and the picture's size: channels of each number of the size, and of all */
  readonly addition?: { readonly width: number; readonly inputs: number };
}

const whole = z.int().positive();
const oneOrMany = z.union([whole, z.array(whole).min(1)]);
/** What another value would change in the net. */
const only = <Value extends z.core.util.Literal>(value: Value) => z.literal(value).default(value as never);
const absent = z.null().optional();

const downTypes = ["DownBlock2D", "CrossAttnDownBlock2D"] as const;
const upTypes = ["UpBlock2D", "CrossAttnUpBlock2D"] as const;

const schema = z.object({
  _class_name: z.literal("UNet2DConditionModel"),
  sample_size: z.union([whole, z.array(whole).min(1)]).default(64),
  in_channels: whole.default(4),
  out_channels: whole.default(4),
  down_block_types: z.array(z.enum(downTypes)).min(1),
  up_block_types: z.array(z.enum(upTypes)).min(1),
  mid_block_type: z.literal("UNetMidBlock2DCrossAttn").nullable().default("UNetMidBlock2DCrossAttn"),
  block_out_channels: z.array(whole).min(1).default([320, 640, 1280, 1280]),
  layers_per_block: oneOrMany.default(2),
  transformer_layers_per_block: oneOrMany.default(1),
  cross_attention_dim: oneOrMany.default(1280),
  /** In truth a number of heads, a misnomer of the library's that stayed. */
  attention_head_dim: oneOrMany.default(8),
  num_attention_heads: oneOrMany.nullish(),
  norm_num_groups: whole.default(32),
  norm_eps: z.number().positive().default(1e-5),
  use_linear_projection: z.boolean().default(false),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
  time_cond_proj_dim: whole.nullish(),
  resnet_time_scale_shift: z.enum(["default", "scale_shift"]).default("default"),
  act_fn: only("silu"),
  attention_type: only("default"),
  center_input_sample: only(false),
  conv_in_kernel: only(3),
  conv_out_kernel: only(3),
  downsample_padding: only(1),
  dual_cross_attention: only(false),
  mid_block_scale_factor: only(1),
  resnet_out_scale_factor: only(1),
  resnet_skip_time_act: only(false),
  time_embedding_type: only("positional"),
  addition_embed_type: z.literal("text_time").nullish(),
  addition_time_embed_dim: whole.nullish(),
  projection_class_embeddings_input_dim: whole.nullish(),
  class_embed_type: absent,
  cross_attention_norm: absent,
  encoder_hid_dim: absent,
  encoder_hid_dim_type: absent,
  num_class_embeds: absent,
  reverse_transformer_layers_per_block: absent,
  time_embedding_act_fn: absent,
  time_embedding_dim: absent,
  timestep_post_act: absent,
});

/** Of every level: texts are looked at by transformers. */
const plain = { attention: undefined, resample: "convolution" } as const;

/** @throws BAD_MODEL naming `origin`, the key, and what is read */
export function parseUNetConfig(config: unknown, origin: string): UNetConfig {
  const file = parsed(schema, config, origin, "only the plain nets of Stable Diffusion and SDXL are read");
  const { block_out_channels: channels, down_block_types: down, up_block_types: up } = file;
  const count = channels.length;
  const each = (name: keyof typeof file, value: number | readonly number[]): readonly number[] => {
    const list = typeof value === "number" ? new Array<number>(count).fill(value) : value;
    requires(
      list.length === count,
      "BAD_MODEL",
      () =>
        `${origin}: ${name}: expected a number or ${count}, one for each of block_out_channels, found ${list.length}`,
    );
    return list;
  };
  for (const [name, types] of [
    ["down_block_types", down],
    ["up_block_types", up],
  ] as const) {
    requires(
      types.length === count,
      "BAD_MODEL",
      () => `${origin}: ${count} block_out_channels and ${types.length} ${name} do not fit`,
    );
  }
  const [textWidth, ...others] = each("cross_attention_dim", file.cross_attention_dim) as [number, ...number[]];
  if (others.some((width) => width !== textWidth)) {
    throw new VqganClipError("BAD_MODEL", `${origin}: cross_attention_dim: expected one width, found several`);
  }
  const { addition_time_embed_dim: width, projection_class_embeddings_input_dim: inputs } = file;
  const adds = file.addition_embed_type === "text_time";
  requires(
    !adds || (width && inputs && file.resnet_time_scale_shift === "default"),
    "BAD_MODEL",
    () =>
      `${origin}: addition_embed_type "text_time" needs addition_time_embed_dim and projection_class_embeddings_input_dim, and time that is added`,
  );
  const blocks = each("layers_per_block", file.layers_per_block);
  const transformers = each("transformer_layers_per_block", file.transformer_layers_per_block);
  const heads = each("attention_head_dim", file.num_attention_heads ?? file.attention_head_dim);
  const sample = file.sample_size;
  return {
    inChannels: file.in_channels,
    outChannels: file.out_channels,
    sampleSize: typeof sample === "number" ? sample : (sample[0] as number),
    down: channels.map((width, i) => ({
      channels: width,
      blocks: blocks[i] as number,
      transformers: down[i] === "CrossAttnDownBlock2D" ? (transformers[i] as number) : 0,
      heads: heads[i] as number,
      ...plain,
    })),
    up: up.map((type, i) => {
      const from = count - 1 - i;
      return {
        channels: channels[from] as number,
        blocks: (blocks[from] as number) + 1,
        transformers: type === "CrossAttnUpBlock2D" ? (transformers[from] as number) : 0,
        heads: heads[from] as number,
        ...plain,
      };
    }),
    middle: file.mid_block_type
      ? { transformers: transformers.at(-1) as number, heads: heads.at(-1) as number, attention: undefined }
      : undefined,
    textWidth,
    groups: file.norm_num_groups,
    epsilon: file.norm_eps,
    linearProjection: file.use_linear_projection,
    timeScales: file.resnet_time_scale_shift === "scale_shift",
    time: {
      cosineFirst: file.flip_sin_to_cos,
      shift: file.freq_shift,
      guidanceWidth: file.time_cond_proj_dim ?? undefined,
    },
    ...(adds && width && inputs && { addition: { width, inputs } }),
  };
}
