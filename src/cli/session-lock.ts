/** A session is worked on by one process at a time: of two that write it back, one's work would be lost. */
import { hostname } from "node:os";
import { VqganClipError } from "../core/errors.js";
import { holderOf, type Lock, lockBeside, takeLock } from "../files/lock.js";

/**
 * Does `work` while no other process writes the session at this path; without a path, at once.
 *
 * @throws IO_FAILED saying who is at it; what `work` throws
 */
export async function whileLocked<T>(session: string | undefined, work: () => Promise<T>): Promise<T> {
  const lock = session === undefined ? undefined : await lockOf(session);
  try {
    return await work();
  } finally {
    await lock?.release();
  }
}

async function lockOf(session: string): Promise<Lock | undefined> {
  const path = await lockBeside(session);
  let lock: Lock | undefined;
  try {
    lock = await takeLock(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // A full disk, and a folder that is not there, are told by those who write or read in it.
    if (code === "ENOSPC" || code === "EDQUOT" || code === "ENOENT") return undefined;
    throw new VqganClipError("IO_FAILED", `cannot write beside ${session}: ${message}`, "choose another --save-state", {
      cause,
    });
  }
  if (lock) return lock;
  const holder = await holderOf(path);
  const who = holder
    ? `process ${holder.pid}${holder.host === hostname() ? "" : ` on ${holder.host}`}`
    : "another process";
  throw new VqganClipError(
    "IO_FAILED",
    `${session}: ${who} is at work on this session; of two at once, one's work would be lost`,
    `wait for it, or write to another file with --save-state; if nothing is at it, delete ${path}`,
  );
}
