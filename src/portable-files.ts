/** Portable models on disk: the ONNX file and the one file of numbers beside it. Node only. */
import { rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeFileAtomically } from "./files/atomic-write.js";
import type { PortableModel } from "./runtime/portable.js";
import { openFileSource } from "./weights/open-file.js";

/** Bytes that are read at once. */
const CHUNK = 2 ** 26;

/** Where the numbers of a model at `path` lie. */
export function dataPathOf(path: string): string {
  return join(dirname(path), `${basename(path)}.data`);
}

/**
 * Writes both, the numbers first: there is a model only where all of it is there.
 *
 * @throws IO_FAILED, leaving nothing behind that was not there
 */
export async function writePortable(path: string, model: PortableModel): Promise<void> {
  const dataPath = join(dirname(path), model.dataFile);
  const wasThere = await stat(dataPath).then(
    () => true,
    () => false,
  );
  await writeFileAtomically(dataPath, dataBytes(model));
  try {
    await writeFileAtomically(path, model.bytes);
  } catch (error) {
    if (!wasThere) await rm(dataPath, { force: true });
    throw error;
  }
}

/** All parts in their order, with zeros between them. */
async function* dataBytes({ data }: PortableModel): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const { source, offset, length } of data) {
    if (offset > at) yield new Uint8Array(offset - at);
    at = offset + length;
    if (source.kind === "memory") {
      yield source.array.bytes;
      continue;
    }
    const file = await openFileSource(source.path);
    for (let done = 0; done < length; done += CHUNK) {
      yield await file.read(source.offset + done, Math.min(CHUNK, length - done));
    }
  }
}
