/** Torch tensors as a pickle describes them, a strided window on a storage; and how one becomes a WeightEntry. */
import { bytesPerElement } from "../core/dtype.js";
import { VqganClipError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { type Shape, sizeOf, stridesOf } from "../core/shape.js";
import { type ByteSource, requireRange } from "./byte-source.js";
import { type ElementType, elementTypes, type MemoryBudget } from "./element-type.js";
import { entryOf, type WeightEntry } from "./state-dict.js";

/** torch's storage classes. */
export const storageTypes: Readonly<Record<string, ElementType>> = {
  DoubleStorage: elementTypes.float64,
  FloatStorage: elementTypes.float32,
  HalfStorage: elementTypes.float16,
  BFloat16Storage: elementTypes.bfloat16,
  LongStorage: elementTypes.int64,
  IntStorage: elementTypes.int32,
  ShortStorage: elementTypes.int16,
  CharStorage: elementTypes.int8,
  ByteStorage: elementTypes.uint8,
  BoolStorage: elementTypes.bool,
};

/** A storage by key; a tensor sees `length` elements from element `start`. */
export class StorageRef {
  constructor(
    readonly key: string,
    readonly type: ElementType,
    /** Elements of the whole storage. */
    readonly count: number,
    readonly start = 0,
    readonly length = count,
  ) {}
}

/** A tensor as described, not yet believed. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly offset: unknown,
    readonly size: unknown,
    readonly stride: unknown,
  ) {}
}

const RANK_LIMIT = 32;

/**
 * A tensor whose storage begins at byte `storageStart` of `source`. Contiguous ones stay in the file; strided, bfloat16,
 * int16 and int8 ones are copied (to float32, int32). Throws BAD_FILE when the description leaves its storage.
 */
export async function tensorEntry(
  name: string,
  tensor: TensorRef,
  source: ByteSource,
  storageStart: number,
  budget: MemoryBudget,
): Promise<WeightEntry> {
  const { storage } = tensor;
  const { bytes: width, readAs, convert } = storage.type;
  const { shape, strides, offset, span } = layoutOf(source.name, name, tensor);
  const start = storageStart + (storage.start + offset) * width;
  const count = sizeOf(shape);
  requireRange(source, start, span * width);
  if (!convert && isContiguous(shape, strides)) {
    const { path } = source;
    const length = count * width;
    if (path !== undefined) return entryOf(name, readAs, shape, { path, offset: start, length });
    budget.spend(name, length); // a source in memory may hand out copies, and a small file share one storage many times
    return entryOf(name, readAs, shape, await source.read(start, length));
  }
  budget.spend(name, span * width + count * (width + bytesPerElement(readAs)));
  const packed = gather(await source.read(start, span * width), shape, strides, width);
  const array = convert ? convert(shape, packed) : NDArray.fromBytes(readAs, shape, packed);
  return { name, dtype: readAs, shape, source: { kind: "memory", array } };
}

interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  /** Elements from the first to the last one touched. */
  readonly span: number;
}

function layoutOf(file: string, name: string, { storage, offset, size, stride }: TensorRef): Layout {
  const reject = (what: string) => new VqganClipError("BAD_FILE", `openTorchCheckpoint(): ${file}: ${name}: ${what}`);
  if (!isWhole(offset) || !isWholes(size) || !isWholes(stride) || size.length !== stride.length) {
    throw reject(
      `offset, size and stride must be whole numbers, size and stride of one length of at most ${RANK_LIMIT}`,
    );
  }
  const count = sizeOf(size);
  if (!Number.isSafeInteger(count)) throw reject(`shape [${size}] has too many elements`);
  const span = count === 0 ? 0 : size.reduce((last, extent, axis) => last + (extent - 1) * (stride[axis] as number), 1);
  if (offset + span > storage.length) {
    throw reject(`reaches element ${offset + span} of storage ${storage.key}, which has ${storage.length}`);
  }
  return { shape: [...size], strides: stride, offset, span };
}

function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  const packed = stridesOf(shape);
  return sizeOf(shape) === 0 || shape.every((extent, axis) => extent === 1 || strides[axis] === packed[axis]);
}

/** The elements of a strided window, row-major, `width` bytes each. */
function gather(bytes: Uint8Array, shape: Shape, strides: readonly number[], width: number): Uint8Array<ArrayBuffer> {
  const count = sizeOf(shape);
  const packed = new Uint8Array(count * width);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < width; k++) packed[i * width + k] = bytes[from * width + k] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1;
      from += strides[axis] as number;
      index[axis] = next;
      if (next < (shape[axis] as number)) break;
      from -= next * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return packed;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isWholes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= RANK_LIMIT && value.every(isWhole);
}
