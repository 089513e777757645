/** A bounds-checked cursor over pickle bytes, with the number encodings pickles use. */
import { VqganClipError } from "../core/errors.js";

/** The bytes ended within a pickle: with more of the file the reading may succeed. */
export class PickleTruncated extends VqganClipError {
  constructor(at: number) {
    super(
      "BAD_FILE",
      `unpickle(): the pickle ends at byte ${at}, before it is complete`,
      "fetch or copy the file again",
    );
  }
}

const LINE_LIMIT = 4096;
const LONG_LIMIT = 1024;

export class PickleReader {
  private readonly view: DataView;
  private readonly text = new TextDecoder("utf-8");

  constructor(
    private readonly bytes: Uint8Array,
    public at = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  /** An 8-byte length. */
  size(): number {
    const value = this.view.getBigUint64(this.advance(8), true);
    if (value > BigInt(this.bytes.byteLength)) throw new PickleTruncated(this.bytes.byteLength);
    return Number(value);
  }

  float64(): number {
    return this.view.getFloat64(this.advance(8));
  }

  raw(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  utf8(length: number): string {
    return this.text.decode(this.raw(length));
  }

  /** Up to the next newline, which is consumed. */
  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0 && this.bytes.byteLength - this.at <= LINE_LIMIT) throw new PickleTruncated(this.bytes.byteLength);
    if (end < 0 || end - this.at > LINE_LIMIT) {
      throw new VqganClipError(
        "OUT_OF_LIMITS",
        `unpickle(): a line at byte ${this.at} is over ${LINE_LIMIT} bytes long`,
      );
    }
    const line = this.utf8(end - this.at);
    this.at++;
    return line;
  }

  /** A little-endian two's complement integer of `length` bytes; a bigint when it does not fit a number. */
  long(length: number): number | bigint {
    if (length > LONG_LIMIT) {
      throw new VqganClipError(
        "OUT_OF_LIMITS",
        `unpickle(): an integer of ${length} bytes, the limit is ${LONG_LIMIT}`,
      );
    }
    let value = 0n;
    const raw = this.raw(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i] as number);
    return narrow(length > 0 && (raw[length - 1] as number) & 0x80 ? value - (1n << BigInt(8 * length)) : value);
  }

  private advance(length: number): number {
    const start = this.at;
    if (length < 0 || start + length > this.bytes.byteLength) throw new PickleTruncated(this.bytes.byteLength);
    this.at = start + length;
    return start;
  }
}

/** The same whole number as a `number` where that is exact. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
