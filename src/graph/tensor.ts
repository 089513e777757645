/**
 * Symbolic tensors: an ONNX-shaped, immutable expression graph with static shapes. A tensor is either a leaf (input,
 * constant, weight) or the single output of an op applied to other tensors.
 */
import { bytesPerElement, type DType } from "../core/dtype.js";
import { NDArray } from "../core/ndarray.js";
import { type Shape, sizeOf } from "../core/shape.js";
import type { WeightSource } from "../core/weight-source.js";

/** A float attribute; plain numbers are ONNX INT attributes, strings STRING, arrays INTS. */
export class FloatAttribute {
  constructor(readonly value: number) {}
}

export type Attribute = number | string | readonly number[] | FloatAttribute;
export type Attributes = Readonly<Record<string, Attribute>>;

/** A value in a graph: its type, and the operation that gives it. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Of a value's numbers. */
export function bytesOf({ dtype, shape }: TensorType): number {
  return sizeOf(shape) * bytesPerElement(dtype);
}

export type Leaf =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly value: NDArray }
  | { readonly kind: "weight"; readonly name: string; readonly source: WeightSource };

/** Replaces an op's derivative: `ct` reaches `inputs` through `vjp`, whatever computed the value (see `withVjp`). */
export interface GradientOverride {
  readonly inputs: readonly Tensor[];
  readonly vjp: (ct: Tensor) => readonly (Tensor | undefined)[];
}

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

/** A value of a graph: its type, and the leaf or the operator of inputs that it is. Numbers come in when a program runs. */
export class Tensor implements TensorType {
  private constructor(
    readonly dtype: DType,
    readonly shape: Shape,
    readonly leaf: Leaf | undefined,
    readonly op: OpDefinition | undefined,
    readonly inputs: readonly Tensor[],
    readonly attributes: Attributes,
    readonly gradientOverride: GradientOverride | undefined,
  ) {}

  static leaf(type: TensorType, leaf: Leaf): Tensor {
    return new Tensor(type.dtype, type.shape, leaf, undefined, [], {}, undefined);
  }

  static apply(
    op: OpDefinition,
    inputs: readonly Tensor[],
    attributes: Attributes,
    gradientOverride?: GradientOverride,
  ): Tensor {
    const { dtype, shape } = op.infer(inputs, attributes);
    return new Tensor(dtype, shape, undefined, op, inputs, attributes, gradientOverride);
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  toString(): string {
    return `${this.dtype}[${this.shape}]`;
  }
}

/** A value fed at every run under `name`. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  return Tensor.leaf({ dtype, shape }, { kind: "input", name });
}

/** Numbers fixed in the program. A number becomes a float32 scalar. */
export function constant(value: NDArray | number, dtype: DType = "float32"): Tensor {
  const array = typeof value === "number" ? NDArray.scalar(value, dtype) : value;
  return Tensor.leaf(array, { kind: "constant", value: array });
}

/** A model's array, by its checkpoint name; bytes stay where they are until a session loads them. */
export function weight(name: string, type: TensorType, source: WeightSource): Tensor {
  return Tensor.leaf({ dtype: type.dtype, shape: type.shape }, { kind: "weight", name, source });
}
