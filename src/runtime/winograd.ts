/**
 * 3x3 convolutions with a quarter of the products, for CPUs: Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, arXiv 1509.09308).
 *
 * A picture is cut into tiles of 4x4 results. What each is made of, 6x6 pixels, is taken into 36 sums (B^T d B), the kernel too (G g G^T);
 * their 36 products, summed over the channels, give the 16 results (A^T m A), where 144 products of pixels and kernel would be needed.
 * So what is left of a convolution is 36 matrix products [out,c].[c,tiles], and sums that cost as much for few channels as for many.
 *
 * Models and method never see it: the graph that is to be run is rewritten, its backward pass included.
 */
import { NDArray } from "../core/ndarray.js";
import { sameShape } from "../core/shape.js";
import { fixedTensors } from "../graph/fixed.js";
import { rewritten } from "../graph/rewrite.js";
import { constant, type OpDefinition, Tensor } from "../graph/tensor.js";
import { toposort } from "../graph/toposort.js";
import { add } from "../ops/arithmetic.js";
import { reshape, transpose } from "../ops/layout.js";
import { matmul } from "../ops/linear-algebra.js";
import { concat, slice } from "../ops/movement.js";

/** A tile's side: of its results, and of what they are made of. */
const [SIDE, REACH] = [4, 6];
/** Tiles that are worked on at once: their sums stay in a core's cache. */
const TOGETHER = 256;

/** From so many channels, coming and going, and tiles of a picture on it is the faster way: natively, where the engine has a convolution of its own in blocks, and in WebAssembly. */
const LEAST = { cpu: { channels: 128, tiles: 256 }, wasm: { channels: 32, tiles: 16 } } as const;

/** Where programs run on a CPU. */
export type CpuDevice = keyof typeof LEAST;

// The points are 0, 1, -1, 2, -2 and infinity.
const B_T = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
const G = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
const A_T = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/** The outputs' graph with its 3x3 convolutions done so, where that is faster on `device`. The same numbers but for rounding: 5e-6 of their size. */
export function withWinograd<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  device: CpuDevice,
): Readonly<Record<Name, Tensor>> {
  const fixed = fixedTensors(toposort(Object.values<Tensor>(outputs)));
  return rewritten(outputs, (tensor, [x, w, bias]) =>
    pays(tensor, fixed, LEAST[device]) ? convolved(x as Tensor, w as Tensor, bias) : undefined,
  );
}

/** Whether it is a 3x3 convolution of stride 1 with one zero around, its kernel the same in every run, its picture of whole tiles and large enough. */
function pays(
  { op, inputs, attributes }: Tensor,
  fixed: ReadonlySet<Tensor>,
  least: (typeof LEAST)[CpuDevice],
): boolean {
  if (op?.name !== "Conv") return false;
  const [x, w] = inputs as [Tensor, Tensor];
  const [out, c, ...kernel] = w.shape as [number, number, number, number];
  const { strides, pads, dilations, group } = attributes;
  if (!sameShape([...kernel, group as number], [3, 3, 1]) || !fixed.has(w) || fixed.has(x)) return false;
  if ([strides, pads, dilations].flat().some((amount) => amount !== 1)) return false;
  const [height, width] = x.shape.slice(2) as [number, number];
  if (height % SIDE !== 0 || width % SIDE !== 0) return false;
  return Math.min(out, c) >= least.channels && (height * width) / SIDE ** 2 >= least.tiles;
}

/** @param x [n,c,h,w] @param w [out,c,3,3] @returns [n,out,h,w] */
function convolved(x: Tensor, w: Tensor, bias: Tensor | undefined): Tensor {
  const [, , height, width] = x.shape as [number, number, number, number];
  const [out, c] = w.shape as [number, number];
  const kernel = reshape(matmul(inBoth(G), transpose(reshape(w, [out * c, 9]))), [REACH ** 2, out, c]);
  const rows = Math.max(1, Math.floor((TOGETHER * SIDE) / width)) * SIDE; // of a strip, in pixels
  const strips: Tensor[] = [];
  for (let first = 0; first < height; first += rows) {
    const end = Math.min(height, first + rows);
    const [above, below] = [Number(first > 0), Number(end < height)]; // rows of others that it needs
    const seen = slice(x, 2, first - above, end + below);
    strips.push(stripOf(seen, [1 - above, 1 - below], kernel, bias));
  }
  return concat(strips, 2);
}

/** @param zeros rows of zeros above and below `x` @returns [n,out,rows,width] */
function stripOf(x: Tensor, zeros: readonly [number, number], kernel: Tensor, bias: Tensor | undefined): Tensor {
  const [n, c, height, width] = x.shape as [number, number, number, number];
  const out = kernel.shape[1] as number;
  const grid = [(height + zeros[0] + zeros[1] - 2) / SIDE, width / SIDE] as const;
  const tiles = grid[0] * grid[1];
  const sums = matmul(kernel, reshape(tileSums(x, zeros), [n, REACH ** 2, c, tiles])); // [n,36,out,tiles]
  const results = reshape(matmul(inBoth(A_T), reshape(sums, [n, REACH ** 2, out * tiles])), [n, -1, out, tiles]);
  const whole = bias ? add(results, reshape(bias, [out, 1])) : results;
  return sideBySide(reshape(whole, [n, SIDE ** 2 * out, ...grid]));
}

/** A matrix for rows and columns at once: [r,k] -> [r r, k k]. */
function inBoth(matrix: readonly (readonly number[])[]): Tensor {
  const both = matrix.flatMap((a) => matrix.map((b) => a.flatMap((x) => b.map((y) => x * y))));
  return constant(NDArray.float32([both.length, (both[0] as number[]).length], both.flat()));
}

// The two operators have no derivatives: they come when the backward pass is there already.

const convolution3d: OpDefinition = {
  name: "Conv",
  domain: "",
  infer: ([x, w], { pads, strides }) => {
    const [before, after] = [(pads as number[]).slice(0, 3), (pads as number[]).slice(3)];
    const positions = (x as Tensor).shape.slice(2).map((extent, axis) => {
      const padded = extent + (before[axis] as number) + (after[axis] as number);
      return (padded - ((w as Tensor).shape[2 + axis] as number)) / ((strides as number[])[axis] as number) + 1;
    });
    return {
      dtype: "float32",
      shape: [(x as Tensor).shape[0] as number, (w as Tensor).shape[0] as number, ...positions],
    };
  },
};

/** B^T d B of every tile: a convolution in which channels are a third direction, so that what comes out is a matrix of channels and tiles for each of the 36. @returns [n,36,c,h/4,w/4] */
function tileSums(x: Tensor, [above, below]: readonly [number, number]): Tensor {
  const [n, c, height, width] = x.shape as [number, number, number, number];
  const kernels = reshape(inBoth(B_T), [REACH ** 2, 1, 1, REACH, REACH]);
  return Tensor.apply(convolution3d, [reshape(x, [n, 1, c, height, width]), kernels], {
    strides: [1, SIDE, SIDE],
    pads: [0, above, 1, 0, below, 1],
    dilations: [1, 1, 1],
    group: 1,
  });
}

const depthToSpace: OpDefinition = {
  name: "DepthToSpace",
  domain: "",
  infer: ([x]) => {
    const [n, c, height, width] = (x as Tensor).shape as [number, number, number, number];
    return { dtype: "float32", shape: [n, c / SIDE ** 2, SIDE * height, SIDE * width] };
  },
};

/** Tiles in their places: [n,4 4 c,h,w] -> [n,c,4h,4w] */
function sideBySide(x: Tensor): Tensor {
  return Tensor.apply(depthToSpace, [x], { blocksize: SIDE, mode: "DCR" });
}
