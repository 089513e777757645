/** `config.json` of the diffusers library's AutoencoderTiny: TAESD, the distilled autoencoder of Stable Diffusion. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { parsed } from "../parse.js";

/** A stage: a convolution, which halves or doubles the side after the first, and residual blocks. */
export interface Stage {
  readonly channels: number;
  readonly blocks: number;
}

export interface TinyConfig {
  readonly latentChannels: number;
  /** From the full side down */
  readonly encoder: readonly Stage[];
  /** From the smallest side up */
  readonly decoder: readonly Stage[];
  /** Its latents times this have a spread of about 1. */
  readonly scale: number;
}

const whole = z.int().positive();
const counts = z.array(z.int().nonnegative()).min(1);
const widths = z.array(whole).min(1);
const rgb = z.literal(3, "only models of RGB pictures can be used").default(3);

const schema = z.object({
  in_channels: rgb,
  out_channels: rgb,
  latent_channels: whole.default(4),
  encoder_block_out_channels: widths.default([64, 64, 64, 64]),
  decoder_block_out_channels: widths.default([64, 64, 64, 64]),
  num_encoder_blocks: counts.default([1, 3, 3, 3]),
  num_decoder_blocks: counts.default([3, 3, 3, 1]),
  act_fn: z.literal("relu").default("relu"),
  upsample_fn: z.literal("nearest").default("nearest"),
  upsampling_scaling_factor: z.literal(2).default(2),
  scaling_factor: z.number().positive().default(1),
});

/** @throws BAD_MODEL naming `origin` and the key */
export function parseTinyConfig(config: unknown, origin: string): TinyConfig {
  const file = parsed(schema, config, origin);
  const stages = (side: "encoder" | "decoder"): Stage[] => {
    const [channels, blocks] = [file[`${side}_block_out_channels`], file[`num_${side}_blocks`]];
    const isUniform = channels.every((width) => width === channels[0]);
    requires(
      channels.length === blocks.length && isUniform,
      "BAD_MODEL",
      () =>
        `${origin}: ${side}: expected as many blocks as channels, and these all equal, found [${blocks}] and [${channels}]`,
    );
    return channels.map((width, i) => ({ channels: width, blocks: blocks[i] as number }));
  };
  const [encoder, decoder] = [stages("encoder"), stages("decoder")];
  requires(
    encoder.length === decoder.length,
    "BAD_MODEL",
    () => `${origin}: ${encoder.length} stages down and ${decoder.length} up do not fit`,
  );
  return { latentChannels: file.latent_channels, encoder, decoder, scale: file.scaling_factor };
}
