/** What a device really does: a convolution and a matrix product, compiled and timed there, one op a program. */
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import { conv2d } from "../ops/convolution.js";
import { matmul } from "../ops/linear-algebra.js";
import { mean } from "../ops/reduction.js";
import type { Device } from "./devices.js";
import { compile } from "./program.js";

export interface DeviceSpeed {
  /** GFLOP/s of 3x3 convolutions, 64 -> 64 channels on 64 x 64. */
  readonly convolution: number;
  /** GFLOP/s of matrix products [512,512] . [512,512]. */
  readonly matrix: number;
}

/**
 * A few tenths of a second on a CPU core.
 *
 * @throws DEVICE_UNAVAILABLE with the runtime's own words when no session can be made there
 */
export async function probeDevice(device: Device, threads?: number): Promise<DeviceSpeed> {
  const random = new Random(1);
  const values = (...shape: number[]) =>
    NDArray.float32(
      shape,
      random.normals(shape.reduce((a, b) => a * b)).map((value) => value / 10),
    );
  const [picture, kernel] = [values(1, 64, 64, 64), values(64, 64, 3, 3)];
  const convolved = conv2d(input("x", "float32", picture.shape), constant(kernel), undefined, { padding: 1 });
  const square = values(512, 512);
  const product = matmul(input("x", "float32", square.shape), constant(square));
  const options = { device, ...(threads !== undefined && { threads }) };
  return {
    convolution: await rate(convolved, picture, 2 * 64 * 64 * 64 * 64 * 9, options),
    matrix: await rate(product, square, 2 * 512 ** 3, options),
  };
}

/** GFLOP/s of the best of a few runs; the output is reduced on the device, so that no copy is timed. */
async function rate(y: Tensor, x: NDArray, flops: number, options: Parameters<typeof compile>[1]): Promise<number> {
  const program = await compile({ y: mean(y) }, options);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    await program.run({ x });
    best = Math.min(best, performance.now() - start);
  }
  await program.dispose();
  return flops / best / 1e6;
}
