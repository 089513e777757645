import { mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { openSafetensors, openTorchCheckpoint, openWeights } from "./open-file.js";
import { writeSafetensors } from "./safetensors.js";

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "weights-")));
});
afterAll(() => rm(folder, { recursive: true }));

test("entries name the real file and the absolute range of their bytes", async () => {
  const bytes = writeSafetensors({ a: NDArray.float32([2], [1, 2]), b: NDArray.float32([1], [3]) });
  await writeFile(join(folder, "blob"), bytes);
  await symlink(join(folder, "blob"), join(folder, "model.safetensors"));
  const dict = await openWeights(join(folder, "model.safetensors"));
  expect(dict.get("b").source).toEqual({
    kind: "file",
    path: join(folder, "blob"),
    offset: bytes.length - 4,
    length: 4,
  });
  expect((await dict.read("b")).item()).toBe(3);
});

test("a missing file, a folder and a web page are each named", async () => {
  await expect(openSafetensors(join(folder, "none"))).rejects.toMatchObject({ code: "BAD_FILE" });
  await expect(openWeights(folder)).rejects.toThrow(/not a regular file/);
  await writeFile(join(folder, "page.ckpt"), "<!doctype html><title>Not found</title>");
  await expect(openTorchCheckpoint(join(folder, "page.ckpt"))).rejects.toMatchObject({
    code: "BAD_FILE",
    hint: expect.stringContaining("web page"),
  });
  await expect(openWeights(join(folder, "page.ckpt"))).rejects.toThrow(/page.ckpt is a web page, not the file/);
  await writeFile(join(folder, "pointer.ckpt"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n");
  await expect(openWeights(join(folder, "pointer.ckpt"))).rejects.toThrow(/is a Git LFS pointer/);
  await writeFile(join(folder, "empty.ckpt"), "");
  await expect(openWeights(join(folder, "empty.ckpt"))).rejects.toThrow(/empty.ckpt is empty/);
});
