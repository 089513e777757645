/** What of a graph depends on no input, so that it is the same in every run. */
import { bytesOf, type Tensor } from "./tensor.js";

/** Tensors of `order` (each after its inputs) that depend on no input. */
export function fixedTensors(order: readonly Tensor[]): Set<Tensor> {
  return reached(order, ({ leaf, inputs }, fixed) =>
    leaf ? leaf.kind !== "input" : inputs.every((source) => fixed.has(source)),
  );
}

/** From this size on, bytes, it is worth while to calculate a tensor anew instead of keeping it. */
export const LARGE = 65_536;

/** Large fixed tensors that are calculated from a model's weights: a weight as another type, turned, scaled. */
export function calculatedWeights(order: readonly Tensor[]): Set<Tensor> {
  const fixed = fixedTensors(order);
  const ofWeights = reached(order, ({ leaf, inputs }, found) =>
    leaf ? leaf.kind === "weight" : inputs.some((source) => found.has(source)),
  );
  return new Set(order.filter((it) => !it.leaf && fixed.has(it) && ofWeights.has(it) && bytesOf(it) > LARGE));
}

function reached(order: readonly Tensor[], joins: (tensor: Tensor, found: ReadonlySet<Tensor>) => boolean) {
  const found = new Set<Tensor>();
  for (const tensor of order) if (joins(tensor, found)) found.add(tensor);
  return found;
}
