/** Element types that the graph, the weights and the host arrays share, and the typed array that holds each. */

export type DType = "float64" | "float32" | "float16" | "int64" | "int32" | "uint8" | "bool";

/** float16 is held as raw bit patterns in a Uint16Array; bool as 0/1 bytes. */
export interface DataOf {
  float64: Float64Array;
  float32: Float32Array;
  float16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}
export type Data = DataOf[DType];

const arrayTypes = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

export function bytesPerElement(dtype: DType): number {
  return arrayTypes[dtype].BYTES_PER_ELEMENT;
}

/** Zero-filled storage for `length` elements. */
export function allocate<D extends DType>(dtype: D, length: number): DataOf[D] {
  return new arrayTypes[dtype](length) as DataOf[D];
}

/** Reads `length` little-endian elements that start at `bytes`; copies only when the alignment demands it. */
export function viewBytes<D extends DType>(dtype: D, bytes: Uint8Array, length: number): DataOf[D] {
  const type = arrayTypes[dtype];
  const isAligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0;
  const aligned = isAligned ? bytes : Uint8Array.from(bytes); // not slice(): a Buffer would share the memory
  return new type(aligned.buffer as ArrayBuffer, aligned.byteOffset, length) as DataOf[D];
}

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE 754 half (raw bits) to number; exact. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Number to IEEE 754 half (raw bits), rounding to nearest even; overflow becomes infinity. */
export function numberToHalf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 255) return sign | 0x7c00 | (fraction ? 0x200 : 0);
  const unbiased = exponent - 127;
  if (unbiased > 15) return sign | 0x7c00;
  if (unbiased < -25) return sign;
  const mantissa = unbiased < -14 ? (fraction | 0x800000) >>> 0 : fraction;
  const shift = unbiased < -14 ? -unbiased - 1 : 13;
  const base = unbiased < -14 ? 0 : (unbiased + 15) << 10;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  let result = base + (mantissa >>> shift);
  // On a tie, what float32 has rounded off already decides before evenness does.
  const lost = Math.abs(value) - Math.abs(scratch.getFloat32(0));
  if (rest > half || (rest === half && (lost > 0 || (lost === 0 && result & 1)))) result++;
  return sign | result;
}

/** bfloat16 (raw bits) to number; exact. */
export function bfloat16ToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}
