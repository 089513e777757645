/** One process per file of the cache: the others wait. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { takeLock } from "../files/lock.js";
import { diskError } from "./download.js";
import { aborted } from "./watchdog.js";

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
  const take = () =>
    takeLock(path).catch((cause) => {
      throw diskError(path, cause);
    });
  await mkdir(dirname(path), { recursive: true }).catch((cause) => {
    throw diskError(path, cause);
  });
  let lock = await take();
  if (!lock) options.onWait?.();
  while (!lock) {
    await sleep(200, undefined, options.signal ? { signal: options.signal } : {}).catch((cause) => {
      throw aborted(cause);
    });
    lock = await take();
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
