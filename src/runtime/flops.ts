/** Counts the arithmetic of a graph: multiply-adds of convolutions and matrix products, two operations each. */
import { sizeOf } from "../core/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { toposort } from "../graph/toposort.js";

export interface FlopCount {
  readonly convolution: number;
  readonly matrix: number;
}

/** Operations of one run of the graph; weight-only subgraphs, folded when a session loads, do not count. */
export function countFlops(outputs: readonly Tensor[]): FlopCount {
  const live = new Set<Tensor>();
  const count = { convolution: 0, matrix: 0 };
  for (const tensor of toposort(outputs)) {
    const { op, inputs, leaf, shape, attributes } = tensor;
    if (leaf ? leaf.kind === "input" : inputs.some((source) => live.has(source))) live.add(tensor);
    if (!op || !live.has(tensor)) continue;
    const [a, b] = inputs as [Tensor, Tensor];
    if (op.name === "Conv") count.convolution += 2 * sizeOf(shape) * sizeOf(b.shape.slice(1));
    else if (op.name === "MatMul") count.matrix += 2 * sizeOf(shape) * (a.shape.at(-1) as number);
    else if (op.name === "Gemm") count.matrix += 2 * sizeOf(shape) * (a.shape[attributes.transA ? 0 : 1] as number);
  }
  return count;
}
