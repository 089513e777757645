/** Attention between a U-Net's convolutions: a picture's positions look at each other, and in transformers then at a text. */
import type { Shape } from "../../core/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { type AttentionWeights, multiHeadAttention } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { gelu } from "../../ops/activation.js";
import { add, mul } from "../../ops/arithmetic.js";
import { reshape, transpose } from "../../ops/layout.js";
import { linear } from "../../ops/linear-algebra.js";
import { split } from "../../ops/movement.js";
import { groupNorm, layerNorm } from "../../ops/normalization.js";
import { convolve, type Norm, type Stage } from "../vqgan/blocks.js";

export interface TransformerLayerWeights {
  readonly norm1: Affine;
  readonly self: AttentionWeights;
  readonly norm2: Affine;
  /** Keys and values are of the text. */
  readonly cross: AttentionWeights;
  readonly norm3: Affine;
  /** To twice the inner width: values, and the gates that they pass */
  readonly expand: Affine;
  readonly contract: Affine;
}

export interface SpatialTransformerWeights {
  readonly heads: number;
  readonly norm: Norm;
  /** 1x1 convolutions, or linear maps of tokens */
  readonly enter: Affine;
  readonly layers: readonly TransformerLayerWeights[];
  readonly leave: Affine;
}

/** Positions that look at each other, in nets without texts. */
export interface PositionAttentionWeights {
  readonly heads: number;
  readonly norm?: Norm;
  readonly attention: AttentionWeights;
}

/** y = x + attention(norm(x)). @param x [n,c,h,w] */
export function positionAttention(x: Tensor, { heads, norm, attention }: PositionAttentionWeights): Tensor {
  const rows = tokens(norm ? groupNorm(x, norm.weight, norm.bias, norm) : x);
  return add(x, picture(multiHeadAttention(rows, rows, attention, { heads }), x.shape));
}

/** [n,c,h,w] -> [n,hw,c] */
function tokens(map: Tensor): Tensor {
  const [n, c, h, w] = map.shape as [number, number, number, number];
  return transpose(reshape(map, [n, c, h * w]), [0, 2, 1]);
}

/** [n,hw,c] -> [n,c,h,w] */
function picture(rows: Tensor, shape: Shape): Tensor {
  return reshape(transpose(rows, [0, 2, 1]), shape);
}

/**
 * y = x + leave(layers(enter(norm(x)))), where the layers see the positions of the picture as tokens.
 *
 * @param x [n,c,h,w]
 * @param text [n,l,d]
 */
export function spatialTransformer(
  x: Tensor,
  text: Tensor,
  { heads, norm, enter, layers, leave }: SpatialTransformerWeights,
  stage: Stage,
): Tensor {
  const { weight, bias, groups, epsilon } = norm;
  const isLinear = enter.weight.rank === 2;
  const normal = groupNorm(x, weight, bias, { groups, epsilon });
  const entered = isLinear ? linear(tokens(normal), enter.weight, enter.bias) : tokens(convolve(normal, enter));
  const seen = layers.reduce((h, layer) => stage((rows) => transformerLayer(rows, text, heads, layer), h), entered);
  const left = isLinear
    ? picture(linear(seen, leave.weight, leave.bias), x.shape)
    : convolve(picture(seen, x.shape), leave);
  return add(x, left);
}

/** x + self(norm1(x)), then + cross(norm2(x), text), then + contract(values * gelu(gates)). @param x [n,l,c] */
function transformerLayer(x: Tensor, text: Tensor, heads: number, layer: TransformerLayerWeights): Tensor {
  const norm = (h: Tensor, { weight, bias }: Affine) => layerNorm(h, weight, bias, { epsilon: 1e-5 });
  const own = norm(x, layer.norm1);
  const looked = add(x, multiHeadAttention(own, own, layer.self, { heads }));
  const read = add(looked, multiHeadAttention(norm(looked, layer.norm2), text, layer.cross, { heads }));
  const wide = linear(norm(read, layer.norm3), layer.expand.weight, layer.expand.bias);
  const inner = (wide.shape.at(-1) as number) / 2;
  const [values, gates] = split(wide, 2, [inner, inner]) as [Tensor, Tensor];
  return add(read, linear(mul(values, gelu(gates)), layer.contract.weight, layer.contract.bias));
}
