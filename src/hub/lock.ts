/** One process per file: a lock file that its holder keeps fresh, and that others may take over when it has gone stale. */
import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../files/temporary.js";
import { diskError } from "./download.js";
import { aborted } from "./watchdog.js";

const BEAT = 5000;
/** A holder that has not been seen for this long is gone. */
const STALE = 30_000;

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds it. */
  readonly onWait?: (() => void) | undefined;
}

/**
 * Does `work` while no other process that asks for `path` does its own. Python's library locks by `flock`, which does not
 * see this; both place finished files by renaming, so the worst that can happen is one file fetched twice.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  await mkdir(dirname(path), { recursive: true }).catch((cause) => {
    throw diskError(path, cause);
  });
  let told = false;
  while (!(await take(path))) {
    if (!told) options.onWait?.();
    told = true;
    await sleep(200, undefined, options.signal ? { signal: options.signal } : {}).catch((cause) => {
      throw aborted(cause);
    });
  }
  const beat = setInterval(() => utimes(path, new Date(), new Date()).catch(() => undefined), BEAT);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true }).catch(() => undefined);
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: "wx" });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw diskError(path, cause);
  }
  if (await isStale(path)) await rm(path, { force: true });
  return false;
}

async function isStale(path: string): Promise<boolean> {
  try {
    if (Date.now() - (await stat(path)).mtimeMs > STALE) return true;
    const { pid, host } = JSON.parse(await readFile(path, "utf8")) as { pid: number; host: string };
    return host === hostname() && !isAlive(pid);
  } catch {
    return false; // just released, or not yet written: the next look tells
  }
}
