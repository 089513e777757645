/** 2-D convolution (NCHW) with stride, padding, dilation and groups, and its derivatives in inference operators. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { type Shape, sameShape } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import { constant, type Tensor } from "../graph/tensor.js";
import { reshape, transpose } from "./layout.js";
import { matmul } from "./linear-algebra.js";
import { concat, pad, slice } from "./movement.js";
import { zeros } from "./operands.js";
import { sum } from "./reduction.js";

type Pads = readonly [top: number, left: number, bottom: number, right: number];

export interface ConvOptions {
  stride?: number;
  /** Zeros on all four sides, or [top, left, bottom, right]. */
  padding?: number | Pads;
  dilation?: number;
  groups?: number;
}

type ConvInputs = readonly [x: Tensor, w: Tensor] | readonly [x: Tensor, w: Tensor, bias: Tensor];
type ConvAttributes = {
  strides: readonly [number, number];
  pads: Pads;
  dilations: readonly [number, number];
  group: number;
};

const convOp = defineOp<ConvInputs, ConvAttributes>("Conv", {
  infer: ([x, w, bias], { strides: [stride], pads: [top, left, bottom, right], dilations: [dilation], group }) => {
    const [n, channels, height, width] = x.shape as [number, number, number, number];
    const [out, perGroup, kh, kw] = w.shape as [number, number, number, number];
    requires(
      x.rank === 4 && w.rank === 4 && channels === perGroup * group && out % group === 0,
      "SHAPE_MISMATCH",
      () => `conv2d(): input ${x} does not fit weight ${w} with ${group} groups`,
    );
    requires(
      !bias || sameShape(bias.shape, [out]),
      "SHAPE_MISMATCH",
      () => `conv2d(): bias ${bias} does not fit weight ${w}`,
    );
    const positions = (extent: number, kernel: number) =>
      Math.floor((extent - dilation * (kernel - 1) - 1) / stride) + 1;
    const rows = positions(height + top + bottom, kh);
    const columns = positions(width + left + right, kw);
    requires(
      rows > 0 && columns > 0,
      "SHAPE_MISMATCH",
      () => `conv2d(): kernel ${w} is larger than the padded input ${x}`,
    );
    return { dtype: x.dtype, shape: [n, out, rows, columns] };
  },
  vjp: ({ ct, inputs: [x, w], attributes, needs: [needsX, needsW] }) => [
    needsX ? convInputGradient(ct, x.shape, w, attributes) : undefined,
    needsW ? weightGradient(ct, x, w, attributes) : undefined,
    sum(ct, { axes: [0, 2, 3] }),
  ],
});

/**
 * dX = conv(dY spread by the stride, W with in/out swapped and flipped on H, W): a plain Conv, 1.5-1.9x faster than
 * ConvTranspose, and the flipped weight is folded when the session loads.
 */
export function convInputGradient(
  ct: Tensor,
  [, , height, width]: Shape,
  w: Tensor,
  { strides: [stride], pads, dilations: [dilation], group }: ConvAttributes,
): Tensor {
  const [out, perGroup, kh, kw] = w.shape as [number, number, number, number];
  // Each op leaves a copy of the weight until the session is loaded, so no more of them than there must be.
  const swapped = transpose(reshape(w, [group, out / group, perGroup, kh * kw]), [0, 2, 1, 3]);
  const turned = reshape(reversed(swapped), [group * perGroup, out / group, kh, kw]);
  const spread = dilate(ct, stride);
  const [top, left] = pads;
  // The full convolution less the padding; what is added behind makes the result H x W.
  const behind = (extent: number, before: number, axis: number) => extent + before - (spread.shape[axis] as number);
  const padding: Pads = [
    dilation * (kh - 1) - top,
    dilation * (kw - 1) - left,
    behind(height as number, top, 2),
    behind(width as number, left, 3),
  ];
  requires(
    padding.every((amount) => amount >= 0),
    "BAD_ARGUMENT",
    () => `conv2d(): padding [${pads}] beyond the kernel ${w} has no derivative`,
  );
  return convolve([spread, turned], { strides: [1, 1], pads: padding, dilations: [dilation, dilation], group });
}

/** The last axis from its end to its begin, exactly: a product with ones and zeros, many times faster than a Slice of negative steps. */
function reversed(x: Tensor): Tensor {
  const extent = x.shape.at(-1) as number;
  if (extent === 1) return x;
  const onOtherDiagonal = (i: number) => Math.floor(i / extent) + (i % extent) === extent - 1;
  const ones = Float32Array.from({ length: extent ** 2 }, (_, i) => Number(onOtherDiagonal(i)));
  return matmul(x, constant(NDArray.float32([extent, extent], ones)));
}

/** dW = conv(X, dY) with batch and channels in each other's place; stride and dilation trade places too. */
function weightGradient(ct: Tensor, x: Tensor, w: Tensor, { strides, pads, dilations, group }: ConvAttributes): Tensor {
  const [out, perGroup, kh, kw] = w.shape as [number, number, number, number];
  const attributes: ConvAttributes = { strides: dilations, pads, dilations: strides, group: 1 };
  const parts = Array.from({ length: group }, (_, g) => {
    const images = transpose(slice(x, 1, g * perGroup, (g + 1) * perGroup), [1, 0, 2, 3]);
    const kernels = transpose(slice(ct, 1, (g * out) / group, ((g + 1) * out) / group), [1, 0, 2, 3]);
    const raw = convolve([images, kernels], attributes); // may have rows that a stride never reached
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

/** x [n,c,h,w], weight [out,c/groups,kh,kw], bias [out] -> [n,out,h',w'] */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvOptions = {},
): Tensor {
  const attributes: ConvAttributes = {
    strides: [stride, stride],
    pads: typeof padding === "number" ? [padding, padding, padding, padding] : padding,
    dilations: [dilation, dilation],
    group: groups,
  };
  return convolve(bias ? [x, weight, bias] : [x, weight], attributes);
}

/**
 * The Conv, except for what WebGPU's would get wrong: it computes a 1x1 kernel, or one as large as the picture, as a
 * matrix product and looks at the padding before the picture only. Where there is padding behind alone, zeros are joined
 * to the picture instead (by Concat: a Pad would be fused into the Conv again).
 */
function convolve([x, w, ...bias]: ConvInputs, attributes: ConvAttributes): Tensor {
  const [top, left, bottom, right] = attributes.pads;
  const [picture, kernel] = [x.shape.slice(2), w.shape.slice(2)];
  const asProduct = sameShape(kernel, [1, 1]) || sameShape(kernel, picture);
  if (!asProduct || top > 0 || left > 0 || bottom + right === 0) return convOp([x, w, ...bias], attributes);
  const behind = (part: Tensor, axis: number, count: number) =>
    count === 0 ? part : concat([part, zeros(part.shape.map((extent, i) => (i === axis ? count : extent)))], axis);
  return convOp([behind(behind(x, 2, bottom), 3, right), w, ...bias], { ...attributes, pads: [0, 0, 0, 0] });
}
