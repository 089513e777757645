/** Which weights and constants of a graph are one and the same. */
import type { NDArray } from "../core/ndarray.js";
import type { WeightSource } from "../core/weight-source.js";
import type { TensorType } from "./tensor.js";

/** One initialiser serves all leaves of equal file range, of equal small value, of zeros alone, or of the same array. */
export function initializerKey(type: TensorType, source: WeightSource): string | NDArray {
  const head = `${type.dtype}[${type.shape}]`;
  if (source.kind === "file") return `${head} ${source.path}@${source.offset}`;
  if (source.array.size <= 16) return `${head} ${source.array.bytes.join()}`;
  return isZero(source.array) ? `${head} zeros` : source.array;
}

function isZero({ data }: NDArray): boolean {
  if (!(data instanceof Float32Array)) return false;
  for (let i = 0; i < data.length; i++) if (!Object.is(data[i], 0)) return false;
  return true;
}
