import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFileAtomically } from "./atomic-write.js";
import { temporaryBeside } from "./temporary.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "files-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** An unfinished file of `target` as a process would have named it. */
async function leftBy(pid: number | undefined, target: string): Promise<string> {
  const path = (await temporaryBeside(target)).replace(`-${process.pid}-`, `-${pid}-`);
  await writeFile(path, "half");
  return path;
}

const goneProcess = () => spawnSync(process.execPath, ["-e", ""]).pid;

test("what a gone process left of a target is cleared away when the target is written again", async () => {
  const target = join(folder, "run.vqclip");
  await leftBy(goneProcess(), target);
  expect(await readdir(folder)).toHaveLength(1);
  await writeFileAtomically(target, Uint8Array.of(1));
  expect(await readdir(folder)).toEqual(["run.vqclip"]);
});

test("files of a living process, of another target and of another machine stay", async () => {
  const target = join(folder, "run.vqclip");
  const living = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"]);
  try {
    const gone = goneProcess();
    const own = await leftBy(process.pid, target);
    const others = await leftBy(living.pid, target);
    const neighbours = await leftBy(gone, join(folder, "run.png"));
    const remote = (await temporaryBeside(target)).replace(/-[0-9a-f]{12}-\d+-/, `-${"0".repeat(12)}-${gone}-`);
    await writeFile(remote, "half");
    await writeFileAtomically(target, Uint8Array.of(1));
    const kept = [own, others, neighbours, remote].map((path) => basename(path));
    expect((await readdir(folder)).sort()).toEqual([...kept, "run.vqclip"].sort());
  } finally {
    living.kill();
  }
});

test("a file from before this process began is not its own, though it has its number", async () => {
  const target = join(folder, "run.vqclip");
  const old = await leftBy(process.pid, target);
  await utimes(old, new Date(2020, 0, 1), new Date(2020, 0, 1));
  await temporaryBeside(target);
  expect(await readdir(folder)).toEqual([]);
});

test("names are short whatever the target's, and there may be no folder yet", async () => {
  expect(basename(await temporaryBeside(join(folder, "none", "n".repeat(255)))).length).toBeLessThan(80);
});
