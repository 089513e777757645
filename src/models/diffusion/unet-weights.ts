/** The diffusers library's names of a U-Net's arrays, beside ours; the one step's time is folded into them on the way. */
import { requires } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import type { AttentionWeights } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { add, mul } from "../../ops/arithmetic.js";
import { reshape } from "../../ops/layout.js";
import { linear } from "../../ops/linear-algebra.js";
import { split } from "../../ops/movement.js";
import { numbered, type WeightTaker } from "../take-weights.js";
import type { Norm, ResidualWeights } from "../vqgan/blocks.js";
import { type StepFacts, timeEmbedding } from "./time-embedding.js";
import type { PositionAttentionWeights, SpatialTransformerWeights, TransformerLayerWeights } from "./transformer.js";
import type { UNetBlockWeights, UNetLevelWeights, UNetWeights } from "./unet.js";
import type { UNetConfig, UNetLevel } from "./unet-config.js";

/** Of the norm before a transformer, whatever the others have */
const TRANSFORMER_EPSILON = 1e-6;

/** @throws BAD_MODEL naming the keys that are missing, surplus, or of another shape */
export function unetWeights(from: WeightTaker, config: UNetConfig, facts: StepFacts): UNetWeights {
  const weights = new Reader(from, config, facts).all();
  from.finish([]);
  return weights;
}

/** What a level's blocks, or the middle's, are like. */
type Blocks = Omit<UNetLevel, "blocks" | "resample">;

class Reader {
  /** What time says to every residual block, [1,4C] */
  private readonly time: Tensor;

  constructor(
    private readonly from: WeightTaker,
    private readonly config: UNetConfig,
    private readonly facts: StepFacts,
  ) {
    const { guidanceWidth } = config.time;
    const { channels } = config.down[0] as UNetLevel;
    const { addition } = config;
    const wide = [4 * channels, 4 * channels];
    const embedding = {
      first: from.affine("time_embedding.linear_1", [4 * channels, channels]),
      second: from.affine("time_embedding.linear_2", wide),
      ...(addition && {
        beside: {
          first: from.affine("add_embedding.linear_1", [4 * channels, addition.inputs]),
          second: from.affine("add_embedding.linear_2", wide),
        },
      }),
      ...(guidanceWidth !== undefined && {
        guidance: from.take("time_embedding.cond_proj.weight", [channels, guidanceWidth]),
      }),
    };
    this.time = timeEmbedding(embedding, facts, channels, config.time, guidanceWidth);
  }

  all(): UNetWeights {
    const { from, config } = this;
    const { channels: full } = config.down[0] as UNetLevel;
    const { channels: bottom } = config.down.at(-1) as UNetLevel;
    /** Channels of what is kept on the way down, latest last */
    const kept = [full];
    const middle = config.middle;
    return {
      convIn: from.affine("conv_in", [full, config.inChannels, 3, 3]),
      down: config.down.map((level, i) => this.down(level, i, kept)),
      middle: middle
        ? [
            this.block("mid_block", 0, bottom, { channels: bottom, ...middle }),
            { residual: this.residual("mid_block.resnets.1", bottom, bottom) },
          ]
        : [],
      up: config.up.map((level, i) => this.up(level, i, kept)),
      normOut: this.norm("conv_norm_out", full, config.epsilon),
      convOut: from.affine("conv_out", [config.outChannels, full, 3, 3]),
    };
  }

  private down(level: UNetLevel, i: number, kept: number[]): UNetLevelWeights {
    const { channels } = level;
    const key = `down_blocks.${i}`;
    const blocks = numbered(level.blocks, (j) => {
      const block = this.block(key, j, kept.at(-1) as number, level);
      kept.push(channels);
      return block;
    });
    if (i === this.config.down.length - 1) return { blocks };
    kept.push(channels);
    return { blocks, resample: this.resample(`${key}.downsamplers.0`, level) };
  }

  private up(level: UNetLevel, i: number, kept: number[]): UNetLevelWeights {
    const { channels } = level;
    const { up } = this.config;
    const key = `up_blocks.${i}`;
    const before = (up[Math.max(0, i - 1)] as UNetLevel).channels;
    const blocks = numbered(level.blocks, (j) => {
      const beside = kept.pop();
      requires(beside !== undefined, "BAD_MODEL", () => `${key}: more blocks on the way up than the way down leaves`);
      return this.block(key, j, (j === 0 ? before : channels) + beside, level);
    });
    if (i === up.length - 1) return { blocks };
    return { blocks, resample: this.resample(`${key}.upsamplers.0`, level) };
  }

  private resample(key: string, { channels, resample }: UNetLevel): Affine | ResidualWeights {
    return resample === "residual"
      ? this.residual(key, channels, channels)
      : this.from.affine(`${key}.conv`, [channels, channels, 3, 3]);
  }

  private block(key: string, j: number, entering: number, level: Blocks): UNetBlockWeights {
    const residual = this.residual(`${key}.resnets.${j}`, entering, level.channels);
    const beside = `${key}.attentions.${j}`;
    if (level.attention) return { residual, attention: this.positions(beside, level, level.attention) };
    return level.transformers === 0 ? { residual } : { residual, transformer: this.transformer(beside, level) };
  }

  private positions(
    key: string,
    { channels, heads }: Blocks,
    { groups }: NonNullable<UNetLevel["attention"]>,
  ): PositionAttentionWeights {
    const map = (name: string) => this.from.affine(`${key}.${name}`, [channels, channels]);
    return {
      heads,
      ...(groups !== undefined && { norm: this.norm(`${key}.group_norm`, channels, this.config.epsilon, groups) }),
      attention: { query: map("to_q"), key: map("to_k"), value: map("to_v"), output: map("to_out.0") },
    };
  }

  /**
   * Time is added before the second norm, which is the first convolution's bias, unless it is told together with a text; or
   * scales and shifts the norm's result.
   */
  private residual(key: string, entering: number, leaving: number): ResidualWeights {
    const { from, config } = this;
    const { epsilon, timeScales } = config;
    const projection = from.affine(`${key}.time_emb_proj`, [
      timeScales ? 2 * leaving : leaving,
      this.time.shape[1] as number,
    ]);
    const told = reshape(linear(this.time, projection.weight, projection.bias), [-1]);
    const conv1 = from.affine(`${key}.conv1`, [leaving, entering, 3, 3]);
    const norm2 = this.norm(`${key}.norm2`, leaving, epsilon);
    const isFixed = this.facts.beside === undefined;
    return {
      norm1: this.norm(`${key}.norm1`, entering, epsilon),
      ...(!isFixed && { shift: reshape(told, [1, leaving, 1, 1]) }),
      conv1: timeScales || !isFixed ? conv1 : { weight: conv1.weight, bias: add(conv1.bias, told) },
      norm2: timeScales ? scaledNorm(norm2, told) : norm2,
      conv2: from.affine(`${key}.conv2`, [leaving, leaving, 3, 3]),
      ...(entering !== leaving && { shortcut: from.affine(`${key}.conv_shortcut`, [leaving, entering, 1, 1]) }),
    };
  }

  private transformer(key: string, { channels, heads, transformers }: Blocks): SpatialTransformerWeights {
    const { from, config } = this;
    requires(
      channels % heads === 0,
      "BAD_MODEL",
      () => `${key}: ${channels} channels do not split into ${heads} heads`,
    );
    const map = config.linearProjection ? [channels, channels] : [channels, channels, 1, 1];
    return {
      heads,
      norm: this.norm(`${key}.norm`, channels, TRANSFORMER_EPSILON),
      enter: from.affine(`${key}.proj_in`, map),
      layers: numbered(transformers, (k) => this.layer(`${key}.transformer_blocks.${k}`, channels)),
      leave: from.affine(`${key}.proj_out`, map),
    };
  }

  private layer(key: string, channels: number): TransformerLayerWeights {
    const { from, config } = this;
    return {
      norm1: from.affine(`${key}.norm1`, [channels]),
      self: this.attention(`${key}.attn1`, channels, channels),
      norm2: from.affine(`${key}.norm2`, [channels]),
      cross: this.attention(`${key}.attn2`, channels, config.textWidth),
      norm3: from.affine(`${key}.norm3`, [channels]),
      expand: from.affine(`${key}.ff.net.0.proj`, [8 * channels, channels]),
      contract: from.affine(`${key}.ff.net.2`, [channels, 4 * channels]),
    };
  }

  private attention(key: string, channels: number, context: number): AttentionWeights {
    const { from } = this;
    return {
      query: { weight: from.take(`${key}.to_q.weight`, [channels, channels]) },
      key: { weight: from.take(`${key}.to_k.weight`, [channels, context]) },
      value: { weight: from.take(`${key}.to_v.weight`, [channels, context]) },
      output: from.affine(`${key}.to_out.0`, [channels, channels]),
    };
  }

  private norm(key: string, channels: number, epsilon: number, groups = this.config.groups): Norm {
    requires(
      channels % groups === 0,
      "BAD_MODEL",
      () => `${key}: ${channels} channels do not split into ${groups} groups`,
    );
    return { ...this.from.affine(key, [channels]), groups, epsilon };
  }
}

/** norm * (1 + scale) + shift. @param told [2c], scales first */
function scaledNorm({ weight, bias, ...rest }: Norm, told: Tensor): Norm {
  const channels = weight.shape[0] as number;
  const [scale, shift] = split(told, 0, [channels, channels]) as [Tensor, Tensor];
  const factor = add(scale, 1);
  return { ...rest, weight: mul(weight, factor), bias: add(mul(bias, factor), shift) };
}
