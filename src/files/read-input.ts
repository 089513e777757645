/** Reading a file that somebody named: whole, within a limit, and refused in words. */
import { readFile, stat } from "node:fs/promises";
import { VqganClipError } from "../core/errors.js";

const LIMIT = 2 ** 30;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EACCES: "you may not read it",
  EPERM: "you may not read it",
};

/** All bytes of a file of at most 1 GiB. Throws IO_FAILED when it cannot be read, OUT_OF_LIMITS when it is larger. */
export async function readInput(path: string): Promise<Uint8Array> {
  let size: number;
  try {
    size = (await stat(path)).size;
    if (size <= LIMIT) return await readFile(path);
  } catch (cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    throw new VqganClipError("IO_FAILED", `cannot read ${path}: ${reasons[code] ?? message}`, "check the path", {
      cause,
    });
  }
  throw new VqganClipError("OUT_OF_LIMITS", `cannot read ${path}: ${size} bytes, the limit is ${LIMIT}`);
}
