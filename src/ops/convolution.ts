/** 2-D convolution (NCHW) with stride, padding, dilation and groups, and its derivatives in inference operators. */
import { requires } from "../core/errors.js";
import type { Shape } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { concat, flip, pad, reshape, slice, transpose } from "./movement.js";
import { sum } from "./reduction.js";

export interface ConvOptions {
  stride?: number;
  /** Zeros on all four sides, or [top, left, bottom, right]. */
  padding?: number | readonly [number, number, number, number];
  dilation?: number;
  groups?: number;
}

const outputExtent = (extent: number, kernel: number, stride: number, dilation: number, padding: number): number =>
  Math.floor((extent + padding - dilation * (kernel - 1) - 1) / stride) + 1;

const convOp = defineOp("Conv", {
  infer: ([x, w], { strides, pads, dilations, group }) => {
    const [image, kernel] = [x as Tensor, w as Tensor];
    const [n, channels, height, width] = image.shape as [number, number, number, number];
    const [out, perGroup, kh, kw] = kernel.shape as [number, number, number, number];
    requires(
      image.rank === 4 &&
        kernel.rank === 4 &&
        channels === perGroup * (group as number) &&
        out % (group as number) === 0,
      "SHAPE_MISMATCH",
      () => `conv2d(): input ${image} does not fit weight ${kernel} with ${group} groups`,
    );
    const [top, left, bottom, right] = pads as [number, number, number, number];
    const [stride, dilation] = [(strides as number[])[0] as number, (dilations as number[])[0] as number];
    const h = outputExtent(height, kh, stride, dilation, top + bottom);
    const v = outputExtent(width, kw, stride, dilation, left + right);
    requires(
      h > 0 && v > 0,
      "SHAPE_MISMATCH",
      () => `conv2d(): kernel ${kernel} is larger than the padded input ${image}`,
    );
    return { dtype: image.dtype, shape: [n, out, h, v] };
  },
  vjp: ({ ct, inputs: [x, w, b], attributes: { strides, pads, dilations, group }, needs }) => {
    const options = {
      stride: (strides as number[])[0] as number,
      pads: pads as [number, number, number, number],
      dilation: (dilations as number[])[0] as number,
      groups: group as number,
    };
    return [
      needs[0] ? convInputGradient(ct, (x as Tensor).shape, w as Tensor, options) : undefined,
      needs[1] ? weightGradient(ct, x as Tensor, w as Tensor, options) : undefined,
      b && needs[2] ? sum(ct, { axes: [0, 2, 3] }) : undefined,
    ];
  },
});

interface Geometry {
  stride: number;
  pads: readonly [number, number, number, number];
  dilation: number;
  groups: number;
}

/**
 * dX = conv(dY spread by the stride, W with in/out swapped and flipped on H, W): a plain Conv, 1.5-1.9x faster than
 * ConvTranspose, and the flipped weight is folded when the session loads.
 */
export function convInputGradient(
  ct: Tensor,
  shape: Shape,
  w: Tensor,
  { stride, pads, dilation, groups }: Geometry,
): Tensor {
  const [out, perGroup, kh, kw] = w.shape as [number, number, number, number];
  const [, , height, width] = shape as [number, number, number, number];
  const [top, left] = pads;
  const grouped = reshape(w, [groups, out / groups, perGroup, kh, kw]);
  const swapped = reshape(flip(transpose(grouped, [0, 2, 1, 3, 4]), [3, 4]), [groups * perGroup, out / groups, kh, kw]);
  const spread = dilate(ct, stride);
  const before = [dilation * (kh - 1) - top, dilation * (kw - 1) - left] as const;
  const after = [height + top - spread.shape[2]!, width + left - spread.shape[3]!] as const; // sizes work out to H, W
  const cropped = [Math.max(0, -before[0]), Math.max(0, -before[1]), Math.max(0, -after[0]), Math.max(0, -after[1])];
  requires(
    cropped.every((amount) => amount === 0),
    "BAD_ARGUMENT",
    () => `conv2d(): padding [${pads}] beyond the kernel ${w} has no derivative`,
  );
  return conv2d(spread, swapped, undefined, { padding: [before[0], before[1], after[0], after[1]], dilation, groups });
}

/** dW = conv(X, dY) with batch and channels in each other's place; the stride becomes a dilation. */
function weightGradient(ct: Tensor, x: Tensor, w: Tensor, { stride, pads, dilation, groups }: Geometry): Tensor {
  const [out, perGroup, kh, kw] = w.shape as [number, number, number, number];
  const parts = Array.from({ length: groups }, (_, g) => {
    const images = transpose(slice(x, 1, g * perGroup, (g + 1) * perGroup), [1, 0, 2, 3]);
    const kernels = transpose(slice(ct, 1, (g * out) / groups, ((g + 1) * out) / groups), [1, 0, 2, 3]);
    const raw = convOp([images, kernels], convAttributes({ stride: dilation, padding: pads, dilation: stride }));
    return transpose(slice(slice(raw, 2, 0, kh), 3, 0, kw), [1, 0, 2, 3]);
  });
  return concat(parts, 0);
}

/** Puts stride-1 zeros between neighbours: [n,c,h,w] -> [n,c,(h-1)s+1,(w-1)s+1]. */
function dilate(x: Tensor, stride: number): Tensor {
  if (stride === 1) return x;
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const apart = pad(reshape(x, [n, c, h, 1, w, 1]), [0, 0, 0, 0, 0, 0], [0, 0, 0, stride - 1, 0, stride - 1]);
  const wide = reshape(apart, [n, c, h * stride, w * stride]);
  return slice(slice(wide, 2, 0, (h - 1) * stride + 1), 3, 0, (w - 1) * stride + 1);
}

function convAttributes({ stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvOptions) {
  const pads = typeof padding === "number" ? [padding, padding, padding, padding] : padding;
  return { strides: [stride, stride], pads, dilations: [dilation, dilation], group: groups };
}

/** x [n,c,h,w], weight [out,c/groups,kh,kw], bias [out] -> [n,out,h',w'] */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvOptions = {}): Tensor {
  return convOp(bias ? [x, weight, bias] : [x, weight], convAttributes(options));
}
