/** A graph with some of its operators replaced. */
import { Tensor } from "./tensor.js";
import { toposort } from "./toposort.js";

/**
 * The same outputs, computed as before but where `replaced` gives another tensor: it is told a tensor of the old graph and the new graph's
 * inputs for it. Overridden derivatives are dropped: this is for graphs that are to be run. Nothing replaced: `outputs` themselves.
 */
export function rewritten<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  replaced: (tensor: Tensor, inputs: readonly Tensor[]) => Tensor | undefined,
): Readonly<Record<Name, Tensor>> {
  const places = new Map<Tensor, Tensor>();
  const placed = (tensor: Tensor) => places.get(tensor) as Tensor;
  let isOther = false;
  for (const tensor of toposort(Object.values<Tensor>(outputs))) {
    const inputs = tensor.inputs.map(placed);
    const other = replaced(tensor, inputs);
    isOther ||= other !== undefined;
    const isSame = !tensor.op || inputs.every((source, i) => source === tensor.inputs[i]);
    places.set(tensor, other ?? (isSame ? tensor : Tensor.apply(tensor.op, inputs, tensor.attributes)));
  }
  if (!isOther) return outputs;
  const entries = Object.entries<Tensor>(outputs).map(([name, tensor]) => [name, placed(tensor)]);
  return Object.fromEntries(entries) as Record<Name, Tensor>;
}
