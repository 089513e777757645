/** `config.json` of the diffusers library's UNet2DModel, a net of pictures that reads no text: what it says, checked. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { parsed } from "../parse.js";
import type { UNetConfig, UNetLevel } from "./unet-config.js";

const whole = z.int().positive();
/** What another value would change in the net. */
const only = <Value extends z.core.util.Literal>(value: Value) => z.literal(value).default(value as never);
const NO_CLASSES = "a net of classes is not read";

const downTypes = ["DownBlock2D", "AttnDownBlock2D", "ResnetDownsampleBlock2D"] as const;
const upTypes = ["UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"] as const;
const resampleTypes = z.enum(["conv", "resnet"]).default("conv");

const schema = z.object({
  _class_name: z.literal("UNet2DModel"),
  sample_size: z.union([whole, z.array(whole).min(1)]),
  in_channels: whole.default(3),
  out_channels: whole.default(3),
  down_block_types: z.array(z.enum(downTypes)).min(1),
  up_block_types: z.array(z.enum(upTypes)).min(1),
  mid_block_type: z.literal("UNetMidBlock2D").nullable().default("UNetMidBlock2D"),
  add_attention: z.boolean().default(true),
  block_out_channels: z.array(whole).min(1),
  layers_per_block: whole.default(2),
  downsample_type: resampleTypes,
  upsample_type: resampleTypes,
  /** Here in truth the width of a head; null for one head */
  attention_head_dim: whole.nullable().default(8),
  norm_num_groups: whole.default(32),
  attn_norm_num_groups: whole.nullish(),
  norm_eps: z.number().positive().default(1e-5),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
  resnet_time_scale_shift: z.enum(["default", "scale_shift"]).default("default"),
  act_fn: only("silu"),
  center_input_sample: only(false),
  downsample_padding: only(1),
  mid_block_scale_factor: only(1),
  time_embedding_type: only("positional"),
  time_embedding_dim: z.null().optional(),
  class_embed_type: z.null(NO_CLASSES).optional(),
  num_class_embeds: z.null(NO_CLASSES).optional(),
});
type Config = z.infer<typeof schema>;

/** @throws BAD_MODEL naming `origin`, the key, and what is read */
export function parsePixelUNetConfig(config: unknown, origin: string): UNetConfig {
  const file = parsed(schema, config, origin, "only nets of pictures without texts and classes are read");
  const { block_out_channels: channels, layers_per_block: layers, sample_size: sample } = file;
  for (const name of ["down_block_types", "up_block_types"] as const) {
    const { length } = file[name];
    requires(
      length === channels.length,
      "BAD_MODEL",
      () => `${origin}: ${channels.length} block_out_channels and ${length} ${name} do not fit`,
    );
  }
  const timeScales = file.resnet_time_scale_shift === "scale_shift";
  const bottom = channels.at(-1) as number;
  return {
    inChannels: file.in_channels,
    outChannels: file.out_channels,
    sampleSize: typeof sample === "number" ? sample : (sample[0] as number),
    down: channels.map((width, i) => ({
      ...levelOf(file, width, origin, file.down_block_types[i] as string, file.downsample_type),
      blocks: layers,
    })),
    up: channels.toReversed().map((width, i) => ({
      ...levelOf(file, width, origin, file.up_block_types[i] as string, file.upsample_type),
      blocks: layers + 1,
    })),
    middle: file.mid_block_type
      ? {
          transformers: 0,
          heads: headsOf(file, bottom, origin),
          attention: file.add_attention
            ? { groups: file.attn_norm_num_groups ?? (timeScales ? undefined : file.norm_num_groups) }
            : undefined,
        }
      : undefined,
    textWidth: 0,
    groups: file.norm_num_groups,
    epsilon: file.norm_eps,
    linearProjection: false,
    timeScales,
    time: { cosineFirst: file.flip_sin_to_cos, shift: file.freq_shift, guidanceWidth: undefined },
  };
}

/** Plain blocks change the side by a convolution whatever the types of resampling say, resampling ones never. */
function levelOf(
  file: Config,
  channels: number,
  origin: string,
  type: string,
  resampling: Config["upsample_type"],
): Omit<UNetLevel, "blocks"> {
  const attends = type.startsWith("Attn");
  const isResidual = type.startsWith("Resnet") || (attends && resampling === "resnet");
  return {
    channels,
    transformers: 0,
    heads: attends ? headsOf(file, channels, origin) : 1,
    attention: attends ? { groups: file.norm_num_groups } : undefined,
    resample: isResidual ? "residual" : "convolution",
  };
}

function headsOf({ attention_head_dim: width }: Config, channels: number, origin: string): number {
  requires(
    width === null || channels % width === 0,
    "BAD_MODEL",
    () => `${origin}: attention_head_dim: ${channels} channels do not split into heads of ${width}`,
  );
  return width === null ? 1 : channels / width;
}
