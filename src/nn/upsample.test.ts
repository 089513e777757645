import { expect, test } from "vitest";
import { grad } from "../autodiff/grad.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { sizeOf } from "../core/shape.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import { conv2d } from "../ops/convolution.js";
import { resizeNearest } from "../ops/pooling.js";
import { compile } from "../runtime/program.js";
import { upsampleConv } from "./upsample.js";

test("upsampleConv is the convolution of the doubled picture, in value and gradient", async () => {
  const random = new Random(3);
  const draw = (shape: number[]) => NDArray.float32(shape, random.normals(sizeOf(shape)));
  const x = input("x", "float32", [2, 3, 4, 5]);
  const ct = input("ct", "float32", [2, 6, 8, 10]);
  const [weight, bias] = [constant(draw([6, 3, 3, 3])), constant(draw([6]))];
  const plain = conv2d(resizeNearest(x, 2), weight, bias, { padding: 1 });
  const fast = upsampleConv(x, { weight, bias });
  const gradient = (y: Tensor) => grad(y, [x], ct)[0] as Tensor;
  const outputs = { plain, fast, plainGradient: gradient(plain), fastGradient: gradient(fast) };
  const program = await compile(outputs, { threads: 1 });
  const result = await program.run({ x: draw([2, 3, 4, 5]), ct: draw([2, 6, 8, 10]) });
  await program.dispose();
  result.fast.floats().forEach((value, i) => {
    expect(value).toBeCloseTo(result.plain.at(i), 4);
  });
  result.fastGradient.floats().forEach((value, i) => {
    expect(value).toBeCloseTo(result.plainGradient.at(i), 4);
  });
});
