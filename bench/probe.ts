/** What this machine can do at best: plain convolutions and matrix products, one op a program, in the same runtime. */
import { NDArray } from "../src/core/ndarray.js";
import { Random } from "../src/core/random.js";
import { constant, input } from "../src/graph/tensor.js";
import { conv2d } from "../src/ops/convolution.js";
import { matmul } from "../src/ops/linear-algebra.js";
import { reduceMax } from "../src/ops/reduction.js";
import { countFlops } from "../src/runtime/flops.js";
import { compile } from "../src/runtime/program.js";

export interface Probe {
  /** GFLOP/s of 3x3 convolutions, 128 -> 128 channels at 128 px. */
  readonly convolution: number;
  /** GFLOP/s of matrix products [1600,768] . [768,3072]. */
  readonly matrix: number;
}

export async function probe(threads: number): Promise<Probe> {
  const random = new Random(1);
  const values = (...shape: number[]) => NDArray.float32(shape, random.normals(shape.reduce((a, b) => a * b)));
  const image = input("x", "float32", [1, 128, 128, 128]);
  const convolved = conv2d(image, constant(values(128, 128, 3, 3)), undefined, { padding: 1 });
  const rows = input("x", "float32", [1600, 768]);
  const product = matmul(rows, constant(values(768, 3072)));
  return {
    convolution: await rate(
      { y: reduceMax(convolved) },
      values(1, 128, 128, 128),
      countFlops([convolved]).convolution,
      threads,
    ),
    matrix: await rate({ y: reduceMax(product) }, values(1600, 768), countFlops([product]).matrix, threads),
  };
}

async function rate(
  outputs: Parameters<typeof compile>[0],
  x: NDArray,
  flops: number,
  threads: number,
): Promise<number> {
  const program = await compile(outputs, { threads });
  const seconds = await medianSeconds(9, () => program.run({ x }));
  await program.dispose();
  return flops / seconds / 1e9;
}

/** Median wall time of `repeat` runs after one to warm up. */
export async function medianSeconds(repeat: number, run: () => Promise<unknown>): Promise<number> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < repeat; i++) {
    const start = performance.now();
    await run();
    times.push((performance.now() - start) / 1000);
  }
  return median(times);
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;
