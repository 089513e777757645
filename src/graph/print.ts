/** A graph as text, one line an op: `c:float32[2,4] = MatMul a b`. Leaves are listed first. */
import { type Attribute, FloatAttribute, type Tensor } from "./tensor.js";
import { toposort } from "./toposort.js";

/** The program that computes `outputs`, in evaluation order, with stable names (for snapshots and for people). */
export function printGraph(outputs: readonly Tensor[]): string {
  const names = new Map<Tensor, string>();
  const leaves: string[] = [];
  const steps: string[] = [];
  for (const tensor of toposort(outputs)) {
    const { leaf } = tensor;
    if (leaf?.kind === "constant" && tensor.rank === 0) {
      names.set(tensor, String(leaf.value.item()));
    } else if (leaf) {
      const name = leaf.kind === "constant" ? `k${leaves.length}` : leaf.name;
      names.set(tensor, name);
      leaves.push(`${name}:${tensor} (${leaf.kind})`);
    } else {
      const name = letters(steps.length);
      names.set(tensor, name);
      const inputs = tensor.inputs.map((input) => names.get(input)).join(" ");
      const attributes = Object.entries(tensor.attributes).map(([key, value]) => ` ${key}=${printAttribute(value)}`);
      steps.push(`${name}:${tensor} = ${tensor.op?.name} ${inputs}${attributes.join("")}`);
    }
  }
  return [...leaves, ...steps, `return ${outputs.map((output) => names.get(output)).join(" ")}`].join("\n");
}

function printAttribute(value: Attribute): string {
  if (value instanceof FloatAttribute) return String(value.value);
  return Array.isArray(value) ? `[${value}]` : String(value);
}

function letters(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? letter : letters(Math.floor(index / 26) - 1) + letter;
}
