/** The chunks of a PNG file: walked with limits, and written with their checksums. */
import { crc32 } from "../core/crc32.js";
import { VqganClipError } from "../core/errors.js";

export interface PngChunk {
  /** Four letters, as IHDR. */
  readonly type: string;
  readonly data: Uint8Array;
  /** Where the whole chunk lies in the file. */
  readonly start: number;
  readonly end: number;
}

export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** The chunks up to and with IEND. Throws BAD_IMAGE when `bytes` is no PNG, or ends before its IEND. */
export function* pngChunks(bytes: Uint8Array): Generator<PngChunk> {
  if (!isPng(bytes)) throw new VqganClipError("BAD_IMAGE", "pngChunks(): the bytes are not a PNG file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 8; ; ) {
    const length = start + 12 <= bytes.length ? view.getUint32(start) : 0;
    const end = start + 12 + length;
    if (end > bytes.length) {
      throw new VqganClipError("BAD_IMAGE", `pngChunks(): the PNG file is cut short at byte ${bytes.length}`);
    }
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
    yield { type, data: bytes.subarray(start + 8, end - 4), start, end };
    if (type === "IEND") return;
    start = end;
  }
}

/** Whether the chunk's checksum fits its type and data. */
export function isIntact(bytes: Uint8Array, { start, end }: PngChunk): boolean {
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end - 4);
  return stored === crc32(bytes.subarray(start + 4, end - 4));
}

/** Length, type, data and checksum. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) chunk[4 + i] = type.charCodeAt(i);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
