/** ByteSource: random access to bytes that may be a file, memory or anything else; readers of weights know only this. */
import { requires } from "../core/errors.js";

export interface ByteSource {
  /** What to call it in messages: a path, or `memory`. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** The real path (symlinks resolved) when the bytes lie in a file, so that others may map them from there. */
  readonly path?: string;
  /** Exactly `length` bytes from `offset`. Throws BAD_FILE when the range leaves the source. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes that are in memory already; reads are views of them. */
export class MemorySource implements ByteSource {
  readonly bytes: Uint8Array;

  constructor(
    bytes: Uint8Array,
    readonly name = "memory",
  ) {
    // A plain view: Node's Buffer has a `slice` that does not copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get size(): number {
    return this.bytes.byteLength;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    requireRange(this, offset, length);
    return this.bytes.subarray(offset, offset + length);
  }
}

/** Throws BAD_FILE unless `offset..offset+length` lies inside `source`. */
export function requireRange(source: ByteSource, offset: number, length: number): void {
  requires(
    Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0,
    "BAD_FILE",
    () => `${source.name}: byte range ${offset}+${length} is not a pair of whole numbers`,
  );
  requires(
    offset + length <= source.size,
    "BAD_FILE",
    () => `${source.name}: needs bytes ${offset}..${offset + length}, the file ends at ${source.size}`,
    "the file is cut short: fetch or copy it again",
  );
}
