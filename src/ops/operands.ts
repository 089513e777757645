/** Operands that ONNX takes as tensors though they are part of the program: shapes, axes, pads, scales. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { constant, type Tensor } from "../graph/tensor.js";

/** Whole numbers as a constant int64 vector. */
export function ints(values: readonly number[]): Tensor {
  return constant(NDArray.int64([values.length], values));
}

/** The numbers of a constant operand, which inference and derivatives must know. */
export function numbersOf(operand: Tensor): number[] {
  const { leaf } = operand;
  requires(
    leaf?.kind === "constant",
    "BAD_ARGUMENT",
    () => `numbersOf(): shapes, axes, pads and scales must be constants, got ${operand}`,
  );
  return Array.from({ length: leaf.value.size }, (_, i) => leaf.value.at(i));
}

/** Row-major float32 numbers as a constant. */
export function floats(shape: readonly number[], values: ArrayLike<number>): Tensor {
  return constant(NDArray.float32(shape, values));
}

/** A constant of zeros. */
export function zeros(shape: readonly number[]): Tensor {
  return constant(NDArray.zeros("float32", shape));
}
