import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFileAtomically } from "./atomic-write.js";

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

test("what cannot be written says why, and leaves no temporary file", async () => {
  await mkdir(join(folder, "taken"));
  const failure = (path: string) => writeFileAtomically(path, Uint8Array.of(1));
  await expect(failure(join(folder, "taken"))).rejects.toMatchObject({
    code: "IO_FAILED",
    message: `cannot write ${join(folder, "taken")}: it is a folder`,
    hint: "name a file inside it",
  });
  await expect(failure(join(folder, "none", "a"))).rejects.toThrow(/its folder does not exist/);
  await writeFile(join(folder, "file"), "");
  await expect(failure(join(folder, "file", "a"))).rejects.toThrow(/a part of the path is a file/);
  expect((await readdir(folder)).sort()).toEqual(["file", "taken"]);
});

test.skipIf(process.getuid?.() === 0)("a folder that is not writable is named", async () => {
  await chmod(folder, 0o500);
  await expect(writeFileAtomically(join(folder, "a"), Uint8Array.of(1))).rejects.toThrow(/not writable/);
  await chmod(folder, 0o700);
});
