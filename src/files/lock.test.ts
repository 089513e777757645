import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { holderOf, lockBeside, takeLock } from "./lock.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "files-"));
  path = join(folder, "a.lock");
});
afterEach(() => rm(folder, { recursive: true }));

const heldBy = (pid: number | undefined, host = hostname()) => writeFile(path, JSON.stringify({ pid, host }));
const goneProcess = () => spawnSync(process.execPath, ["-e", ""]).pid;

test("one holds it, and says who it is; released, it is free and leaves nothing", async () => {
  const lock = await takeLock(path);
  expect(await takeLock(path)).toBeUndefined();
  expect(await holderOf(path)).toEqual({ pid: process.pid, host: hostname() });
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

test("links to one file share its lock", async () => {
  await writeFile(join(folder, "run.vqclip"), "");
  await symlink("run.vqclip", join(folder, "link.vqclip"));
  expect(await lockBeside(join(folder, "link.vqclip"))).toBe(await lockBeside(join(folder, "run.vqclip")));
});
