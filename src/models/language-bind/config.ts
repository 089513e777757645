/** What the `config.json` of LanguageBind's audio model says, checked. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import type { TowerConfig } from "../clip/config.js";
import { parsed } from "../parse.js";

export interface LanguageBindConfig {
  /** E */
  readonly embeddingSize: number;
  readonly tower: TowerConfig;
  /** Side of a patch: bands and frames are multiples of it */
  readonly patch: number;
  readonly bands: number;
  readonly frames: number;
  /** Samples a second */
  readonly rate: number;
  /** What filter banks are normalised with */
  readonly mean: number;
  readonly deviation: number;
}

const whole = z.int().positive();
const schema = z.object({
  projection_dim: whole.default(768),
  vision_config: z.object({
    hidden_size: whole.default(1024),
    intermediate_size: whole.default(4096),
    num_hidden_layers: whole.default(24),
    num_attention_heads: whole.default(16),
    hidden_act: z.enum(["quick_gelu", "gelu"]).default("quick_gelu"),
    layer_norm_eps: z.number().positive().default(1e-5),
    patch_size: whole.default(14),
    num_channels: z.literal(3).default(3),
    num_mel_bins: whole.max(512),
    target_length: whole.max(10_000),
    audio_sample_rate: z.int().min(8000).max(48_000).default(16_000),
    audio_mean: z.number().default(-4.2677393),
    audio_std: z.number().positive().default(4.5689974),
    add_time_attn: z.literal(false, "towers with attention over time are not read").default(false),
  }),
});

/** @throws BAD_MODEL naming `origin` and the key */
export function parseLanguageBind(config: unknown, origin: string): LanguageBindConfig {
  const { projection_dim, vision_config: vision } = parsed(schema, config, origin);
  const { patch_size: patch, num_mel_bins: bands, target_length: frames } = vision;
  requires(
    bands % patch === 0 && frames % patch === 0,
    "BAD_MODEL",
    () => `${origin}: num_mel_bins ${bands} and target_length ${frames} are not both multiples of patch_size ${patch}`,
  );
  requires(
    vision.hidden_size % vision.num_attention_heads === 0,
    "BAD_MODEL",
    () => `${origin}: hidden_size ${vision.hidden_size} does not split into ${vision.num_attention_heads} heads`,
  );
  return {
    ...{ embeddingSize: projection_dim, patch, bands, frames, rate: vision.audio_sample_rate },
    ...{ mean: vision.audio_mean, deviation: vision.audio_std },
    tower: {
      width: vision.hidden_size,
      mlpWidth: vision.intermediate_size,
      layers: vision.num_hidden_layers,
      heads: vision.num_attention_heads,
      activation: vision.hidden_act,
      layerNormEpsilon: vision.layer_norm_eps,
    },
  };
}
