/** Resizing and sampling pictures [n,c,h,w]. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { defineOp } from "../graph/op.js";
import { constant, type Tensor } from "../graph/tensor.js";
import { add, cast, clip, div, equal, floor, mul, sub } from "./arithmetic.js";
import { expand, reshape, transpose } from "./layout.js";
import { applyAlong, matmul } from "./linear-algebra.js";
import { scatterAdd, slice } from "./movement.js";
import { floats, zeros } from "./operands.js";

/** Bilinear to any size, pixel centres at half (torch align_corners=False, no anti-aliasing); two matrix products. */
export function resizeBilinear(x: Tensor, [height, width]: readonly [number, number]): Tensor {
  const [, , inHeight, inWidth] = x.shape as [number, number, number, number];
  return applyAlong(applyAlong(x, 2, bilinearMatrix(inHeight, height)), 3, bilinearMatrix(inWidth, width));
}

function bilinearMatrix(inSize: number, outSize: number): Tensor {
  const matrix = new Float32Array(outSize * inSize);
  for (let i = 0; i < outSize; i++) {
    const centre = Math.max(0, ((i + 0.5) * inSize) / outSize - 0.5);
    const low = Math.floor(centre);
    const high = Math.min(low + 1, inSize - 1);
    matrix[i * inSize + low] = 1 - (centre - low);
    matrix[i * inSize + high] = (matrix[i * inSize + high] as number) + (centre - low);
  }
  return floats([outSize, inSize], matrix);
}

type GridSampleAttributes = { mode: "bilinear"; padding_mode: "zeros"; align_corners: 0 };

const gridSampleOp = defineOp<[x: Tensor, grid: Tensor], GridSampleAttributes>("GridSample", {
  infer: ([x, grid]) => {
    const [n, c] = x.shape as [number, number];
    const [m, rows, columns, two] = grid.shape as [number, number, number, number];
    requires(
      x.rank === 4 && grid.rank === 4 && two === 2 && n === m,
      "SHAPE_MISMATCH",
      () => `gridSample(): needs pictures [1 or n,c,H,W] and points [n,h,w,2], got ${x} and ${grid}`,
    );
    return { dtype: x.dtype, shape: [n, c, rows, columns] };
  },
  vjp: ({ ct, inputs: [x, grid], needs }) => {
    requires(!needs[1], "BAD_ARGUMENT", () => "gridSample(): points have no derivative; wrap them in stopGradient()");
    return [gridSampleGradient(ct, x, grid)];
  },
});

/**
 * dx: every sample hands its cotangent back to the four pixels around it, by their bilinear weights; one scatter-add a
 * corner, so that index and value arrays stay the size of the samples. Points have no gradient.
 */
function gridSampleGradient(ct: Tensor, x: Tensor, grid: Tensor): Tensor {
  const [n, c, height, width] = x.shape as [number, number, number, number];
  const [, rows, columns] = grid.shape as [number, number, number];
  const count = rows * columns;
  const along = (axis: number, extent: number) => {
    const position = reshape(slice(grid, 3, axis, axis + 1), [n, 1, count]);
    const pixel = sub(mul(add(position, 1), extent / 2), 0.5); // centres of pixels at whole numbers
    const low = floor(pixel);
    return { low, fraction: sub(pixel, low), extent };
  };
  const corner = ({ low, fraction, extent }: ReturnType<typeof along>, second: boolean) => {
    const index = second ? add(low, 1) : low;
    const inside = clip(index, 0, extent - 1);
    const weight = mul(second ? fraction : sub(1, fraction), cast(equal(index, inside), "float32"));
    return { index: inside, weight };
  };
  const [horizontal, vertical] = [along(0, width), along(1, height)];
  const values = reshape(ct, [n, c, count]);
  let gradient = zeros([n, c, height * width]);
  for (const below of [false, true]) {
    for (const right of [false, true]) {
      const [column, row] = [corner(horizontal, right), corner(vertical, below)];
      const index = cast(add(mul(row.index, width), column.index), "int32"); // [n, 1, count]
      const share = mul(values, mul(row.weight, column.weight)); // [n, c, count]
      gradient = scatterAdd(gradient, expand(index, [n, c, count]), share, 2);
    }
  }
  return reshape(gradient, x.shape);
}

/**
 * Bilinear samples at n grids of points; zeros outside, align_corners=False.
 *
 * All grids of one shared picture go through one sampling of it; it is never copied n times. Points are data: they have
 * no gradient.
 *
 * @param x [1,c,H,W], shared by all grids, or [n,c,H,W]
 * @param grid [n,h,w,2], (x, y) in -1..1 across the picture
 * @returns [n,c,h,w]
 */
export function gridSample(x: Tensor, grid: Tensor): Tensor {
  const attributes = { mode: "bilinear", padding_mode: "zeros", align_corners: 0 } as const;
  const [n, height, width] = grid.shape as [number, number, number];
  const [pictures, c] = x.shape as [number, number];
  if (pictures !== 1 || n === 1) return gridSampleOp([x, grid], attributes);
  const samples = gridSampleOp([x, reshape(grid, [1, n * height, width, 2])], attributes); // [1, c, n h, w]
  return transpose(reshape(samples, [c, n, height, width]), [1, 0, 2, 3]);
}

const centres = new Map<number, NDArray>();

/** (x, y, 1) of each pixel's centre, [3,size*size]; one array for all that ask, which a program then holds once. */
function pixelCentres(size: number): NDArray {
  const known = centres.get(size);
  if (known) return known;
  const count = size * size;
  const points = new Float32Array(3 * count).fill(1);
  for (let i = 0; i < count; i++) {
    points[i] = (2 * (i % size) + 1) / size - 1;
    points[count + i] = (2 * Math.floor(i / size) + 1) / size - 1;
  }
  const array = NDArray.float32([3, count], points);
  centres.set(size, array);
  return array;
}

/**
 * Where each pixel of n square views of `size` pixels lies in the source: pixel centres (2i+1)/size - 1, mapped by the
 * view's matrix, divided by w.
 *
 * @param matrices [n,3,3]
 * @returns [n,size,size,2]
 */
export function homographyGrid(matrices: Tensor, size: number): Tensor {
  const n = matrices.shape[0] as number;
  const mapped = matmul(matrices, constant(pixelCentres(size))); // [n, 3, size * size]
  const flat = div(slice(mapped, 1, 0, 2), slice(mapped, 1, 2, 3)); // [n, 2, count]
  return reshape(transpose(flat), [n, size, size, 2]);
}
