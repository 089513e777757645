/** Where the entries of a ZIP file lie, as byte ranges: most are stored as they are, so nothing need be unpacked. */
import { requires, VqganClipError } from "../core/errors.js";
import type { ByteSource } from "./byte-source.js";

export interface ZipEntry {
  readonly name: string;
  /** Bytes of data. */
  readonly size: number;
  /** Where the entry's local header begins. */
  readonly header: number;
  readonly stored: boolean;
  readonly deflated: boolean;
  /** Bytes that it takes in the file. */
  readonly packed: number;
  /** CRC-32 of its data. */
  readonly crc: number;
}

const ENTRY_LIMIT = 100_000;
const DIRECTORY_LIMIT = 64 * 2 ** 20;
const TAIL = 22 + 65535;
const END_SIGNATURE = 0x06054b50;
const WIDE_END_SIGNATURE = 0x06064b50;
const WIDE_LOCATOR_SIGNATURE = 0x07064b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const WIDE = 0xffffffff;

/** A ZIP file's directory by entry name. Throws BAD_FILE when it is damaged, split or out of proportion. */
export async function readZipDirectory(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const { offset, length, count } = await findDirectory(source);
  requires(
    length <= DIRECTORY_LIMIT && count <= ENTRY_LIMIT,
    "OUT_OF_LIMITS",
    () =>
      `${source.name}: a ZIP directory of ${count} entries, ${length} bytes; limits are ${ENTRY_LIMIT}, ${DIRECTORY_LIMIT}`,
  );
  const bytes = await source.read(offset, length);
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > length || view.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw damaged(source, `entry ${i} is missing`);
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const end = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (end > length) throw damaged(source, `entry ${i} is cut short`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    const isPlain = (view.getUint16(at + 8, true) & 1) === 0; // else encrypted
    const method = view.getUint16(at + 10, true);
    const entry = {
      name,
      ...wideFields(view, at, nameEnd, nameEnd + view.getUint16(at + 30, true)),
      stored: isPlain && method === 0,
      deflated: isPlain && method === 8,
      crc: view.getUint32(at + 16, true),
    };
    if (entries.has(name)) throw damaged(source, `it holds "${name}" twice`);
    const reach = entry.header + (entry.stored ? entry.size : entry.packed);
    if (reach > offset) throw damaged(source, `"${name}" reaches beyond the file`);
    entries.set(name, entry);
    at = end;
  }
  return entries;
}

/** The absolute offset of a stored entry's data. Throws BAD_FILE when it is compressed or does not lie inside the file. */
export async function locateZipEntry(source: ByteSource, entry: ZipEntry): Promise<number> {
  requires(
    entry.stored,
    "BAD_FILE",
    () => `${source.name}: "${entry.name}" is compressed or encrypted; torch stores entries as they are`,
    "load it in PyTorch and write it again with torch.save",
  );
  return dataOffset(source, entry);
}

/** The bytes of an entry as they lie in the file. Throws BAD_FILE when they do not lie inside it. */
export async function readPackedEntry(source: ByteSource, entry: ZipEntry): Promise<Uint8Array> {
  return source.read(await dataOffset(source, entry), entry.packed);
}

async function dataOffset(source: ByteSource, { name, size, packed, header, stored }: ZipEntry): Promise<number> {
  const view = viewOf(await source.read(header, 30));
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) throw damaged(source, `"${name}" is not where the directory says`);
  const offset = header + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (offset + (stored ? size : packed) > source.size) throw damaged(source, `"${name}" reaches beyond the file`);
  return offset;
}

async function findDirectory(source: ByteSource): Promise<{ offset: number; length: number; count: number }> {
  const tailLength = Math.min(source.size, TAIL);
  const tailStart = source.size - tailLength;
  const view = viewOf(await source.read(tailStart, tailLength));
  let end = tailLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== END_SIGNATURE) end--;
  if (end < 0) throw damaged(source, "it has no end: the file is cut short");
  let directory = {
    count: view.getUint16(end + 10, true),
    length: view.getUint32(end + 12, true),
    offset: view.getUint32(end + 16, true),
  };
  const locator = end - 20;
  if (locator >= 0 && view.getUint32(locator, true) === WIDE_LOCATOR_SIGNATURE) {
    const wide = viewOf(await source.read(size64(view, locator + 8), 56));
    if (wide.getUint32(0, true) !== WIDE_END_SIGNATURE)
      throw damaged(source, "its 64-bit end is not where it should be");
    directory = { count: size64(wide, 32), length: size64(wide, 40), offset: size64(wide, 48) };
  }
  if (directory.offset + directory.length > tailStart + end) throw damaged(source, "it reaches beyond the file");
  return directory;
}

/** Size and position of a directory entry; where the 32-bit fields are full, from its 64-bit extra field. */
function wideFields(
  view: DataView,
  entry: number,
  extraStart: number,
  extraEnd: number,
): { size: number; packed: number; header: number } {
  let size = view.getUint32(entry + 24, true);
  let packed = view.getUint32(entry + 20, true);
  let header = view.getUint32(entry + 42, true);
  for (let at = extraStart; at + 4 <= extraEnd; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = Math.min(extraEnd, at + 4 + view.getUint16(at + 2, true));
    let field = at + 4;
    const next = (narrow: number): number => {
      if (narrow !== WIDE || field + 8 > end) return narrow;
      field += 8;
      return size64(view, field - 8);
    };
    size = next(size);
    packed = next(packed);
    header = next(header);
  }
  return { size, packed, header };
}

function size64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(source: ByteSource, what: string): VqganClipError {
  return new VqganClipError(
    "BAD_FILE",
    `${source.name}: the ZIP directory is damaged: ${what}`,
    "fetch the file again",
  );
}
