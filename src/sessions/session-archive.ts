/** The ZIP of a session: its entries, checked against their sums and unpacked within limits, and what they hold. */
import { inflateSync, strFromU8 } from "fflate";
import { crc32 } from "../core/crc32.js";
import { requires, VqganClipError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { MemorySource } from "../weights/byte-source.js";
import { parseSafetensors } from "../weights/safetensors.js";
import { readPackedEntry, readZipDirectory, type ZipEntry } from "../weights/zip-directory.js";

/** Of all entries together, unpacked: arrays are stored as they are, so little more than the file itself. */
const mostBytes = (fileSize: number): number => Math.min(2 ** 30, 2 ** 26 + 8 * fileSize);
/** Of a JSON entry: read, it takes many times its length. */
const MAX_JSON_BYTES = 2 ** 24;
/** Of an entry: a node has those of its targets, a state its latent and the optimiser's. */
const MAX_ARRAYS = 128;

export type Arrays = Readonly<Record<string, NDArray>>;
export type Entries = ReadonlyMap<string, Uint8Array>;

/** The arrays of a safetensors entry. @throws BAD_FILE, OUT_OF_LIMITS */
export async function arraysOf(entries: Entries, name: string): Promise<Arrays> {
  const dict = parseSafetensors(entryOf(entries, name), name);
  requires(
    dict.names.length <= MAX_ARRAYS,
    "OUT_OF_LIMITS",
    () => `session: ${name} holds ${dict.names.length} arrays, the limit is ${MAX_ARRAYS}`,
  );
  const arrays: [string, NDArray][] = [];
  for (const key of dict.names) arrays.push([key, await dict.read(key)]);
  return Object.fromEntries(arrays);
}

/**
 * All of its entries, each as it was written: their sums are checked.
 *
 * @throws BAD_FILE naming the entry that is damaged, or when the bytes are no ZIP; OUT_OF_LIMITS when they unpack to too much
 */
export async function unzip(bytes: Uint8Array): Promise<Entries> {
  const source = new MemorySource(bytes, "session");
  const directory = await readZipDirectory(source).catch((cause: VqganClipError) => {
    const message = `session: not a readable .vqclip (ZIP) file: ${cause.message.replace(/^session: /, "")}`;
    throw new VqganClipError(cause.code, message, "was it copied completely?", { cause });
  });
  const limit = mostBytes(bytes.length);
  const total = [...directory.values()].reduce((sum, { size }) => sum + size, 0);
  requires(total <= limit, "OUT_OF_LIMITS", () => `session: its entries claim ${total} bytes, the limit is ${limit}`);
  const entries = new Map<string, Uint8Array>();
  for (const entry of directory.values()) entries.set(entry.name, await unpacked(source, entry));
  return entries;
}

async function unpacked(source: MemorySource, entry: ZipEntry): Promise<Uint8Array> {
  const { name, size, crc, stored, deflated } = entry;
  requires(stored || deflated, "BAD_FILE", () => `session: ${name} is packed in a way that is not known`);
  const data = await readPackedEntry(source, entry).then(
    (packed) => (stored ? packed : inflated(packed, size)),
    () => undefined,
  );
  requires(
    data?.length === size && crc32(data) === crc,
    "BAD_FILE",
    () => `session: ${name} is damaged: its bytes are not those that were written`,
    "copy the file again, or go on from an earlier copy",
  );
  return data;
}

/** At most `size` bytes; undefined when they cannot be unpacked. */
function inflated(packed: Uint8Array, size: number): Uint8Array | undefined {
  try {
    return inflateSync(packed, { out: new Uint8Array(size) });
  } catch {
    return undefined;
  }
}

/** @throws BAD_FILE when there is no such entry, or it is no JSON; OUT_OF_LIMITS when it is absurdly large */
export function jsonOf(entries: Entries, name: string): unknown {
  const bytes = entryOf(entries, name);
  requires(
    bytes.length <= MAX_JSON_BYTES,
    "OUT_OF_LIMITS",
    () => `session: ${name} has ${bytes.length} bytes, the limit is ${MAX_JSON_BYTES}`,
  );
  try {
    return JSON.parse(strFromU8(bytes));
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", `session: ${name} is not JSON`, undefined, { cause });
  }
}

function entryOf(entries: Entries, name: string): Uint8Array {
  const bytes = entries.get(name);
  requires(bytes, "BAD_FILE", () => `session: the archive lacks ${name}`);
  return bytes;
}
