/** The `.safetensors` format: opened without copying a weight, and written byte for byte the same each time. */
import { bytesPerElement, type DType } from "../core/dtype.js";
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { sizeOf } from "../core/shape.js";
import { type ByteSource, MemorySource } from "./byte-source.js";
import { elementTypes, MemoryBudget } from "./element-type.js";
import { headerLength, parseHeader, type SafetensorsRecord, safetensorsTypes } from "./safetensors-header.js";
import { entryOf, StateDict, type WeightEntry } from "./state-dict.js";

/**
 * Reads the header of `source` and leaves the arrays where they are; only those whose elements need converting
 * (bfloat16 to float32, int16 and int8 to int32) are loaded. Throws BAD_FILE when the file is not what it claims to be.
 */
export async function readSafetensors(source: ByteSource): Promise<StateDict> {
  const length = headerLength(source.name, await source.read(0, Math.min(8, source.size)), source.size);
  const header = parseHeader(source.name, await source.read(8, length), source.size);
  const budget = new MemoryBudget("openSafetensors", source.size);
  const { path } = source;
  const entries = new Map<string, WeightEntry>();
  for (const record of header.records) {
    const { name, type, shape, offset, length } = record;
    const stays = path !== undefined && !type.convert;
    const place = stays ? { path, offset, length } : await source.read(offset, length);
    entries.set(
      name,
      place instanceof Uint8Array ? loaded(record, place, budget) : entryOf(name, type.readAs, shape, place),
    );
  }
  return new StateDict(entries, header.metadata, source, header.unreadable);
}

/** The same from bytes in memory, at once: arrays share `content` wherever its alignment lets them. */
export function parseSafetensors(content: Uint8Array, name = "memory"): StateDict {
  const source = new MemorySource(content, name);
  const { bytes, size } = source;
  const length = headerLength(name, bytes, size);
  const header = parseHeader(name, bytes.subarray(8, 8 + length), size);
  const budget = new MemoryBudget("parseSafetensors", size);
  const entries = header.records.map((record): [string, WeightEntry] => {
    return [record.name, loaded(record, bytes.subarray(record.offset, record.offset + record.length), budget)];
  });
  return new StateDict(new Map(entries), header.metadata, source, header.unreadable);
}

function loaded({ name, type, shape }: SafetensorsRecord, bytes: Uint8Array, budget: MemoryBudget): WeightEntry {
  if (!type.convert) return entryOf(name, type.readAs, shape, bytes);
  budget.spend(name, sizeOf(shape) * bytesPerElement(type.readAs));
  return { name, dtype: type.readAs, shape, source: { kind: "memory", array: type.convert(shape, bytes.slice()) } };
}

/**
 * The bytes of a `.safetensors` file. The order depends on the names and types only (widest elements first, then by
 * name), the header is padded to 8 bytes, so every array is aligned and equal input gives equal bytes.
 */
export function writeSafetensors(
  arrays: Readonly<Record<string, NDArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = Object.entries(arrays).sort(
    ([nameA, a], [nameB, b]) =>
      bytesPerElement(b.dtype) - bytesPerElement(a.dtype) || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  );
  const fields: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) {
    fields.push(["__metadata__", Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))]);
  }
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of ordered) {
    requires(name !== "__metadata__", "BAD_ARGUMENT", () => "writeSafetensors(): __metadata__ cannot name an array");
    fields.push([name, { dtype: formatName(dtype), shape, data_offsets: [end, end + bytes.byteLength] }]);
    end += bytes.byteLength;
  }
  const json = new TextEncoder().encode(
    `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`,
  );
  const headerSize = Math.ceil(json.byteLength / 8) * 8;
  const file = new Uint8Array(8 + headerSize + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerSize), true);
  file.fill(0x20, 8, 8 + headerSize);
  file.set(json, 8);
  let at = 8 + headerSize;
  for (const [, { bytes }] of ordered) {
    file.set(bytes, at);
    at += bytes.byteLength;
  }
  return file;
}

function formatName(dtype: DType): string {
  const found = Object.entries(safetensorsTypes).find(([, type]) => type === elementTypes[dtype]);
  requires(found, "BAD_ARGUMENT", () => `writeSafetensors(): the format has no name for ${dtype}`);
  return found[0];
}
