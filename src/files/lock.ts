/** One process at a thing: a lock file that names its holder and is kept fresh; others take it over once the holder has gone. */
import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { readFile, realpath, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAbandoned, short } from "./temporary.js";

const BEAT = 5000;
/** A holder on another machine that has not been seen for this long is gone. */
const STALE = 30_000;
/** Of two that take over at once, the later one stays: each looks again after this. */
const SETTLES = 50;

export interface Lock {
  release(): Promise<void>;
}

export interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** Takes the lock at `path`; undefined when another holds it. Throws what the file system does. */
export async function takeLock(path: string): Promise<Lock | undefined> {
  const mark = JSON.stringify({ pid: process.pid, host: hostname(), token: randomBytes(8).toString("hex") });
  if (!(await made(path, mark)) && !(await takenOver(path, mark))) return undefined;
  const beat = setInterval(() => utimes(path, new Date(), new Date()).catch(() => undefined), BEAT);
  beat.unref();
  const onExit = () => rmSync(path, { force: true });
  process.once("exit", onExit);
  return {
    release: async () => {
      clearInterval(beat);
      process.off("exit", onExit);
      await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

/** Who holds the lock at `path`; undefined when nobody does, or it cannot be read. */
export async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const { pid, host } = JSON.parse(await readFile(path, "utf8")) as Partial<Holder>;
    return Number.isSafeInteger(pid) && typeof host === "string" ? { pid: pid as number, host } : undefined;
  } catch {
    return undefined; // just released, or not yet written
  }
}

/** Whether somebody who is there holds the lock at `path`. */
export async function isHeld(path: string): Promise<boolean> {
  return existsSync(path) && !(await isStale(path));
}

/** The hidden lock file beside `target`, the same for all links to it. */
export async function lockBeside(target: string): Promise<string> {
  const real = await realpath(target).catch(() => target);
  return join(dirname(real), `.vqgan-clip-${short(basename(real))}.lock`);
}

async function made(path: string, mark: string): Promise<boolean> {
  try {
    await writeFile(path, mark, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    await rm(path, { force: true }).catch(() => undefined); // a full disk makes the file and has no room for what it says
    throw error;
  }
}

async function takenOver(path: string, mark: string): Promise<boolean> {
  if (!(await isStale(path))) return false;
  const own = `${path}.${randomBytes(4).toString("hex")}`;
  await writeFile(own, mark, { flag: "wx" });
  await rename(own, path);
  await sleep(SETTLES);
  return (await readFile(path, "utf8").catch(() => "")) === mark;
}

async function isStale(path: string): Promise<boolean> {
  const holder = await holderOf(path);
  if (holder?.host === hostname()) return isAbandoned(path, holder.pid);
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > STALE,
    () => false, // just released: the next try tells
  );
}
