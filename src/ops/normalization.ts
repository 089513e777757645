/** Normalisations over the last axis, over groups of channels, and with stored statistics. */
import { requires } from "../core/errors.js";
import { defineOp } from "../graph/op.js";
import { FloatAttribute, type Tensor } from "../graph/tensor.js";
import { siluGradient } from "./activation.js";
import { add, div, max, mul, neg, sigmoid, sqrt, square, sub } from "./arithmetic.js";
import { withVjp } from "./gradient-control.js";
import { expand, reshape } from "./layout.js";
import { floats, zeros } from "./operands.js";
import { mean, sum } from "./reduction.js";

export interface NormOptions {
  /** Added to the variance, inside the root. */
  epsilon?: number;
}

type LayerNormInputs = readonly [x: Tensor, weight: Tensor, bias: Tensor];

const layerNormOp = defineOp<LayerNormInputs, { axis: -1; epsilon: FloatAttribute }>("LayerNormalization", {
  infer: ([x]) => x,
  // With x^ = (x - E x) r, r = 1 / sqrt(Var x + eps), g = dy w:  dx = r (g - E g - x^ E[g x^]);  dw = sum dy x^;  db = sum dy
  vjp: ({ ct, inputs: [x, weight], attributes: { epsilon } }) => {
    const last = { axes: [-1], keepDims: true };
    const centred = sub(x, mean(x, last));
    const r = div(1, sqrt(add(mean(square(centred), last), epsilon.value)));
    const unit = mul(centred, r);
    const g = mul(ct, weight);
    const dx = mul(r, sub(sub(g, mean(g, last)), mul(unit, mean(mul(g, unit), last))));
    return [dx, mul(ct, unit), ct];
  },
});

/** y = (x - E[x]) / sqrt(Var[x] + eps) * weight + bias over the last axis; weight and bias have its extent. */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, { epsilon = 1e-5 }: NormOptions = {}): Tensor {
  requiresVectors("layerNorm", x.shape.at(-1), [weight, bias]);
  return layerNormOp([x, weight, bias], { axis: -1, epsilon: new FloatAttribute(epsilon) });
}

function requiresVectors(caller: string, extent: number | undefined, vectors: readonly Tensor[]): void {
  requires(
    vectors.every(({ shape }) => shape.length === 1 && shape[0] === extent),
    "SHAPE_MISMATCH",
    () => `${caller}(): needs vectors [${extent}], got ${vectors.join(" and ")}`,
  );
}

type BatchNormInputs = readonly [x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor];

const batchNormOp = defineOp<BatchNormInputs, { epsilon: FloatAttribute }>("BatchNormalization", {
  infer: ([x]) => x,
  // With r = 1 / sqrt(variance + eps), x^ = (x - mean) r:  dx = dy scale r;  dscale = sum dy x^;  dbias = sum dy;
  // dmean = -scale r dbias;  dvariance = -1/2 scale r^2 dscale
  vjp: ({ ct, inputs: [x, scale, , average, variance], attributes: { epsilon } }) => {
    const perPixel = (vector: Tensor) => reshape(vector, [1, -1, 1, 1]);
    const total = (values: Tensor) => sum(values, { axes: [0, 2, 3] });
    const r = div(1, sqrt(add(variance, epsilon.value)));
    const factor = mul(scale, r);
    const dScale = total(mul(ct, mul(sub(x, perPixel(average)), perPixel(r))));
    const dBias = total(ct);
    const dVariance = mul(mul(mul(factor, r), dScale), -0.5);
    return [mul(ct, perPixel(factor)), dScale, dBias, neg(mul(factor, dBias)), dVariance];
  },
});

export interface BatchNormStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** y = (x - mean) / sqrt(variance + eps) * weight + bias per channel of [n,c,h,w], with given statistics [c]. */
export function batchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { mean: average, variance }: BatchNormStatistics,
  { epsilon = 1e-5 }: NormOptions = {},
): Tensor {
  requiresVectors("batchNorm", x.shape[1], [weight, bias, average, variance]);
  return batchNormOp([x, weight, bias, average, variance], { epsilon: new FloatAttribute(epsilon) });
}

export interface GroupNormOptions extends NormOptions {
  readonly groups: number;
}

/** y = (x - E[x]) / sqrt(Var[x] + eps) * weight + bias over each group of channels of [n,c,h,w] (Wu & He 2018). */
export function groupNorm(x: Tensor, weight: Tensor, bias: Tensor, options: GroupNormOptions): Tensor {
  const statistics = groupStatistics(x, options);
  const y = normalizeGroups(x, weight, bias, statistics, options);
  return withVjp(y, [x, weight, bias], (ct) => groupNormGradient(ct, x, weight, statistics));
}

/** silu(groupNorm(x)), with one backward pass for both. */
export function groupNormSilu(x: Tensor, weight: Tensor, bias: Tensor, options: GroupNormOptions): Tensor {
  const statistics = groupStatistics(x, options);
  const h = normalizeGroups(x, weight, bias, statistics, options);
  const s = sigmoid(h);
  const y = mul(h, s);
  return withVjp(y, [x, weight, bias], (ct) => groupNormGradient(siluGradient(ct, s, y), x, weight, statistics));
}

/** Per channel, [n,c]: each channel carries its group's numbers. */
interface GroupStatistics {
  readonly groups: number;
  readonly mean: Tensor;
  readonly variance: Tensor;
  /** 1 / sqrt(variance + eps) */
  readonly inverse: Tensor;
}

function groupStatistics(x: Tensor, { groups, epsilon = 1e-5 }: GroupNormOptions): GroupStatistics {
  const [n, c] = x.shape as [number, number];
  requires(
    x.rank === 4 && c % groups === 0,
    "SHAPE_MISMATCH",
    () => `groupNorm(): needs [n,c,h,w] with c a multiple of ${groups} groups, got ${x}`,
  );
  const perGroup = (values: Tensor) => mean(reshape(values, [n, groups, -1]), { axes: [2], keepDims: true }); // [n, G, 1]
  const perChannel = (values: Tensor) => reshape(expand(values, [n, groups, c / groups]), [n, c]);
  const average = perGroup(x);
  const variance = max(sub(perGroup(square(x)), square(average)), 0); // E[x^2] - E[x]^2
  return {
    groups,
    mean: perChannel(average),
    variance: perChannel(variance),
    inverse: perChannel(div(1, sqrt(add(variance, epsilon)))),
  };
}

/** BatchNormalization with computed vectors: the one-pass affine, twice as fast as the operators spelt out. */
function normalizeGroups(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { mean: average, variance }: GroupStatistics,
  { epsilon = 1e-5 }: GroupNormOptions,
): Tensor {
  const [n, c] = x.shape as [number, number];
  const perSample = (vector: Tensor) => reshape(n === 1 ? vector : expand(reshape(vector, [1, c]), [n, c]), [n * c]);
  const flat = reshape(x, [1, n * c, x.shape[2] as number, x.shape[3] as number]);
  const statistics = { mean: reshape(average, [n * c]), variance: reshape(variance, [n * c]) };
  return reshape(batchNorm(flat, perSample(weight), perSample(bias), statistics, { epsilon }), x.shape);
}

/**
 * With x^ = (x - mu) r:  dx = r (w dh - m1 - x^ m2), m1 = E_group[w dh], m2 = E_group[w dh x^]; written as one multiple
 * of dh plus one affine of x, from two sums over the plane.
 */
function groupNormGradient(dh: Tensor, x: Tensor, weight: Tensor, statistics: GroupStatistics): Tensor[] {
  const { groups, mean: mu, inverse: r } = statistics;
  const [n, c, height, width] = x.shape as [number, number, number, number];
  const plane = (values: Tensor) => sum(values, { axes: [2, 3] }); // [n, c]
  const s1 = plane(dh);
  const s2 = plane(mul(dh, x));
  const overGroup = (values: Tensor) => {
    const total = sum(reshape(mul(values, weight), [n, groups, c / groups]), { axes: [2], keepDims: true });
    const average = mul(total, 1 / ((c / groups) * height * width));
    return reshape(expand(average, [n, groups, c / groups]), [n, c]);
  };
  const m1 = overGroup(s1);
  const m2 = mul(sub(overGroup(s2), mul(mu, m1)), r);
  const slope = neg(mul(square(r), m2));
  const shift = sub(neg(mul(slope, mu)), mul(r, m1));
  const dx = add(mul(dh, reshape(mul(r, weight), [n, c, 1, 1])), channelAffine(x, slope, shift));
  return [dx, sum(mul(sub(s2, mul(mu, s1)), r), { axes: [0] }), sum(s1, { axes: [0] })];
}

/** x * slope + shift with [n,c] vectors, one pass. */
function channelAffine(x: Tensor, slope: Tensor, shift: Tensor): Tensor {
  const [n, c, height, width] = x.shape as [number, number, number, number];
  const flat = reshape(x, [1, n * c, height, width]);
  const statistics = { mean: zeros([n * c]), variance: floats([n * c], new Float32Array(n * c).fill(1)) };
  return reshape(
    batchNorm(flat, reshape(slope, [n * c]), reshape(shift, [n * c]), statistics, { epsilon: 0 }),
    x.shape,
  );
}
