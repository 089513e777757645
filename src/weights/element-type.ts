/** Element types as checkpoints hold them, and what each is read as: a few have no DType of ours and are widened. */
import { bytesPerElement, type DType } from "../core/dtype.js";
import { requires } from "../core/errors.js";
import { fromBfloat16, NDArray } from "../core/ndarray.js";
import type { Shape } from "../core/shape.js";

export interface ElementType {
  /** Bytes per element in the file. */
  readonly bytes: number;
  readonly readAs: DType;
  /** Present when the elements are not what they are read as. The bytes start at the beginning of their own buffer. */
  readonly convert?: (shape: Shape, bytes: Uint8Array<ArrayBuffer>) => NDArray;
}

const plain = (readAs: DType): ElementType => ({ bytes: bytesPerElement(readAs), readAs });

export const elementTypes = {
  float64: plain("float64"),
  float32: plain("float32"),
  float16: plain("float16"),
  int64: plain("int64"),
  int32: plain("int32"),
  uint8: plain("uint8"),
  bool: plain("bool"),
  bfloat16: {
    bytes: 2,
    readAs: "float32",
    convert: (shape, { buffer }) => fromBfloat16(shape, new Uint16Array(buffer)),
  },
  int16: {
    bytes: 2,
    readAs: "int32",
    convert: (shape, { buffer }) => new NDArray("int32", shape, Int32Array.from(new Int16Array(buffer))),
  },
  int8: {
    bytes: 1,
    readAs: "int32",
    convert: (shape, { buffer }) => new NDArray("int32", shape, Int32Array.from(new Int8Array(buffer))),
  },
} as const satisfies Record<string, ElementType>;

/** Copies and conversions done so far, so that a small file cannot ask for unbounded memory. */
export class MemoryBudget {
  private used = 0;
  private readonly limit: number;

  constructor(
    private readonly caller: string,
    fileSize: number,
  ) {
    this.limit = Math.min(8 * 2 ** 30, 4 * fileSize + 2 ** 26);
  }

  /** Throws OUT_OF_LIMITS, naming the array, when the whole is over the limit. */
  spend(name: string, bytes: number): void {
    this.used += bytes;
    requires(
      this.used <= this.limit,
      "OUT_OF_LIMITS",
      () => `${this.caller}(): ${name}: arrays that cannot be used where they lie take over ${this.limit} bytes`,
      "save contiguous float32 or float16 arrays",
    );
  }
}
