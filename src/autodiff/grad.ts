/** Reverse-mode differentiation: walks a graph backwards once and builds the graph of its gradient. */
import { requires, VqganClipError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { sameShape, sizeOf } from "../core/shape.js";
import { constant, type Tensor } from "../graph/tensor.js";
import { toposort } from "../graph/toposort.js";
import { add } from "../ops/arithmetic.js";
import { broadcastTo, sumTo } from "../ops/reduction.js";

/** Along which tensors the cotangent travels: an override's inputs where there is one. */
function gradientInputs(tensor: Tensor): readonly Tensor[] {
  return tensor.gradientOverride?.inputs ?? tensor.inputs;
}

/**
 * dOutput/dTarget for every target, each of its target's shape (zeros where the output does not depend on it).
 *
 * Pruned to the paths between output and targets; several uses of a value are summed; broadcast operands are summed
 * back to their shape here, once, so that no derivative rule has to.
 *
 * @param output a float32 scalar, or any shape when `ct` (dLoss/dOutput, same shape) is given
 * @throws SHAPE_MISMATCH on a non-scalar output without `ct`; BAD_ARGUMENT when a path crosses an op with no derivative
 */
export function grad(output: Tensor, targets: readonly Tensor[], ct?: Tensor): Tensor[] {
  requires(
    ct ? sameShape(ct.shape, output.shape) : sizeOf(output.shape) === 1,
    "SHAPE_MISMATCH",
    () => `grad(): ${ct ? `cotangent ${ct} does not match` : "needs a scalar or a cotangent for"} output ${output}`,
  );
  const order = toposort([output], gradientInputs);
  const active = new Set<Tensor>(targets);
  for (const tensor of order) if (gradientInputs(tensor).some((source) => active.has(source))) active.add(tensor);

  const cotangents = new Map<Tensor, Tensor>();
  cotangents.set(output, ct ?? broadcastTo(constant(1), output.shape));
  for (const tensor of order.reverse()) {
    const incoming = cotangents.get(tensor);
    const sources = gradientInputs(tensor);
    if (!incoming || !sources.some((source) => active.has(source))) continue;
    const outgoing = pullBack(tensor, incoming, sources, active);
    sources.forEach((source, position) => {
      const contribution = outgoing[position];
      if (!contribution || !active.has(source)) return;
      const summed = sumTo(contribution, source.shape);
      const known = cotangents.get(source);
      cotangents.set(source, known ? add(known, summed) : summed);
    });
  }
  return targets.map((target) => cotangents.get(target) ?? constant(NDArray.zeros("float32", target.shape)));
}

function pullBack(
  tensor: Tensor,
  ct: Tensor,
  sources: readonly Tensor[],
  active: ReadonlySet<Tensor>,
): readonly (Tensor | undefined)[] {
  if (tensor.gradientOverride) return tensor.gradientOverride.vjp(ct);
  const { op, inputs, attributes } = tensor;
  if (!op?.vjp)
    throw new VqganClipError("BAD_ARGUMENT", `grad(): ${op?.name} has no derivative; wrap it in stopGradient()`);
  return op.vjp({ ct, inputs, output: tensor, attributes, needs: sources.map((source) => active.has(source)) });
}
