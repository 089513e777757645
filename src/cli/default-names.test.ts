import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockBeside, takeLock } from "../files/lock.js";
import { freePath, freeStem, nameLock, slug } from "./default-names.js";

test.each([
  ["A red apple | fog", "a-red-apple"],
  ["雪の城", "雪の城"],
  ["Crème, brûlée!", "crème-brûlée"],
  ["हिन्दी में एक महल", "हिन्दी-में-एक-महल"],
  ["замок в снегу: 2", "замок-в-снегу"],
  ["../../etc/passwd", "etc-passwd"],
  ["🍎", "picture"],
  ["x".repeat(60), "x".repeat(40)],
  ["𠀀".repeat(60), "𠀀".repeat(40)],
])("%s is named %s", (prompts, name) => {
  expect(slug(prompts)).toBe(name);
});

test("a name that a file or a link has gets a number, the same for all endings", async () => {
  const folder = await mkdtemp(join(tmpdir(), "names-"));
  try {
    const path = (name: string) => join(folder, name);
    expect(await freePath(path("a.png"))).toBe(path("a.png"));
    await writeFile(path("a.png"), "");
    await symlink(path("nowhere"), path("a-2.vqclip"));
    expect(await freePath(path("a.png"))).toBe(path("a-2.png"));
    expect(await freeStem(path("a"), [".png", ".vqclip"])).toBe(path("a-3"));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a name that another process is at work for is not given again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "names-"));
  try {
    const path = (name: string) => join(folder, name);
    const other = JSON.stringify({ pid: process.ppid, host: hostname(), token: "of another" });
    await writeFile(await nameLock(path("a")), other);
    expect(await freePath(path("a.png"))).toBe(path("a-2.png"));
    expect(await freeStem(path("a-2"), [".vqclip"])).toBe(path("a-2"));
    const session = await takeLock(await lockBeside(path("a-2"))); // a session of that very name
    expect(session).toBeDefined();
    await session?.release();
  } finally {
    await rm(folder, { recursive: true });
  }
});
