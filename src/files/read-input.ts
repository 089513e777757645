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

/** All bytes of a file of at most 1 GiB. Throws BAD_FILE when it is not there or not to be read, IO_FAILED when reading fails, OUT_OF_LIMITS when it is larger. */
export async function readInput(path: string): Promise<Uint8Array> {
  let size: number;
  try {
    size = (await stat(path)).size;
    if (size <= LIMIT) return await readFile(path);
  } catch (cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    const reason = reasons[code];
    throw new VqganClipError(
      reason ? "BAD_FILE" : "IO_FAILED",
      `cannot read ${path}: ${reason ?? message}`,
      "check the path",
      {
        cause,
      },
    );
  }
  throw new VqganClipError("OUT_OF_LIMITS", `cannot read ${path}: ${size} bytes, the limit is ${LIMIT}`);
}
