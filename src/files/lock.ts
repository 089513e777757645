/** One process at a thing: a lock file that names its holder and is kept fresh; others take it over once the holder has gone. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { readFile, realpath, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAbandoned, short } from "./temporary.js";

const BEAT = 5000;
/** A holder that cannot be looked for from here and has not been seen for this long is gone: on another machine, in another container of this one. */
const [STALE, STALE_NEARBY] = [30_000, 15_000];
/** Those who wait look again after this. */
const LOOKS = 500;
/** Of two that take over at once, the later one stays: each looks again after this. */
const SETTLES = 50;

export interface Lock {
  release(): Promise<void>;
}

export interface Holder extends Partial<Omit<Place, "host">> {
  readonly pid: number;
  readonly host: string;
}

/** Where a process number means one process. What the system does not tell (only Linux does) is undefined. */
interface Place {
  readonly host: string;
  /** Of the machine since its start: its containers share it. */
  readonly boot: string | undefined;
  /** Of process numbers: a container has its own, and after its end perhaps another gets the same. */
  readonly space: string | undefined;
}

const here: Place = {
  host: hostname(),
  boot: told(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
  space: told(() => readlinkSync("/proc/self/ns/pid")),
};

function told(ask: () => string): string | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

/** Takes the lock at `path`; undefined when another holds it. Throws what the file system does. */
export async function takeLock(path: string): Promise<Lock | undefined> {
  const mark = JSON.stringify({ pid: process.pid, ...here, token: randomBytes(8).toString("hex") });
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

/**
 * As `takeLock`, but of a holder that cannot be looked for from here, it waits to see it at work, or silent for so long that
 * it is gone: half a minute at most.
 *
 * @param onWait told once, when there is something to wait for
 */
export async function takeLockOnceFree(path: string, onWait?: (holder: Holder) => void): Promise<Lock | undefined> {
  for (let seen: number | undefined; ; await sleep(LOOKS)) {
    const lock = await takeLock(path);
    if (lock) return lock;
    const holder = await holderOf(path);
    if (!holder || isHere(holder)) return undefined;
    const beat = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined, // just released
    );
    if (seen !== undefined && beat !== undefined && beat !== seen) return undefined;
    if (seen === undefined) onWait?.(holder);
    seen = beat;
  }
}

/** Who holds the lock at `path`; undefined when nobody does, or it cannot be read. */
export async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const { pid, host, boot, space } = JSON.parse(await readFile(path, "utf8")) as Partial<Holder>;
    return Number.isSafeInteger(pid) && typeof host === "string"
      ? { pid: pid as number, host, boot, space }
      : undefined;
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
  if (holder && isHere(holder)) return isAbandoned(path, holder.pid);
  const isNearby = holder?.boot !== undefined && holder.boot === here.boot;
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > (isNearby ? STALE_NEARBY : STALE),
    () => false, // just released: the next try tells
  );
}

/** Whether its number means the same process here. */
function isHere({ host, boot = here.boot, space = here.space }: Holder): boolean {
  return host === here.host && boot === here.boot && space === here.space;
}
