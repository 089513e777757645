/** The ZIP of a session: its entries, unpacked within limits, and what they hold. */
import { strFromU8, unzipSync } from "fflate";
import { requires, VqganClipError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { parseSafetensors } from "../weights/safetensors.js";

/** Of all entries together, unpacked. */
const MAX_BYTES = 1 << 30;

export type Arrays = Readonly<Record<string, NDArray>>;
export type Entries = Readonly<Record<string, Uint8Array>>;

/** The arrays of a safetensors entry. @throws BAD_FILE */
export async function arraysOf(entries: Entries, name: string): Promise<Arrays> {
  const dict = parseSafetensors(entryOf(entries, name), name);
  const arrays: Record<string, NDArray> = {};
  for (const key of dict.names) arrays[key] = await dict.read(key);
  return arrays;
}

/** Its JSON and safetensors entries. @throws BAD_FILE when the bytes are no ZIP, or unpack to too much */
export function unzip(bytes: Uint8Array): Entries {
  let total = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!/\.(json|safetensors)$/.test(name)) return false;
        total += originalSize;
        requires(total <= MAX_BYTES, "BAD_FILE", () => `session: its entries claim more than ${MAX_BYTES} bytes`);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof VqganClipError) throw error;
    throw new VqganClipError("BAD_FILE", "session: not a readable .vqclip (ZIP) file", "was it copied completely?");
  }
}

/** @throws BAD_FILE when there is no such entry, or it is no JSON */
export function jsonOf(entries: Entries, name: string): unknown {
  try {
    return JSON.parse(strFromU8(entryOf(entries, name)));
  } catch (error) {
    if (error instanceof VqganClipError) throw error;
    throw new VqganClipError("BAD_FILE", `session: ${name} is not JSON`);
  }
}

function entryOf(entries: Entries, name: string): Uint8Array {
  const bytes = entries[name];
  requires(bytes, "BAD_FILE", () => `session: the archive lacks ${name}`);
  return bytes;
}
