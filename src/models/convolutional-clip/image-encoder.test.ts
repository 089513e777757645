import { expect, test } from "vitest";
import { relativeError } from "../../../test/support/fixtures.js";
import { grad } from "../../autodiff/grad.js";
import { NDArray } from "../../core/ndarray.js";
import { Random } from "../../core/random.js";
import { type Shape, sizeOf } from "../../core/shape.js";
import { input, type Tensor } from "../../graph/tensor.js";
import { conv2d } from "../../ops/convolution.js";
import { compile } from "../../runtime/program.js";
import { stemConvolution } from "./image-encoder.js";

const random = new Random(3);
const noise = (shape: Shape) =>
  NDArray.float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform() - 0.5),
  );

test.each([
  [6, 2],
  [3, 2],
  [4, 2],
  [7, 2],
  [2, 2],
  [5, 1],
  [1, 1],
  [8, 4],
  [11, 4],
  [5, 3],
])("a stem of kernel %i and stride %i is the convolution that it stands for, backward too", async (kernel, stride) => {
  const side = 4 * stride;
  const feeds = {
    x: noise([2, 3, side, side]),
    w: noise([5, 3, kernel, kernel]),
    b: noise([5]),
    ct: noise([2, 5, 4, 4]),
  };
  const { x, w, b, ct } = Object.fromEntries(
    Object.entries(feeds).map(([name, { shape }]) => [name, input(name, "float32", shape)]),
  ) as Record<keyof typeof feeds, Tensor>;
  const cells = stemConvolution(x, w, b, stride);
  const plain = conv2d(x, w, b, { stride, padding: Math.floor((kernel - stride + 1) / 2) });
  const [dcells, dplain] = [cells, plain].map((y) => grad(y, [x], ct)[0] as Tensor) as [Tensor, Tensor];
  const program = await compile({ cells, plain, dcells, dplain }, { threads: 1 });
  const result = await program.run(feeds);
  await program.dispose();
  expect(relativeError(result.cells, result.plain)).toBeLessThan(1e-5);
  expect(relativeError(result.dcells, result.dplain)).toBeLessThan(1e-5);
});
