/** Compares a gradient with central differences, both in float64 by the reference evaluator. */
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { type Shape, sizeOf } from "../../src/core/shape.js";
import { constant, input, type Tensor } from "../../src/graph/tensor.js";
import { mul } from "../../src/ops/arithmetic.js";
import { sum } from "../../src/ops/reduction.js";
import { evaluate } from "../../src/runtime/reference/evaluate.js";

export interface GradientCase {
  readonly name: string;
  /** Shapes of the inputs that are differentiated. */
  readonly shapes: readonly Shape[];
  readonly build: (...inputs: Tensor[]) => Tensor;
  /** Draws an element (default standard normal); keeps away from kinks where there are some. */
  readonly draw?: (random: Random) => number;
}

export interface BuiltCase {
  readonly output: Tensor;
  readonly gradients: readonly Tensor[];
  readonly feeds: Record<string, NDArray>;
}

const nameOf = (index: number): string => `x${index}`;

/** The case's graph, its gradient for a random cotangent, and random inputs. */
export function buildCase({
  shapes,
  build,
  draw = (random) => random.normal(),
}: GradientCase): BuiltCase & { loss: Tensor } {
  const random = new Random(7);
  const inputs = shapes.map((shape, i) => input(nameOf(i), "float32", shape));
  const output = build(...inputs);
  const cotangent = constant(NDArray.float32(output.shape, random.normals(sizeOf(output.shape))));
  const loss = sum(mul(output, cotangent));
  // Inputs are float32 numbers, so that a float32 program is fed the same.
  const feeds = shapes.map((shape, i) => [
    nameOf(i),
    NDArray.float32(
      shape,
      Array.from({ length: sizeOf(shape) }, () => draw(random)),
    ),
  ]);
  return { output, loss, gradients: grad(loss, inputs), feeds: Object.fromEntries(feeds) };
}

/** The largest |analytic - numeric| over all elements, relative to the largest |numeric| (or 1). */
export function gradcheck(gradientCase: GradientCase, step = 1e-5): number {
  const { loss, gradients, feeds } = buildCase(gradientCase);
  const analytic = evaluate(gradients, feeds);
  let worst = 0;
  let scale = 1;
  for (const [i, gradient] of analytic.entries()) {
    const fed = feeds[nameOf(i)] as NDArray;
    const numbers = fed.as("float64").data as Float64Array;
    for (let k = 0; k < numbers.length; k++) {
      const lossAt = (offset: number) => {
        const moved = numbers.slice();
        moved[k] = (moved[k] as number) + offset;
        return (
          evaluate([loss], { ...feeds, [nameOf(i)]: new NDArray("float64", fed.shape, moved) })[0] as NDArray
        ).item();
      };
      const numeric = (lossAt(step) - lossAt(-step)) / (2 * step);
      worst = Math.max(worst, Math.abs(gradient.at(k) - numeric));
      scale = Math.max(scale, Math.abs(numeric));
    }
  }
  return worst / scale;
}
