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
  readonly shapes: readonly Shape[];
  readonly build: (...inputs: readonly Tensor[]) => Tensor;
  /** Draws an element (default standard normal); keeps away from kinks where there are some. */
  readonly draw?: (random: Random) => number;
  /** False: only the values are compared, for there is no derivative. */
  readonly differentiable?: boolean;
  /** Why WebGPU cannot run it. */
  readonly notOnWebgpu?: string;
}

type Tensors<Shapes extends readonly Shape[]> = { [K in keyof Shapes]: Tensor };
type Options = Omit<GradientCase, "name" | "shapes" | "build">;

/** `over("matmul", [3, 4], [4, 2])(matmul)`: a case with inputs of these shapes, all differentiated. */
export const over =
  <Shapes extends readonly Shape[]>(name: string, ...shapes: Shapes) =>
  (build: (...inputs: Tensors<Shapes>) => Tensor, options: Options = {}): GradientCase => ({
    name,
    shapes,
    build: build as GradientCase["build"],
    ...options,
  });

export interface BuiltCase {
  readonly output: Tensor;
  /** The sum of the output's elements, each times a fixed random number. */
  readonly loss: Tensor;
  /** dLoss/dInput of every input; none of a case that is not differentiable. */
  readonly gradients: readonly Tensor[];
  readonly feeds: Readonly<Record<string, NDArray>>;
}

/** The case's graph, its gradient for a random cotangent, and random inputs, named `prefix` and their position. */
export function buildCase(
  { shapes, build, draw = (random) => random.normal(), differentiable = true }: GradientCase,
  prefix = "x",
): BuiltCase {
  const random = new Random(7);
  const inputs = shapes.map((shape, i) => input(`${prefix}${i}`, "float32", shape));
  const output = build(...inputs);
  const cotangent = constant(NDArray.float32(output.shape, random.normals(sizeOf(output.shape))));
  const loss = sum(mul(output, cotangent));
  // Inputs are float32 numbers, so that a float32 program is fed the same.
  const numbers = (shape: Shape) =>
    NDArray.float32(
      shape,
      Array.from({ length: sizeOf(shape) }, () => draw(random)),
    );
  const feeds = Object.fromEntries(shapes.map((shape, i) => [`${prefix}${i}`, numbers(shape)]));
  return { output, loss, gradients: differentiable ? grad(loss, inputs) : [], feeds };
}

/** The largest |analytic - numeric| over directions in the space of each input, relative to the largest |numeric| (or 1). */
export function gradcheck(gradientCase: GradientCase, step = 1e-5): number {
  const { loss, gradients, feeds } = buildCase(gradientCase);
  const analytic = evaluate(gradients, feeds);
  let worst = 0;
  let scale = 1;
  Object.entries(feeds).forEach(([name, fed], i) => {
    const at = fed.as("float64").data as Float64Array;
    const gradient = analytic[i] as NDArray;
    for (const direction of directions(at.length)) {
      const lossAt = (distance: number) => {
        const moved = at.map((value, k) => value + distance * (direction[k] as number));
        const [result] = evaluate([loss], { ...feeds, [name]: new NDArray("float64", fed.shape, moved) });
        return (result as NDArray).item();
      };
      const numeric = (lossAt(step) - lossAt(-step)) / (2 * step);
      const along = direction.reduce((total, part, k) => total + part * gradient.at(k), 0);
      worst = Math.max(worst, Math.abs(along - numeric));
      scale = Math.max(scale, Math.abs(numeric));
    }
  });
  return worst / scale;
}

/** Every axis of a small space; eight random directions of a large one, in each of which any wrong element shows. */
function directions(dimensions: number): Float64Array[] {
  const random = new Random(dimensions);
  const count = dimensions <= 16 ? dimensions : 8;
  return Array.from({ length: count }, (_, axis) =>
    dimensions <= 16
      ? Float64Array.from({ length: dimensions }, (_, k) => Number(k === axis))
      : Float64Array.from(random.normals(dimensions)),
  );
}
