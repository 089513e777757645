/** Predicts how much memory a program will need, from its graph alone, before anything is loaded. */
import { bytesPerElement } from "../core/dtype.js";
import { sizeOf } from "../core/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { toposort } from "../graph/toposort.js";

/** Node, the runtime's library and the buffers both keep around, as measured. */
const PROCESS_BYTES = 280e6;
/** The runtime packs matrices for its kernels: what weights take in memory beside what they take on disk, as measured. */
const PACKED = 1.25;
/** The runtime's arena grows in steps and leaves gaps between values of different sizes, as measured. */
const ARENA = 1.3;

/**
 * Peak bytes of the process that runs `outputs`: the process itself, the weights as the session holds them, and the
 * largest set of values alive at once when ops run in dependency order and values die after their last use.
 */
export function predictPeakMemory(outputs: readonly Tensor[]): number {
  const order = toposort([...outputs].reverse()); // what leads to the last output runs first
  const fixed = fixedTensors(order);
  return PROCESS_BYTES + PACKED * weightBytes(order, fixed) + ARENA * peakActivationBytes(outputs, order, fixed);
}

/** Constants, and weights once more where a gradient uses them turned: the session folds those into copies. */
function weightBytes(order: readonly Tensor[], fixed: ReadonlySet<Tensor>): number {
  const held = new Set<Tensor>();
  for (const tensor of order) {
    if (fixed.has(tensor)) continue;
    for (const source of tensor.inputs) if (fixed.has(source)) held.add(source);
  }
  let bytes = 0;
  for (const tensor of held) bytes += tensorBytes(tensor);
  return bytes;
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
