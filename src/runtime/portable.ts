/** A program as a model that runs anywhere: ONNX bytes and one file of numbers beside it. */
import type { Tensor, TensorType } from "../graph/tensor.js";
import type { DataPart } from "../onnx/serialize.js";

/** A model to be written. */
export interface PortableModel {
  /** Of the `.onnx` file, which looks for `dataFile` beside itself */
  readonly bytes: Uint8Array;
  readonly dataFile: string;
  readonly data: readonly DataPart[];
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly outputs: Readonly<Record<string, TensorType>>;
}

/** @param dataFile what the file beside it is called, without its folder */
export async function portable(outputs: Readonly<Record<string, Tensor>>, dataFile: string): Promise<PortableModel> {
  const { serialize } = await import("../onnx/serialize.js"); // what only a program needs is loaded with the first
  const { bytes, inputs, data } = serialize(outputs, { dataFile });
  return { bytes, dataFile, data, inputs: typesOf([...inputs]), outputs: typesOf(Object.entries(outputs)) };
}

function typesOf(values: readonly (readonly [name: string, type: TensorType])[]): Record<string, TensorType> {
  return Object.fromEntries(values.map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}
