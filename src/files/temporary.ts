/**
 * Names of temporary files. They tell which file they were to become and which process writes them, so that what a killed
 * process left behind is cleared away when its file is written again.
 */
import { createHash, randomBytes } from "node:crypto";
import { lstat, readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/**
 * A new name beside `target`; nothing is made there. Temporary files of the same target whose process is gone are
 * removed. Those of other machines, which may share the folder, are left alone.
 */
export async function temporaryBeside(target: string): Promise<string> {
  const folder = dirname(target);
  const prefix = `.vqgan-clip-${short(basename(target))}-${short(hostname())}-`;
  const names = await readdir(folder).catch(() => []); // what is wrong with the folder shows when it is written to
  for (const name of names) {
    const pid = name.startsWith(prefix) && /^(\d+)-[0-9a-f]+\.tmp$/.exec(name.slice(prefix.length))?.[1];
    if (pid && (await isAbandoned(join(folder, name), Number(pid)))) {
      await rm(join(folder, name), { force: true }).catch(() => undefined); // in nobody's way
    }
  }
  return join(folder, `${prefix}${process.pid}-${randomBytes(4).toString("hex")}.tmp`);
}

/** Whether a process of this machine is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether the process that made `path` is gone. This one may have the number of one that is gone, as the first of a container always has: its files are newer. */
export async function isAbandoned(path: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isAlive(pid);
  const began = Date.now() - 1000 * process.uptime();
  return lstat(path).then(
    ({ mtimeMs }) => mtimeMs < began,
    () => false,
  );
}

/** A name's mark in names of ours. */
export function short(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
