/** Writing a file whole or not at all: into a temporary file beside it, flushed to disk, then renamed. */
import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VqganClipError } from "../core/errors.js";

/**
 * Writes `bytes` to `path`; whoever reads it sees the old content or the new, never a part. A link stays a link, a
 * device or pipe is written to directly. Throws IO_FAILED, leaving nothing behind, when it cannot be done.
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const target = await existingTarget(path);
    const facts = target === undefined ? undefined : await stat(target);
    if (facts?.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
    if (facts && !facts.isFile()) await writeFile(path, bytes);
    else await replace(target ?? path, bytes);
  } catch (cause) {
    throw failure(path, cause);
  }
}

async function replace(target: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(target);
  const temporary = join(folder, `.vqgan-clip-${randomBytes(8).toString("hex")}.tmp`);
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
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
  EISDIR: ["it is a folder", "name a file inside it"],
  ENOENT: ["its folder does not exist", "create the folder first"],
  ENOTDIR: ["a part of the path is a file, not a folder", "name another folder"],
  EACCES: ["its folder is not writable", "choose a folder you may write to"],
  EPERM: ["its folder is not writable", "choose a folder you may write to"],
  EROFS: ["its disk is read-only", "choose another disk"],
  ENOSPC: ["the disk is full", "free some space or choose another disk"],
  EDQUOT: ["your disk quota is used up", "free some space or choose another disk"],
};

function failure(path: string, cause: unknown): VqganClipError {
  const known = reasons[codeOf(cause) ?? ""];
  const reason = known?.[0] ?? (cause instanceof Error ? cause.message : String(cause));
  return new VqganClipError("IO_FAILED", `cannot write ${path}: ${reason}`, known?.[1], { cause });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
