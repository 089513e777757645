import { InferenceSession, Tensor as Value } from "onnxruntime-node";
import { expect, test } from "vitest";
import { grad } from "../autodiff/grad.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { type Shape, sizeOf } from "../core/shape.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import { toposort } from "../graph/toposort.js";
import { serialize } from "../onnx/serialize.js";
import { mul } from "../ops/arithmetic.js";
import { conv2d } from "../ops/convolution.js";
import { sum } from "../ops/reduction.js";
import { sessionOptions } from "./devices.js";
import { asRun } from "./program.js";
import { withWinograd } from "./winograd.js";

const random = new Random(3);
const normal = (...shape: number[]) => NDArray.float32(shape, random.normals(sizeOf(shape)));

async function run(outputs: Readonly<Record<string, Tensor>>, x: NDArray): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(
    serialize(outputs).bytes,
    sessionOptions("cpu", { threads: 1 }, undefined),
  );
  const results = await session.run({ x: new Value("float32", x.floats() as Float32Array, x.shape) });
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

/** Root of the mean squared difference, of the root mean square of `right`. */
function difference(values: Float32Array, right: Float32Array): number {
  let [apart, size] = [0, 0];
  right.forEach((value, i) => {
    apart += ((values[i] as number) - value) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(apart / size);
}

const kernelsOf = (outputs: Readonly<Record<string, Tensor>>) =>
  toposort(Object.values(outputs)).flatMap(({ op, inputs }) =>
    op?.name === "Conv" ? [(inputs[1] as Tensor).shape.slice(2).join("x")] : [],
  );

test.each<[string, Shape, number]>([
  ["one strip", [1, 40, 12, 24], 33],
  ["several pictures", [3, 32, 16, 16], 32],
  ["strips, the last one lower", [1, 32, 40, 256], 48],
  ["rows of more tiles than one strip is of", [1, 32, 8, 1028], 32],
])("%s: value and gradient are the convolution's", async (_, shape, out) => {
  const x = input("x", "float32", shape);
  const y = conv2d(x, constant(normal(out, shape[1] as number, 3, 3)), constant(normal(out)), { padding: 1 });
  const [dx] = grad(sum(mul(mul(y, y), constant(normal(...y.shape)))), [x]) as [Tensor];
  const plain = { y, dx };
  const lowered = withWinograd(plain, "wasm");
  expect(new Set(kernelsOf(plain))).toEqual(new Set(["3x3"]));
  expect(new Set(kernelsOf(lowered))).toEqual(new Set(["1x6x6"]));
  expect([lowered.y.shape, lowered.dx.shape]).toEqual([y.shape, x.shape]);
  const values = normal(...shape);
  const [right, got] = [await run(plain, values), await run(lowered, values)];
  for (const name of ["y", "dx"] as const) {
    expect(difference(got[name] as Float32Array, right[name] as Float32Array)).toBeLessThan(5e-6);
  }
});

const x = input("x", "float32", [1, 128, 64, 64]);
const kernel = (out: number, perGroup: number, side = 3) =>
  constant(NDArray.zeros("float32", [out, perGroup, side, side]));

test.each<[string, Tensor]>([
  ["stride 2", conv2d(x, kernel(128, 128), undefined, { stride: 2, padding: 1 })],
  ["no zeros around", conv2d(x, kernel(128, 128))],
  ["zeros behind only", conv2d(x, kernel(128, 128), undefined, { padding: [0, 0, 2, 2] })],
  ["dilation", conv2d(x, kernel(128, 128), undefined, { dilation: 2, padding: 2 })],
  ["groups", conv2d(x, kernel(256, 64), undefined, { groups: 2, padding: 1 })],
  ["another kernel", conv2d(x, kernel(128, 128, 1))],
  ["few channels", conv2d(x, kernel(64, 128), undefined, { padding: 1 })],
  [
    "a picture of few tiles",
    conv2d(input("x", "float32", [1, 128, 32, 32]), kernel(128, 128), undefined, { padding: 1 }),
  ],
  ["parts of tiles", conv2d(input("x", "float32", [1, 128, 66, 64]), kernel(128, 128), undefined, { padding: 1 })],
  ["a kernel that is no constant", conv2d(x, input("w", "float32", [128, 128, 3, 3]), undefined, { padding: 1 })],
])("%s: the graph stays what it is", (_, y) => {
  const outputs = { y };
  expect(withWinograd(outputs, "cpu")).toBe(outputs);
});

test("CPUs get it, natively from more channels on than in WebAssembly; GPUs and low memory do not", () => {
  const many = { y: conv2d(x, kernel(128, 128), undefined, { padding: 1 }) };
  const few = { y: conv2d(input("x", "float32", [1, 32, 64, 64]), kernel(32, 32), undefined, { padding: 1 }) };
  const changed = (
    outputs: typeof many,
    ...[device, settings = {}]: [Parameters<typeof asRun>[1], { lowMemory?: boolean }?]
  ) => asRun(outputs, device, settings) !== outputs;
  expect([changed(many, "cpu"), changed(few, "cpu"), changed(few, "wasm")]).toEqual([true, false, true]);
  expect([changed(many, "webgpu"), changed(many, "cuda"), changed(many, "cpu", { lowMemory: true })]).toEqual([
    false,
    false,
    false,
  ]);
});
