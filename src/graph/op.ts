/** An operation is ONE definition: its ONNX name, the type it infers, and its derivative in the same few lines. */
import { type Attributes, type GradientOverride, type OpDefinition, type OpRules, Tensor } from "./tensor.js";

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
