/** An operation is ONE definition: its ONNX name, the type it infers, and its derivative in the same few lines. */
import { type Attributes, Tensor, type TensorType } from "./tensor.js";

/** What a derivative rule sees. */
export interface VjpContext {
  /** Cotangent of the output: dLoss/dOutput, of the output's shape. */
  readonly ct: Tensor;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly attributes: Attributes;
  /** Which inputs somebody wants; the entries of the others are ignored. */
  readonly needs: readonly boolean[];
}

export interface OpDefinition {
  /** The ONNX operator. */
  readonly name: string;
  /** The ONNX domain; "" is the standard one. */
  readonly domain: string;
  readonly infer: (inputs: readonly Tensor[], attributes: Attributes) => TensorType;
  /**
   * One cotangent per input (undefined: no gradient flows there). Broadcast inputs may get the output's shape: the
   * reverse walk sums them back. Absent: the op is not differentiable and stops the walk with an error.
   */
  readonly vjp?: (context: VjpContext) => readonly (Tensor | undefined)[];
}

const definitions = new Map<string, OpDefinition>();

/** Registers an op and returns the function that applies it. */
export function defineOp(
  name: string,
  rules: Omit<OpDefinition, "name" | "domain"> & { domain?: string },
): (inputs: readonly Tensor[], attributes?: Attributes) => Tensor {
  const definition: OpDefinition = { domain: "", ...rules, name };
  if (definitions.has(name)) throw new Error(`defineOp(): ${name} is defined twice`);
  definitions.set(name, definition);
  return (inputs, attributes = {}) => Tensor.apply(definition, inputs, attributes);
}

/** Every op defined so far, by ONNX name (for the tests that demand a gradient case and an evaluator for each). */
export function definedOps(): ReadonlyMap<string, OpDefinition> {
  return definitions;
}
