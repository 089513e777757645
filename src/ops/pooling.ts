/** Average and maximum over windows of [n,c,h,w], with derivatives that need no index output. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { defineOp } from "../graph/op.js";
import { type Attributes, constant, type Tensor, type TensorType } from "../graph/tensor.js";
import { cast, div, equal, mul } from "./arithmetic.js";
import { convInputGradient } from "./convolution.js";
import { applyAlong } from "./linear-algebra.js";
import { gather, reshape } from "./movement.js";
import { reduceMax } from "./reduction.js";
import { resizeNearest } from "./resample.js";

export interface PoolOptions {
  readonly kernel: number;
  /** Default: the kernel, so that windows tile the picture. */
  readonly stride?: number;
  /** Zeros on all sides; they count in the average. */
  readonly padding?: number;
}

function inferPool([x]: readonly Tensor[], { kernel_shape, strides, pads }: Attributes): TensorType {
  const { dtype, shape } = x as Tensor;
  const [kernel, stride, padding] = [kernel_shape, strides, pads].map((list) => (list as number[])[0]) as [
    number,
    number,
    number,
  ];
  const pooled = (extent: number) => Math.floor((extent + 2 * padding - kernel) / stride) + 1;
  const [n, c, height, width] = shape as [number, number, number, number];
  requires(
    shape.length === 4 && pooled(height) > 0 && pooled(width) > 0,
    "SHAPE_MISMATCH",
    () => `pool: a ${kernel}x${kernel} window does not fit ${x}`,
  );
  return { dtype, shape: [n, c, pooled(height), pooled(width)] };
}

function poolAttributes({ kernel, stride = kernel, padding = 0 }: PoolOptions) {
  return { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [padding, padding, padding, padding] };
}

/** Windows that tile the picture without gaps: their derivative is a plain enlargement. */
const tiles = (x: Tensor, { kernel_shape, strides, pads }: Attributes): boolean => {
  const kernel = (kernel_shape as number[])[0] as number;
  const [, , height, width] = x.shape as [number, number, number, number];
  return (
    (strides as number[])[0] === kernel && (pads as number[])[0] === 0 && height % kernel === 0 && width % kernel === 0
  );
};

const averagePoolOp = defineOp("AveragePool", {
  infer: inferPool,
  // dx: every cell of a window gets dy / k^2
  vjp: ({ ct, inputs: [x], attributes }) => {
    const image = x as Tensor;
    const kernel = (attributes.kernel_shape as number[])[0] as number;
    const share = 1 / (kernel * kernel);
    if (tiles(image, attributes)) return [mul(resizeNearest(ct, kernel), share)];
    const [n, c, height, width] = image.shape as [number, number, number, number];
    const window = constant(NDArray.float32([1, 1, kernel, kernel], new Float32Array(kernel * kernel).fill(share)));
    const planes = reshape(ct, [n * c, 1, ct.shape[2] as number, ct.shape[3] as number]);
    const geometry = {
      stride: (attributes.strides as number[])[0] as number,
      pads: attributes.pads as [number, number, number, number],
      dilation: 1,
      groups: 1,
    };
    return [reshape(convInputGradient(planes, [n * c, 1, height, width], window, geometry), image.shape)];
  },
});

/** Mean of every k x k window. */
export function avgPool(x: Tensor, options: PoolOptions): Tensor {
  return averagePoolOp([x], { ...poolAttributes(options), count_include_pad: 1 });
}

const maxPoolOp = defineOp("MaxPool", {
  infer: inferPool,
  // dx: dy where x is its window's maximum; ties share it
  vjp: ({ ct, inputs: [x], output, attributes }) => {
    const image = x as Tensor;
    const kernel = (attributes.kernel_shape as number[])[0] as number;
    requires(
      tiles(image, attributes),
      "BAD_ARGUMENT",
      () => `maxPool(): only windows that tile ${image} have a derivative`,
    );
    const hits = cast(equal(image, resizeNearest(output, kernel)), image.dtype);
    const ties = mul(avgPool(hits, { kernel }), kernel * kernel);
    return [mul(hits, resizeNearest(div(ct, ties), kernel))];
  },
});

/** Maximum of every k x k window. Differentiable where windows tile the picture. */
export function maxPool(x: Tensor, options: PoolOptions): Tensor {
  return maxPoolOp([x], poolAttributes(options));
}

/** Window i of `outSize` over `inSize` cells covers floor(i in/out) .. ceil((i+1) in/out) - 1 (torch's rule). */
function adaptiveWindow(i: number, inSize: number, outSize: number): [start: number, end: number] {
  return [Math.floor((i * inSize) / outSize), Math.ceil(((i + 1) * inSize) / outSize)];
}

/** Mean over windows that divide the picture into any height x width. */
export function adaptiveAvgPool(x: Tensor, [height, width]: readonly [number, number]): Tensor {
  const matrix = (inSize: number, outSize: number) => {
    const rows = new Float32Array(outSize * inSize);
    for (let i = 0; i < outSize; i++) {
      const [start, end] = adaptiveWindow(i, inSize, outSize);
      rows.fill(1 / (end - start), i * inSize + start, i * inSize + end);
    }
    return constant(NDArray.float32([outSize, inSize], rows));
  };
  const [, , inHeight, inWidth] = x.shape as [number, number, number, number];
  return applyAlong(applyAlong(x, 2, matrix(inHeight, height)), 3, matrix(inWidth, width));
}

/** Maximum over the same windows: rows first, then columns. */
export function adaptiveMaxPool(x: Tensor, [height, width]: readonly [number, number]): Tensor {
  return maxAlong(maxAlong(x, 2, height), 3, width);
}

function maxAlong(x: Tensor, axis: number, outSize: number): Tensor {
  const inSize = x.shape[axis] as number;
  const windows = Array.from({ length: outSize }, (_, i) => adaptiveWindow(i, inSize, outSize));
  const longest = Math.max(...windows.map(([start, end]) => end - start));
  // Shorter windows repeat their last cell, which changes no maximum.
  const cells = windows.flatMap(([start, end]) =>
    Array.from({ length: longest }, (_, k) => Math.min(start + k, end - 1)),
  );
  const gathered = gather(x, constant(NDArray.int64([outSize, longest], cells)), axis);
  return reduceMax(gathered, { axes: [axis + 1] });
}
