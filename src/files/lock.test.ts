import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { holderOf, lockBeside, takeLock, takeLockOnceFree } from "./lock.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "files-"));
  path = join(folder, "a.lock");
});
afterEach(() => rm(folder, { recursive: true }));

const heldBy = (pid: number | undefined, host = hostname(), more: object = {}) =>
  writeFile(path, JSON.stringify({ pid, host, ...more }));
const since = (seconds: number) => utimes(path, new Date(), new Date(Date.now() - 1000 * seconds));
const goneProcess = () => spawnSync(process.execPath, ["-e", ""]).pid;

test("one holds it, and says who it is; released, it is free and leaves nothing", async () => {
  const lock = await takeLock(path);
  expect(await takeLock(path)).toBeUndefined();
  expect(await holderOf(path)).toMatchObject({ pid: process.pid, host: hostname() });
  await lock?.release();
  expect(await readdir(folder)).toEqual([]);
  expect(await takeLock(path)).toBeDefined();
});

test("of several that find their holder gone, one takes it over", async () => {
  await heldBy(goneProcess());
  const locks = await Promise.all(Array.from({ length: 5 }, () => takeLock(path)));
  expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
  expect(await readdir(folder)).toEqual(["a.lock"]);
});

test("a holder that lives keeps it however long it is silent; one on another machine for half a minute", async () => {
  const long = new Date(Date.now() - 3_600_000);
  await heldBy(process.ppid);
  await utimes(path, long, long);
  expect(await takeLock(path)).toBeUndefined();
  await heldBy(1, "elsewhere");
  expect(await takeLock(path)).toBeUndefined();
  await utimes(path, long, long);
  expect(await takeLock(path)).toBeDefined();
});

test.skipIf(process.platform !== "linux")("the number of a process in another container is nobody's here", async () => {
  const lock = await takeLock(path);
  const { boot } = (await holderOf(path)) ?? {};
  await lock?.release();
  for (const pid of [goneProcess(), process.pid]) {
    await heldBy(pid, hostname(), { boot, space: "pid:[1]" });
    await since(12); // before this process began, and it may live
    expect(await takeLock(path)).toBeUndefined();
    await since(16);
    expect(await takeLock(path)).toBeDefined();
    await heldBy(pid, hostname(), { boot: "of another machine", space: "pid:[1]" });
    await since(16);
    expect(await takeLock(path)).toBeUndefined();
  }
});

test("who cannot look for the holder waits until it is at work or silent for long; whoever can, does not", async () => {
  const told: unknown[] = [];
  await heldBy(1, "elsewhere");
  await since(29);
  expect(await takeLockOnceFree(path, ({ host }) => told.push(host))).toBeDefined();
  await heldBy(1, "elsewhere");
  const beat = setTimeout(() => since(0), 700);
  expect(await takeLockOnceFree(path, ({ host }) => told.push(host))).toBeUndefined();
  clearTimeout(beat);
  await heldBy(process.ppid);
  expect(await takeLockOnceFree(path, ({ host }) => told.push(host))).toBeUndefined();
  expect(told).toEqual(["elsewhere", "elsewhere"]);
});

test("links to one file share its lock", async () => {
  await writeFile(join(folder, "run.vqclip"), "");
  await symlink("run.vqclip", join(folder, "link.vqclip"));
  expect(await lockBeside(join(folder, "link.vqclip"))).toBe(await lockBeside(join(folder, "run.vqclip")));
});
