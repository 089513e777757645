/** Reading a file that somebody named, or what is piped in: whole, within a limit, and refused in words. */
import { readFile, stat } from "node:fs/promises";
import { requires, VqganClipError } from "../core/errors.js";
import { decodeText } from "../core/text.js";

const LIMIT = 2 ** 30;

/** The path that means standard input. */
export const STDIN = "-";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EACCES: "you may not read it",
  EPERM: "you may not read it",
};

/**
 * All bytes of a file of at most 1 GiB, or of standard input for `-`.
 *
 * @throws BAD_FILE when it is not there or not to be read, IO_FAILED when reading fails, OUT_OF_LIMITS when it is larger,
 * BAD_ARGUMENT when nothing is piped in
 */
export async function readInput(path: string): Promise<Uint8Array> {
  if (path === STDIN) return readPiped();
  let size: number;
  try {
    size = (await stat(path)).size;
    if (size <= LIMIT) return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  throw tooLarge(path, `${size} bytes`);
}

/** The text of a file, or of standard input for `-`. @throws what `readInput` and `decodeText` throw */
export async function readTextInput(path: string): Promise<string> {
  return decodeText(await readInput(path), path);
}

let piped = false;

async function readPiped(): Promise<Uint8Array> {
  requires(!process.stdin.isTTY, "BAD_ARGUMENT", () => "-: nothing is piped in", "pipe a file in, or name one");
  requires(!piped, "BAD_ARGUMENT", () => "-: standard input was read already", "only one input can be -");
  piped = true;
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of process.stdin as AsyncIterable<Buffer>) {
      parts.push(part);
      size += part.length;
      if (size > LIMIT) break;
    }
  } catch (cause) {
    throw unreadable(STDIN, cause);
  }
  if (size > LIMIT) throw tooLarge(STDIN, "it goes on");
  return Buffer.concat(parts);
}

function unreadable(path: string, cause: unknown): VqganClipError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const reason = reasons[code];
  const text = `cannot read ${path}: ${reason ?? message}`;
  return new VqganClipError(reason ? "BAD_FILE" : "IO_FAILED", text, "check the path", { cause });
}

function tooLarge(path: string, size: string): VqganClipError {
  return new VqganClipError("OUT_OF_LIMITS", `cannot read ${path}: ${size}, the limit is ${LIMIT} bytes`);
}
