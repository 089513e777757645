/** Predicts how much memory a program will need, from its graph alone, before anything is loaded. */
import { bytesPerElement } from "../core/dtype.js";
import { sizeOf } from "../core/shape.js";
import type { WeightSource } from "../core/weight-source.js";
import type { Leaf, Tensor } from "../graph/tensor.js";
import { toposort } from "../graph/toposort.js";
import { initializerKey } from "../onnx/serialize.js";
import type { SessionSettings } from "./devices.js";

/** Node, the runtime's library and the buffers both keep around, as measured. */
const PROCESS_BYTES = 280e6;
/**
 * What the session makes of a byte, as measured: it packs matrices for its kernels, and its arena grows in steps and leaves
 * gaps between values of different sizes.
 */
const USUAL = { weights: 1.25, values: 1.3 };
/** Without packing and arena. */
const LOW = { weights: 1.07, values: 0.91 };
/** Where values are computed again, of which the runtime keeps more at once than the order assumed here. */
const RECOMPUTED = { weights: 1.25, values: 1.75 };
const RECOMPUTED_LOW = { weights: 1.25, values: 1.55 };

export interface MemoryWays extends Pick<SessionSettings, "lowMemory"> {
  /** Whether the programs were built with `recomputed` parts. */
  readonly recompute?: boolean;
}

/**
 * Peak bytes of the process that holds `programs` (their outputs): the process itself, and for each program the weights as
 * its session holds them and the largest set of values alive at once, when ops run in dependency order and values die after
 * their last use. Calibrated on the CPU at 256 to 1024 pixels: within a ninth, and up to a quarter too much for large plain steps.
 */
export function predictPeakMemory(
  programs: readonly (readonly Tensor[])[],
  { lowMemory = false, recompute = false }: MemoryWays = {},
): number {
  const { weights, values } = recompute ? (lowMemory ? RECOMPUTED_LOW : RECOMPUTED) : lowMemory ? LOW : USUAL;
  return programs.reduce((sum, outputs) => {
    const order = toposort([...outputs].reverse()); // what leads to the last output runs first
    const fixed = fixedTensors(order);
    return sum + weights * weightBytes(order, fixed) + values * peakActivationBytes(outputs, order, fixed);
  }, PROCESS_BYTES);
}

/**
 * Constants, and weights once more where a gradient uses them turned: the session folds those into copies. What is
 * computed from the same constants in the same way is merged before, so it counts once.
 */
function weightBytes(order: readonly Tensor[], fixed: ReadonlySet<Tensor>): number {
  const held = new Map<string, number>();
  const recipes = new Map<Tensor, string>();
  const numbers = new Map<unknown, number>();
  const numbered = (thing: unknown) => String(numbers.get(thing) ?? numbers.set(thing, numbers.size).get(thing));
  for (const tensor of order) {
    if (fixed.has(tensor)) {
      const { leaf, op, attributes, inputs } = tensor;
      const made = () => [op?.name, JSON.stringify(attributes), ...inputs.map((input) => recipes.get(input))].join();
      recipes.set(tensor, numbered(leaf ? initializerKey(tensor, sourceOf(leaf)) : made()));
      continue;
    }
    for (const source of tensor.inputs) {
      if (fixed.has(source)) held.set(recipes.get(source) as string, tensorBytes(source));
    }
  }
  return [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function sourceOf(leaf: Leaf): WeightSource {
  if (leaf.kind === "constant") return { kind: "memory", array: leaf.value };
  return (leaf as Extract<Leaf, { kind: "weight" }>).source;
}

function peakActivationBytes(outputs: readonly Tensor[], order: readonly Tensor[], fixed: ReadonlySet<Tensor>): number {
  const live = order.filter((tensor) => !fixed.has(tensor));
  const lastUse = new Map<Tensor, number>();
  live.forEach((tensor, index) => {
    for (const source of tensor.inputs) lastUse.set(storage(source), index);
  });
  for (const output of outputs) lastUse.set(storage(output), live.length);
  const dying = new Map<number, Tensor[]>();
  for (const [tensor, index] of lastUse) dying.set(index, [...(dying.get(index) ?? []), tensor]);
  let bytes = 0;
  let peak = 0;
  live.forEach((tensor, index) => {
    if (storage(tensor) === tensor) bytes += tensorBytes(tensor);
    peak = Math.max(peak, bytes);
    for (const dead of dying.get(index) ?? []) if (!fixed.has(dead)) bytes -= tensorBytes(dead);
  });
  return peak;
}

/** Tensors that depend on no input: the session computes them once. */
function fixedTensors(order: readonly Tensor[]): Set<Tensor> {
  const fixed = new Set<Tensor>();
  for (const tensor of order) {
    const constant = tensor.leaf ? tensor.leaf.kind !== "input" : tensor.inputs.every((source) => fixed.has(source));
    if (constant) fixed.add(tensor);
  }
  return fixed;
}

/** Reshape and Identity give a name to bytes that are there already. */
function storage(tensor: Tensor): Tensor {
  let source = tensor;
  while (source.op?.name === "Reshape" || source.op?.name === "Identity") source = source.inputs[0] as Tensor;
  return source;
}

function tensorBytes({ dtype, shape }: Tensor): number {
  return sizeOf(shape) * bytesPerElement(dtype);
}
