import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireWritable, writeFileAtomically } from "./atomic-write.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "files-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a new file and a replaced one hold the bytes, and nothing else is left", async () => {
  const path = join(folder, "a.bin");
  await writeFileAtomically(path, Uint8Array.of(1, 2));
  await writeFileAtomically(path, Uint8Array.of(3));
  expect([...(await readFile(path))]).toEqual([3]);
  expect(await readdir(folder)).toEqual(["a.bin"]);
});

test("a link stays a link", async () => {
  await writeFile(join(folder, "real"), "old");
  await symlink(join(folder, "real"), join(folder, "link"));
  await writeFileAtomically(join(folder, "link"), Buffer.from("new"));
  expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
  expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
});

test("a device is written to, never replaced", async () => {
  await writeFileAtomically("/dev/null", Uint8Array.of(1));
  expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
});

test("a replaced file keeps its permissions", async () => {
  const path = join(folder, "private");
  await writeFile(path, "old", { mode: 0o600 });
  await writeFileAtomically(path, Uint8Array.of(1));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

const both = [
  ["writing", (path: string) => writeFileAtomically(path, Uint8Array.of(1))],
  ["asking first", requireWritable],
] as const;

test.each(both)("%s: what cannot be written says why, and leaves no temporary file", async (_, attempt) => {
  await mkdir(join(folder, "taken"));
  await writeFile(join(folder, "file"), "");
  await expect(attempt(join(folder, "taken"))).rejects.toMatchObject({
    code: "IO_FAILED",
    message: `cannot write ${join(folder, "taken")}: it is a folder`,
    hint: "name a file inside it",
  });
  await expect(attempt(join(folder, "none", "a"))).rejects.toThrow(`there is no folder ${join(folder, "none")}`);
  await expect(attempt(join(folder, "none/"))).rejects.toThrow(/it is a folder/);
  await expect(attempt(join(folder, "file", "a"))).rejects.toThrow(/a part of the path is a file/);
  await expect(attempt("")).rejects.toThrow(/the path is empty/);
  await expect(attempt(join(folder, "n".repeat(300)))).rejects.toMatchObject({ code: "IO_FAILED" });
  expect((await readdir(folder)).sort()).toEqual(["file", "taken"]);
});

test("asking first changes nothing, whether the file is there or not", async () => {
  await writeFile(join(folder, "there"), "old");
  await requireWritable(join(folder, "there"));
  await requireWritable(join(folder, "new"));
  await requireWritable("/dev/null");
  expect(await readdir(folder)).toEqual(["there"]);
  expect(await readFile(join(folder, "there"), "utf8")).toBe("old");
});

test.each(both)("%s through a link looks at the folder it leads to", async (_, attempt) => {
  await mkdir(join(folder, "real"));
  await writeFile(join(folder, "real", "file"), "");
  await symlink(join(folder, "real", "file"), join(folder, "link"));
  await attempt(join(folder, "link"));
  expect(await readdir(join(folder, "real"))).toEqual(["file"]);
});

// Permissions do not bind the superuser.
test.skipIf(process.getuid?.() === 0).each(both)(
  "%s: a folder or file that is protected is named",
  async (_, attempt) => {
    await writeFile(join(folder, "file"), "", { mode: 0o400 });
    await expect(attempt(join(folder, "file"))).rejects.toThrow(/the file is write-protected/);
    await chmod(folder, 0o500);
    await expect(attempt(join(folder, "a"))).rejects.toThrow(/not writable/);
    await chmod(folder, 0o700);
  },
);

test.skipIf(!existsSync("/dev/full"))("a full disk is named", async () => {
  await expect(writeFileAtomically("/dev/full", Uint8Array.of(1))).rejects.toThrow("/dev/full: the disk is full");
});

const shell = (script: string, argument: string) => execFileSync("sh", ["-c", script, argument], { stdio: "ignore" });

/** A disk of 64 KiB at `path`; undefined where this user may not mount one. */
function mountTinyDisk(path: string): (() => void) | undefined {
  try {
    shell('mount -t tmpfs -o size=64k tmpfs "$0"', path);
    return () => shell('umount "$0"', path);
  } catch {
    return undefined;
  }
}

test("a disk that fills up while writing keeps the old file and nothing else", async ({ skip }) => {
  const disk = join(folder, "disk");
  await mkdir(disk);
  const unmount = mountTinyDisk(disk);
  if (!unmount) return skip("mounting a disk needs the superuser");
  try {
    const path = join(disk, "picture.png");
    await writeFileAtomically(path, Uint8Array.of(7));
    await expect(writeFileAtomically(path, new Uint8Array(2 ** 20))).rejects.toMatchObject({
      code: "IO_FAILED",
      message: `cannot write ${path}: the disk is full`,
    });
    expect(await readdir(disk)).toEqual(["picture.png"]);
    expect([...(await readFile(path))]).toEqual([7]);
  } finally {
    unmount();
  }
});
