import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FrameFolder, framePaths } from "./frame-folder.js";

test("folders among frames are none, whatever they are called; links are what they lead to", async () => {
  const folder = await mkdtemp(join(tmpdir(), "frames-"));
  for (const name of ["sub.png", "frame-00009.vqclip"]) await mkdir(join(folder, name));
  for (const name of ["10.png", "9.JPG", "notes.txt"]) await writeFile(join(folder, name), "");
  await symlink("10.png", join(folder, "11.png"));
  await symlink("sub.png", join(folder, "12.png"));
  expect(await framePaths(folder)).toEqual(["9.JPG", "10.png", "11.png"].map((name) => join(folder, name)));
  expect((await FrameFolder.open(folder)).done).toBe(0);
  await rm(folder, { recursive: true });
});
