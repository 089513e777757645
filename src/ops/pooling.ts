/**
 * Average and maximum over windows of [n,c,h,w], with derivatives that need no index output, and enlarging by whole
 * factors: each is in the other's derivative.
 */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { defineOp } from "../graph/op.js";
import { constant, type Tensor, type TensorType } from "../graph/tensor.js";
import { cast, div, equal, mul } from "./arithmetic.js";
import { convInputGradient } from "./convolution.js";
import { reshape } from "./layout.js";
import { applyAlong } from "./linear-algebra.js";
import { gather } from "./movement.js";
import { floats, numbersOf, zeros } from "./operands.js";
import { reduceMax } from "./reduction.js";

export interface PoolOptions {
  readonly kernel: number;
  /** Default: the kernel, so that windows tile the picture. */
  readonly stride?: number;
  /** On all sides, below the kernel: zeros that count in an average, cells that are never a maximum. */
  readonly padding?: number;
}

type PoolAttributes = {
  kernel_shape: readonly [number, number];
  strides: readonly [number, number];
  pads: readonly [number, number, number, number];
};

function poolAttributes({ kernel, stride = kernel, padding = 0 }: PoolOptions): PoolAttributes {
  return { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [padding, padding, padding, padding] };
}

function inferPool(
  [x]: readonly [x: Tensor],
  { kernel_shape: [kernel], strides: [stride], pads: [padding] }: PoolAttributes,
): TensorType {
  const [n, c, height, width] = x.shape as [number, number, number, number];
  requires(
    x.rank === 4 && padding < kernel && Math.min(height, width) + 2 * padding >= kernel,
    "SHAPE_MISMATCH",
    () => `pool: a ${kernel}x${kernel} window padded by ${padding} does not fit ${x}`,
  );
  return { dtype: x.dtype, shape: [n, c, ...[height, width].map((e) => windowCount(e, kernel, stride, padding))] };
}

const windowCount = (extent: number, kernel: number, stride: number, padding: number): number =>
  Math.floor((extent + 2 * padding - kernel) / stride) + 1;

/** Windows that tile the picture without gaps: their derivative is a plain enlargement. */
function tiles(
  { shape }: Tensor,
  { kernel_shape: [kernel], strides: [stride], pads: [padding] }: PoolAttributes,
): boolean {
  return stride === kernel && padding === 0 && shape.slice(2).every((extent) => extent % kernel === 0);
}

const averagePoolOp = defineOp<[x: Tensor], PoolAttributes & { count_include_pad: 1 }>("AveragePool", {
  infer: inferPool,
  // dx: every cell of a window gets dy / k^2
  vjp: ({ ct, inputs: [x], attributes }) => {
    const [kernel] = attributes.kernel_shape;
    const share = 1 / (kernel * kernel);
    if (tiles(x, attributes)) return [mul(resizeNearest(ct, kernel), share)];
    const [n, c, height, width] = x.shape as [number, number, number, number];
    const [, , rows, columns] = ct.shape as [number, number, number, number];
    const window = floats([1, 1, kernel, kernel], new Float32Array(kernel * kernel).fill(share));
    const geometry = { ...attributes, dilations: [1, 1], group: 1 } as const;
    const planes = reshape(ct, [n * c, 1, rows, columns]);
    return [reshape(convInputGradient(planes, [n * c, 1, height, width], window, geometry), x.shape)];
  },
});

/** Mean of every k x k window. */
export function avgPool(x: Tensor, options: PoolOptions): Tensor {
  return averagePoolOp([x], { ...poolAttributes(options), count_include_pad: 1 });
}

type ResizeInputs = readonly [x: Tensor, region: Tensor, scales: Tensor];
type ResizeAttributes = { mode: "nearest"; coordinate_transformation_mode: "asymmetric"; nearest_mode: "floor" };

const resizeOp = defineOp<ResizeInputs, ResizeAttributes>("Resize", {
  infer: ([{ dtype, shape }, , scales]) => {
    const factors = numbersOf(scales);
    return { dtype, shape: shape.map((extent, axis) => extent * (factors[axis] as number)) };
  },
  // dx = sum over the k x k copies
  vjp: ({ ct, inputs: [, , scales] }) => {
    const kernel = numbersOf(scales)[2] as number;
    return [mul(avgPool(ct, { kernel }), kernel * kernel)];
  },
});

/** Every pixel k times in both directions. */
export function resizeNearest(x: Tensor, factor: number): Tensor {
  requires(
    Number.isInteger(factor) && factor >= 1 && x.rank === 4,
    "BAD_ARGUMENT",
    () => `resizeNearest(): needs [n,c,h,w] and a whole factor, got ${x} and ${factor}`,
  );
  return resizeOp([x, zeros([0]), floats([4], [1, 1, factor, factor])], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

const maxPoolOp = defineOp<[x: Tensor], PoolAttributes>("MaxPool", {
  infer: inferPool,
  // dx: dy where x is its window's maximum; ties share it
  vjp: ({
    ct,
    inputs: [x],
    output,
    attributes: {
      kernel_shape: [kernel],
    },
  }) => {
    const hits = cast(equal(x, resizeNearest(output, kernel)), x.dtype);
    const ties = mul(avgPool(hits, { kernel }), kernel * kernel);
    return [mul(hits, resizeNearest(div(ct, ties), kernel))];
  },
});

/**
 * Maximum of every k x k window. Ties share the gradient; where windows do not tile the picture, ties of a row first
 * and of the column of row maxima then.
 */
export function maxPool(x: Tensor, options: PoolOptions): Tensor {
  const attributes = poolAttributes(options);
  if (tiles(x, attributes)) return maxPoolOp([x], attributes);
  const { kernel, stride = kernel, padding = 0 } = options;
  const [, , height, width] = inferPool([x], attributes).shape as [number, number, number, number];
  const windows = (count: number, extent: number) =>
    Array.from({ length: count }, (_, i): Window => {
      const start = i * stride - padding;
      return [Math.max(0, start), Math.min(extent, start + kernel)];
    });
  const [, , inHeight, inWidth] = x.shape as [number, number, number, number];
  return maxAlong(maxAlong(x, 2, windows(height, inHeight)), 3, windows(width, inWidth));
}

/** The cells start..end-1. */
type Window = readonly [start: number, end: number];

/** Window i of `outSize` over `inSize` cells covers floor(i in/out) .. ceil((i+1) in/out) - 1 (torch's rule). */
function adaptiveWindows(inSize: number, outSize: number): Window[] {
  return Array.from({ length: outSize }, (_, i) => [
    Math.floor((i * inSize) / outSize),
    Math.ceil(((i + 1) * inSize) / outSize),
  ]);
}

/** Mean over windows that divide the picture into any height x width. */
export function adaptiveAvgPool(x: Tensor, [height, width]: readonly [number, number]): Tensor {
  const matrix = (inSize: number, outSize: number) => {
    const rows = new Float32Array(outSize * inSize);
    adaptiveWindows(inSize, outSize).forEach(([start, end], i) => {
      rows.fill(1 / (end - start), i * inSize + start, i * inSize + end);
    });
    return floats([outSize, inSize], rows);
  };
  const [, , inHeight, inWidth] = x.shape as [number, number, number, number];
  return applyAlong(applyAlong(x, 2, matrix(inHeight, height)), 3, matrix(inWidth, width));
}

/** Maximum over the same windows: rows first, then columns; ties share the gradient in that order. */
export function adaptiveMaxPool(x: Tensor, [height, width]: readonly [number, number]): Tensor {
  const [, , inHeight, inWidth] = x.shape as [number, number, number, number];
  return maxAlong(maxAlong(x, 2, adaptiveWindows(inHeight, height)), 3, adaptiveWindows(inWidth, width));
}

function maxAlong(x: Tensor, axis: number, windows: readonly Window[]): Tensor {
  const longest = Math.max(...windows.map(([start, end]) => end - start));
  // Shorter windows repeat their last cell, which changes no maximum.
  const cells = windows.flatMap(([start, end]) =>
    Array.from({ length: longest }, (_, k) => Math.min(start + k, end - 1)),
  );
  const indices = constant(NDArray.int64([windows.length, longest], cells));
  return reduceMax(gather(x, indices, axis), { axes: [axis + 1] });
}
