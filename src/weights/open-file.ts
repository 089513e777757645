/** Checkpoints by path, on Node: the only file of weights/ that touches the file system. */
import { access, constants, open, realpath, stat } from "node:fs/promises";
import { type ErrorCode, VqganClipError } from "../core/errors.js";
import { type ByteSource, requireRange } from "./byte-source.js";
import { readWeights } from "./read-weights.js";
import { readSafetensors } from "./safetensors.js";
import type { StateDict } from "./state-dict.js";
import { readTorchCheckpoint } from "./torch-checkpoint.js";

/** A file that is opened anew for each read, so there is nothing to close. */
class FileSource implements ByteSource {
  constructor(
    readonly name: string,
    readonly path: string,
    readonly size: number,
  ) {}

  async read(offset: number, length: number): Promise<Uint8Array> {
    requireRange(this, offset, length);
    try {
      const handle = await open(this.path, "r");
      try {
        const bytes = new Uint8Array(length);
        let filled = 0;
        while (filled < length) {
          const part = Math.min(length - filled, 2 ** 30);
          const { bytesRead } = await handle.read(bytes, filled, part, offset + filled);
          if (bytesRead === 0) throw new Error(`ended at byte ${offset + filled}, it shrank while being read`);
          filled += bytesRead;
        }
        return bytes;
      } finally {
        await handle.close();
      }
    } catch (cause) {
      throw unreadable("IO_FAILED", "read", this.name, cause);
    }
  }
}

/** A file as a ByteSource. Throws BAD_FILE when it is missing, unreadable or no regular file. */
export async function openFileSource(path: string): Promise<ByteSource> {
  try {
    const real = await realpath(path);
    const facts = await stat(real);
    if (!facts.isFile()) throw new Error("it is not a regular file");
    await access(real, constants.R_OK);
    return new FileSource(path, real, facts.size);
  } catch (cause) {
    throw unreadable("BAD_FILE", "open", path, cause);
  }
}

/** Opens a `.safetensors` file. Throws IO_FAILED or BAD_FILE. */
export async function openSafetensors(path: string): Promise<StateDict> {
  return readSafetensors(await openFileSource(path));
}

/** Opens a PyTorch `.ckpt`, `.pt`, `.pth` or `.bin`; runs nothing that it holds. Throws IO_FAILED or BAD_FILE. */
export async function openTorchCheckpoint(path: string): Promise<StateDict> {
  return readTorchCheckpoint(await openFileSource(path));
}

/** Opens a checkpoint of either format, told apart by content. Throws IO_FAILED or BAD_FILE. */
export async function openWeights(path: string): Promise<StateDict> {
  return readWeights(await openFileSource(path));
}

function unreadable(code: ErrorCode, verb: string, path: string, cause: unknown): VqganClipError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VqganClipError(code, `cannot ${verb} ${path}: ${reason}`, "check the path and its permissions", {
    cause,
  });
}
