/** Writing a file whole or not at all: into a temporary file beside it, flushed to disk, then renamed. */
import { constants, type Stats } from "node:fs";
import { access, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { temporaryBeside } from "./temporary.js";

/** Bytes at once, or one part after the other. */
export type Content = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Writes `bytes` to `path`; whoever reads it sees the old content or the new, never a part. A link stays a link, a
 * replaced file keeps its permissions, a device or pipe is written to directly.
 *
 * @throws IO_FAILED, leaving nothing behind, when it cannot be done: no such folder, no permission, a full disk
 */
export async function writeFileAtomically(path: string, bytes: Content): Promise<void> {
  try {
    const { target, facts } = await destinationOf(path);
    if (facts && !facts.isFile()) await writeFile(target, bytes);
    else await replace(target, bytes, facts?.mode);
  } catch (cause) {
    throw writeFailure(path, cause);
  }
}

/**
 * Checks that `writeFileAtomically(path)` would be let, before the work that makes the bytes; leaves nothing behind.
 *
 * @throws IO_FAILED as the writing would (but how much room there is shows only then)
 */
export async function requireWritable(path: string): Promise<void> {
  try {
    const { target, facts } = await destinationOf(path);
    if (facts && !facts.isFile()) return;
    const probe = await temporaryBeside(target);
    await (await open(probe, "wx")).close();
    await rm(probe);
  } catch (cause) {
    throw writeFailure(path, cause);
  }
}

interface Destination {
  /** `path` with its links followed. */
  readonly target: string;
  /** What is there already. */
  readonly facts: Stats | undefined;
}

async function destinationOf(path: string): Promise<Destination> {
  if (path === "") throw refusal("EMPTY");
  const existing = await existingTarget(path);
  if (existing === undefined) {
    if (/[\\/]$/.test(path)) throw refusal("EISDIR");
    return { target: path, facts: undefined };
  }
  const facts = await stat(existing);
  if (facts.isDirectory()) throw refusal("EISDIR");
  await access(existing, constants.W_OK).catch((error: unknown) => {
    throw codeOf(error) === "EROFS" ? error : refusal("PROTECTED");
  });
  return { target: existing, facts };
}

async function replace(target: string, bytes: Content, mode?: number): Promise<void> {
  const temporary = await temporaryBeside(target);
  try {
    const handle = await open(temporary, "wx");
    try {
      if (mode !== undefined) await handle.chmod(mode & 0o777);
      await writeFile(handle, bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error is the one worth telling
    throw error;
  }
  await syncFolder(dirname(target));
}

/** Where `path` leads, through links; undefined when nothing is there yet. */
async function existingTarget(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes the new name itself durable; some systems cannot open a folder, and the file is whole without it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    await handle.sync().finally(() => handle.close());
  } catch {
    // The rename has happened: only its durability over a power cut is less certain.
  }
}

const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EMPTY: ["the path is empty", "name a file"],
  PROTECTED: ["the file is write-protected", "make it writable or name another one"],
  EISDIR: ["it is a folder", "name a file inside it"],
  ENOENT: ["there is no folder", "make it first"],
  ENAMETOOLONG: ["the name is too long", "choose a shorter one"],
  ENOTDIR: ["a part of the path is a file, not a folder", "name another folder"],
  EACCES: ["its folder is not writable", "choose a folder you may write to"],
  EPERM: ["its folder is not writable", "choose a folder you may write to"],
  EROFS: ["its disk is read-only", "choose another disk"],
  ENOSPC: ["the disk is full", "free some space or choose another disk"],
  EFBIG: ["the file may not grow so large", "choose another disk, or raise the limit (ulimit -f)"],
  EDQUOT: ["your disk quota is used up", "free some space or choose another disk"],
};

/** What a file system says in words, as IO_FAILED with what would work. */
export function writeFailure(path: string, cause: unknown): VqganClipError {
  const known = reasons[codeOf(cause) ?? ""];
  const folder = codeOf(cause) === "ENOENT" ? ` ${dirname(path)}` : "";
  const reason = known ? known[0] + folder : cause instanceof Error ? cause.message : String(cause);
  return new VqganClipError("IO_FAILED", `cannot write ${path}: ${reason}`, known?.[1], { cause });
}

function refusal(code: keyof typeof reasons): Error {
  return Object.assign(new Error(code), { code });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
