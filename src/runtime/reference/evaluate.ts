/** The reference evaluator: slow, in float64, and plain enough to be checked by reading. Programs are tested against it. */
import { requires, VqganClipError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import type { Tensor } from "../../graph/tensor.js";
import { toposort } from "../../graph/toposort.js";
import type { Feeds } from "../engine.js";
import { elementwise } from "./elementwise.js";
import { layers } from "./layers.js";
import { movement } from "./movement.js";
import type { Evaluator, Value } from "./value.js";

/** By ONNX operator. */
export const evaluators: Readonly<Record<string, Evaluator>> = { ...elementwise, ...movement, ...layers };

/**
 * The numbers of every output; float32 graphs are computed in float64 throughout.
 *
 * @throws BAD_ARGUMENT on a missing feed, a weight that lies in a file, or an op without an evaluator
 */
export function evaluate(outputs: readonly Tensor[], feeds: Feeds = {}): NDArray[] {
  const values = new Map<Tensor, Value>();
  for (const tensor of toposort(outputs)) {
    const inputs = tensor.inputs.map((source) => values.get(source) as Value);
    values.set(tensor, { shape: tensor.shape, data: tensor.op ? apply(tensor, inputs) : numbersOf(tensor, feeds) });
  }
  return outputs.map((output) => {
    const { shape, data } = values.get(output) as Value;
    const array = new NDArray("float64", shape, data);
    return output.dtype.startsWith("float") ? array : array.as(output.dtype);
  });
}

function apply(tensor: Tensor, inputs: readonly Value[]): Float64Array {
  const name = tensor.op?.name as string;
  const evaluator = evaluators[name];
  if (!evaluator) throw new VqganClipError("BAD_ARGUMENT", `evaluate(): ${name} has no evaluator`);
  return evaluator(inputs, tensor.attributes, tensor);
}

function numbersOf({ leaf }: Tensor, feeds: Feeds): Float64Array {
  if (leaf?.kind === "constant") return leaf.value.as("float64").data as Float64Array;
  if (leaf?.kind === "weight" && leaf.source.kind === "memory")
    return leaf.source.array.as("float64").data as Float64Array;
  requires(leaf?.kind === "input", "BAD_ARGUMENT", () => `evaluate(): ${leaf?.name} lies in a file`, "read it first");
  const fed = feeds[leaf.name];
  requires(fed, "BAD_ARGUMENT", () => `evaluate(): input "${leaf.name}" is missing`);
  return fed.as("float64").data as Float64Array;
}
