/** An operation is ONE definition: its ONNX name, the type it infers, and its derivative in the same few lines. */
import { type Attributes, type GradientOverride, Tensor, type TensorType } from "./tensor.js";

/** What a derivative rule sees. */
export interface VjpContext<Inputs extends readonly Tensor[] = readonly Tensor[], Given = Attributes> {
  /** Cotangent of the output: dLoss/dOutput, of the output's shape. */
  readonly ct: Tensor;
  readonly inputs: Inputs;
  readonly output: Tensor;
  readonly attributes: Given;
  /** Which inputs somebody wants; the entries of the others are ignored. */
  readonly needs: readonly boolean[];
}

/** The rules of an op; methods, so that rules for particular inputs and attributes are rules for an op in general. */
export interface OpRules<Inputs extends readonly Tensor[] = readonly Tensor[], Given = Attributes> {
  infer(inputs: Inputs, attributes: Given): TensorType;
  /**
   * One cotangent per input (undefined or missing: no gradient flows there). Broadcast inputs may get the output's
   * shape: the reverse walk sums them back. Absent: the op is not differentiable and stops the walk with an error.
   */
  vjp?(context: VjpContext<Inputs, Given>): readonly (Tensor | undefined)[];
}

export interface OpDefinition extends OpRules {
  /** The ONNX operator. */
  readonly name: string;
  /** The ONNX domain; "" is the standard one. */
  readonly domain: string;
}

/** Applies an op; the attributes may be left out where the op has none. */
export type ApplyOp<Inputs extends readonly Tensor[], Given extends Attributes> = (
  inputs: Inputs,
  ...rest: Attributes extends Given
    ? [attributes?: Given, gradientOverride?: GradientOverride]
    : [attributes: Given, gradientOverride?: GradientOverride]
) => Tensor;

const definitions = new Map<string, OpDefinition>();

/**
 * Registers an op and returns the function that applies it.
 *
 * @example const matmulOp = defineOp<[a: Tensor, b: Tensor]>("MatMul", { infer: ([a, b]) => ..., vjp: ... });
 */
export function defineOp<Inputs extends readonly Tensor[], Given extends Attributes = Attributes>(
  name: string,
  rules: OpRules<Inputs, Given> & { readonly domain?: string },
): ApplyOp<Inputs, Given> {
  const definition: OpDefinition = { name, domain: "", ...rules };
  if (definitions.has(name)) throw new Error(`defineOp(): ${name} is defined twice`);
  definitions.set(name, definition);
  return (inputs, ...[attributes = {} as Given, gradientOverride]) =>
    Tensor.apply(definition, inputs, attributes, gradientOverride);
}

/** Every op defined so far, by ONNX name (for the tests that demand a gradient case and an evaluator for each). */
export function definedOps(): ReadonlyMap<string, OpDefinition> {
  return definitions;
}
