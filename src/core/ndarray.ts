/** NDArray: concrete numbers on the host, row-major; the currency between files, images, optimisers and programs. */
import {
  allocate,
  bfloat16ToNumber,
  bytesPerElement,
  type Data,
  type DType,
  halfToNumber,
  numberToHalf,
  viewBytes,
} from "./dtype.js";
import { requires } from "./errors.js";
import { type Shape, sameShape, sizeOf } from "./shape.js";

/** Numbers with a shape, row-major. */
export class NDArray {
  constructor(
    readonly dtype: DType,
    readonly shape: Shape,
    readonly data: Data,
  ) {
    requires(
      data.length === sizeOf(shape),
      "SHAPE_MISMATCH",
      () => `NDArray(): shape [${shape}] holds ${sizeOf(shape)} elements, got ${data.length}`,
    );
  }

  /** All 0. */
  static zeros(dtype: DType, shape: Shape): NDArray {
    return new NDArray(dtype, shape, allocate(dtype, sizeOf(shape)));
  }

  /** Values as float32. */
  static float32(shape: Shape, values: ArrayLike<number>): NDArray {
    return new NDArray("float32", shape, values instanceof Float32Array ? values : Float32Array.from(values));
  }

  /** Whole values as int64. */
  static int64(shape: Shape, values: ArrayLike<number>): NDArray {
    return new NDArray("int64", shape, BigInt64Array.from(Array.from(values), BigInt));
  }

  /** One value, of shape []. */
  static scalar(value: number, dtype: DType = "float32"): NDArray {
    return new NDArray("float64", [], Float64Array.of(value)).as(dtype);
  }

  /** From little-endian bytes, as files hold them. */
  static fromBytes(dtype: DType, shape: Shape, bytes: Uint8Array): NDArray {
    requires(
      bytes.byteLength === sizeOf(shape) * bytesPerElement(dtype),
      "SHAPE_MISMATCH",
      () =>
        `NDArray.fromBytes(): ${dtype}[${shape}] needs ${sizeOf(shape) * bytesPerElement(dtype)} bytes, got ${bytes.byteLength}`,
    );
    return new NDArray(dtype, shape, viewBytes(dtype, bytes, sizeOf(shape)));
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** The raw little-endian bytes, shared with `data`. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset, this.data.byteLength);
  }

  /** The element at flat index `index` as a number (float16 is decoded, int64 narrowed). */
  at(index: number): number {
    const value = this.data[index] as number | bigint;
    return this.dtype === "float16" ? halfToNumber(value as number) : Number(value);
  }

  /** The only element of a one-element array. */
  item(): number {
    requires(this.size === 1, "SHAPE_MISMATCH", () => `NDArray.item(): needs one element, got shape [${this.shape}]`);
    return this.at(0);
  }

  /** Converted to `dtype` (itself when it is that already). */
  as(dtype: DType): NDArray {
    if (dtype === this.dtype) return this;
    const data = allocate(dtype, this.size);
    for (let i = 0; i < this.size; i++) {
      const value = this.at(i);
      if (dtype === "int64") data[i] = BigInt(Math.trunc(value));
      else if (dtype === "float16") data[i] = numberToHalf(value);
      else data[i] = dtype === "bool" ? Number(value !== 0) : value;
    }
    return new NDArray(dtype, this.shape, data);
  }

  /** The numbers as a Float32Array; shares memory when the dtype is float32 already. */
  floats(): Float32Array {
    return this.as("float32").data as Float32Array;
  }

  /** Same data, other shape of equal size. */
  reshape(shape: Shape): NDArray {
    return sameShape(shape, this.shape) ? this : new NDArray(this.dtype, shape, this.data);
  }

  /** A copy of its own. */
  clone(): NDArray {
    return new NDArray(this.dtype, this.shape, this.data.slice());
  }

  /** Its type and shape. */
  toString(): string {
    return `${this.dtype}[${this.shape}]`;
  }
}

/** bfloat16 bytes to a float32 array (checkpoints only; nothing computes in bfloat16). */
export function fromBfloat16(shape: Shape, bits: Uint16Array): NDArray {
  return NDArray.float32(shape, Float32Array.from(bits, bfloat16ToNumber));
}
