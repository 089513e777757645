/** Orders of a graph: inputs before users, with an explicit stack since graphs are thousands of nodes deep. */
import type { Tensor } from "./tensor.js";

/** Every tensor that `outputs` depend on (themselves included), each after its dependencies. Deterministic. */
export function toposort(
  outputs: readonly Tensor[],
  dependencies: (tensor: Tensor) => readonly Tensor[] = (tensor) => tensor.inputs,
): Tensor[] {
  const order: Tensor[] = [];
  const state = new Map<Tensor, "open" | "done">();
  for (const root of outputs) {
    const stack: Tensor[] = [root];
    while (stack.length > 0) {
      const tensor = stack[stack.length - 1] as Tensor;
      const known = state.get(tensor);
      if (known) {
        stack.pop();
        if (known === "open") {
          state.set(tensor, "done");
          order.push(tensor);
        }
        continue;
      }
      state.set(tensor, "open");
      const inputs = dependencies(tensor);
      for (let i = inputs.length - 1; i >= 0; i--) {
        const next = inputs[i] as Tensor;
        if (!state.has(next)) stack.push(next);
      }
    }
  }
  return order;
}
