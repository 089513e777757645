/**
 * The registry of regularisers of the picture itself, beside the prompts' losses: qualities that a positive weight asks
 * for and a negative one avoids. The latent's own is `settings.regularizer`.
 */
import { type Colour, colourOfHex } from "../core/colour.js";
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { sizeOf } from "../core/shape.js";
import { constant, type Tensor } from "../graph/tensor.js";
import { abs, add, mul, neg, sqrt, square, sub } from "../ops/arithmetic.js";
import { reshape } from "../ops/layout.js";
import { matmul } from "../ops/linear-algebra.js";
import { concat, flip, slice } from "../ops/movement.js";
import { mean, reduceMax, sum } from "../ops/reduction.js";
import type { Settings } from "./settings.js";

export type PictureRegularizer = Settings["pictureRegularizers"][number];
type Kind = Exclude<PictureRegularizer["kind"], "own">;

/** A loss of the caller's own. @param picture [1,3,H,W] in 0..1 @returns a scalar that a run makes small */
export type PictureLoss = (picture: Tensor) => Tensor;

/** By the names that settings know them by. */
export type OwnLosses = Readonly<Record<string, PictureLoss>>;

/** Of a picture x [1,3,H,W] in 0..1, a scalar. */
const losses: { readonly [K in Kind]: (x: Tensor, setting: Extract<PictureRegularizer, { kind: K }>) => Tensor } = {
  /** mean |x - its right neighbour| + mean |x - its lower neighbour|: flat areas, edges stay sharp (Rudin et al. 1992) */
  tv: (x) => sumOf(differences(x).map((d) => mean(abs(d)))),
  /** The same of squares: soft gradients, edges blur; the total variation of the authors' diffusion notebooks */
  smoothness: (x) => sumOf(differences(x).map((d) => mean(square(d)))),
  /** mean (x - x mirrored)^2, over the ways it is mirrored */
  symmetry: (x, { mirror }) =>
    sumOf(mirrors[mirror].map((axis) => mul(mean(square(sub(x, flip(x, [axis])))), 1 / mirrors[mirror].length))),
  saturation: (x) => neg(colourfulness(x)),
  /** mean over pixels of the squared distance to the nearest colour, itself a mean over channels */
  palette: (x, { colours }) => mean(nearestDistances(x, colours)),
  /** mean over the margin's pixels of (x - colour)^2 */
  border: (x, { colour, width }) => {
    const [, , h, w] = x.shape as [number, number, number, number];
    const { inside, share } = margin(h, w, width);
    const table = constant(NDArray.float32([1, 3, 1, 1], [...rgb(colour)]));
    return mul(mean(mul(square(sub(x, table)), constant(inside))), 1 / share);
  },
};

const mirrors = { "left-right": [3], "top-bottom": [2], both: [2, 3] } as const;

/** The losses [r] of the regularisers, without their weights. @throws BAD_ARGUMENT when an own one is not given, or no scalar */
export function pictureLosses(
  picture: Tensor,
  regularizers: readonly PictureRegularizer[],
  own: OwnLosses = {},
): Tensor {
  const each = regularizers.map((setting) => {
    if (setting.kind === "own") return ownLoss(picture, setting.name, own);
    const loss = losses[setting.kind] as (x: Tensor, setting: PictureRegularizer) => Tensor;
    return reshape(loss(picture, setting), [1]);
  });
  return concat(each, 0);
}

function ownLoss(picture: Tensor, name: string, own: OwnLosses): Tensor {
  const loss = Object.hasOwn(own, name) ? own[name] : undefined;
  requires(
    loss,
    "BAD_ARGUMENT",
    () => `regularize: no loss of yours is named ${name}; given: ${Object.keys(own).join(", ") || "none"}`,
    "the library takes them: fromPretrained({ losses: { name: (picture) => ... } })",
  );
  const value = loss(picture);
  requires(
    sizeOf(value.shape) === 1,
    "BAD_ARGUMENT",
    () => `regularize: ${name} needs to give one number, gave ${value}`,
  );
  return reshape(value, [1]);
}

function sumOf(terms: readonly Tensor[]): Tensor {
  return terms.reduce((total, term) => add(total, term));
}

/** Of each pixel to its right and to its lower neighbour. */
function differences(x: Tensor): Tensor[] {
  return [3, 2].map((axis) => sub(slice(x, axis, 1), slice(x, axis, 0, -1)));
}

/** Keeps the root's derivative finite on a grey picture. */
const EPSILON = 1e-8;

/**
 * sqrt(var rg + var yb) + 0.3 sqrt(mean(rg)^2 + mean(yb)^2) with rg = R - G, yb = (R + G) / 2 - B (Hasler and Süsstrunk
 * 2003): 0 for grey, about 0.2 for a photograph and 0.4 for a vivid one.
 */
function colourfulness(x: Tensor): Tensor {
  const [r, g, b] = [0, 1, 2].map((channel) => slice(x, 1, channel, channel + 1)) as [Tensor, Tensor, Tensor];
  const opponents = [sub(r, g), sub(mul(add(r, g), 0.5), b)];
  const means = opponents.map((o) => mean(o));
  const variances = opponents.map((o, i) => mean(square(sub(o, means[i] as Tensor))));
  const root = (terms: readonly Tensor[]) => sqrt(add(sumOf(terms), EPSILON));
  return add(root(variances), mul(root(means.map(square)), 0.3));
}

/** |x - c|^2 / 3 of every pixel to the nearest of the colours, as |x|^2 + min(|c|^2 - 2 c.x) -> [H*W] */
function nearestDistances(x: Tensor, colours: readonly string[]): Tensor {
  const table = colours.map(rgb);
  const pixels = reshape(x, [3, -1]);
  const codes = constant(NDArray.float32([table.length, 3], table.flat()));
  const lengths = table.map((colour) => colour.reduce((total, part) => total + part ** 2, 0));
  const offsets = sub(constant(NDArray.float32([table.length, 1], lengths)), mul(matmul(codes, pixels), 2)); // [k, H*W]
  const nearest = neg(reduceMax(neg(offsets), { axes: [0] }));
  return mul(add(sum(square(pixels), { axes: [0] }), nearest), 1 / 3);
}

/** 1 in the margin, 0 within [1,1,H,W]; and its share of the picture. @param width percent of the shorter side, a pixel at least */
function margin(height: number, width: number, percent: number): { inside: NDArray; share: number } {
  const wide = Math.max(1, Math.round((percent / 100) * Math.min(height, width)));
  const isMargin = (at: number, side: number) => at < wide || at >= side - wide;
  const marks = Float32Array.from({ length: height * width }, (_, i) =>
    Number(isMargin(Math.floor(i / width), height) || isMargin(i % width, width)),
  );
  return {
    inside: NDArray.float32([1, 1, height, width], marks),
    share: marks.reduce((sum, mark) => sum + mark, 0) / marks.length,
  };
}

/** The schema has let nothing else pass. */
const rgb = (colour: string): Colour => colourOfHex(colour) as Colour;
