/** ONNX TensorProto.DataType numbers, for Cast and for the serialiser. */
import type { DType } from "../core/dtype.js";
import { requires } from "../core/errors.js";

export const onnxTypeNumber: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

export function dtypeOfOnnxType(number: number): DType {
  const found = (Object.keys(onnxTypeNumber) as DType[]).find((dtype) => onnxTypeNumber[dtype] === number);
  requires(found, "BAD_ARGUMENT", () => `cast(): unknown ONNX type ${number}`);
  return found;
}
