/** What the folder of a convolutional CLIP says about its model, checked; nothing but the text tower's settings has defaults. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { type PixelScale, parsePixelScale, parseTextConfig, type TextConfig } from "../clip/config.js";
import { parsed } from "../parse.js";

export interface StemConfig {
  readonly kernel: number;
  readonly stride: number;
}

export interface ConvolutionalImageConfig {
  /** Side S of the pictures it looks at */
  readonly size: number;
  readonly stem: StemConfig;
  /** Channels of each stage */
  readonly widths: readonly number[];
  /** Blocks of each stage */
  readonly depths: readonly number[];
}

export interface ConvolutionalClipConfig extends PixelScale {
  readonly embeddingSize: number;
  readonly text: TextConfig;
  readonly image: ConvolutionalImageConfig;
}

/** Cells g along a side of the last stage. */
export function lastGridOf({ size, stem, widths }: ConvolutionalImageConfig): number {
  return size / (stem.stride * 2 ** (widths.length - 1));
}

const whole = z.int().positive();
const stages = z.array(whole).min(1).max(16);

const fileSchema = z.object({
  projection_dim: whole,
  text_config: z.record(z.string(), z.unknown()),
  vision_config: z.object({
    hidden_act: z.literal("silu", 'only "silu" can be used'),
    num_channels: z.literal(3, "only encoders of RGB pictures can be used").default(3),
    image_size: whole,
    stem_kernel: whole,
    stem_stride: whole,
    hidden_sizes: stages,
    depths: stages,
  }),
});

const triple = z.array(z.number()).length(3);
const preprocessorSchema = z.looseObject({ image_mean: triple, image_std: z.array(z.number().positive()).length(3) });

/**
 * @param config the content of `config.json`
 * @param preprocessor the content of `preprocessor_config.json`, which says what pixels are normalised with
 * @throws BAD_MODEL, naming `origin`, the key, what it must be and what it is
 */
export function parseConvolutionalClipConfig(
  config: unknown,
  preprocessor: unknown,
  origin = "config.json",
): ConvolutionalClipConfig {
  const { projection_dim, text_config, vision_config: vision } = parsed(fileSchema, config, origin);
  const { image_size: size, stem_kernel: kernel, stem_stride: stride, hidden_sizes: widths, depths } = vision;
  requires(
    kernel >= stride && (stride > 1 || kernel % 2 === 1),
    "BAD_MODEL",
    () => `${origin}: vision_config.stem_kernel ${kernel} does not fit stem_stride ${stride}`,
    "the kernel is at least as large as the stride, and odd where the stride is 1",
  );
  requires(
    depths.length === widths.length,
    "BAD_MODEL",
    () => `${origin}: vision_config.depths has ${depths.length} stages, hidden_sizes ${widths.length}`,
  );
  const shrinks = stride * 2 ** (widths.length - 1);
  requires(
    size % shrinks === 0,
    "BAD_MODEL",
    () => `${origin}: vision_config.image_size ${size} is not a multiple of ${shrinks}, by which its stages shrink it`,
  );
  const pixels = parsed(preprocessorSchema, preprocessor, `preprocessor of ${origin}`);
  return {
    embeddingSize: projection_dim,
    text: parseTextConfig(text_config, origin),
    image: { size, stem: { kernel, stride }, widths, depths },
    ...parsePixelScale(pixels, size, origin),
  };
}
