import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { freemem, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { availableMemory } from "./available-memory.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "machine-"));
});
afterEach(() => rm(root, { recursive: true }));

const v2 = { "proc/self/cgroup": "0::/pod/box\n" };
const v1 = { "proc/self/cgroup": "5:memory:/box\n4:cpu,cpuacct:/box\n0::/\n" };

test.each<[string, Record<string, string>, number]>([
  ["a machine without groups", {}, 1000],
  ["no limit", { ...v2, "sys/fs/cgroup/pod/box/memory.max": "max\n" }, 1000],
  [
    "a limit, of which files that were read take nothing",
    {
      ...v2,
      "sys/fs/cgroup/pod/box/memory.max": "800\n",
      "sys/fs/cgroup/pod/box/memory.current": "700\n",
      "sys/fs/cgroup/pod/box/memory.stat": "anon 500\ninactive_file 150\nactive_file 50\n",
    },
    250,
  ],
  [
    "a limit above what is free",
    { ...v2, "sys/fs/cgroup/memory.max": "5000\n", "sys/fs/cgroup/memory.current": "9\n" },
    1000,
  ],
  [
    "a limit of the group above",
    { ...v2, "sys/fs/cgroup/pod/memory.max": "300\n", "sys/fs/cgroup/pod/memory.current": "100\n" },
    200,
  ],
  [
    "more in use than the limit",
    { ...v2, "sys/fs/cgroup/memory.max": "300\n", "sys/fs/cgroup/memory.current": "301\n" },
    0,
  ],
  [
    "version 1",
    {
      ...v1,
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": "123456\n",
      "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "600\n",
      "sys/fs/cgroup/memory/box/memory.usage_in_bytes": "500\n",
      "sys/fs/cgroup/memory/box/memory.stat": "cache 99\ninactive_file 7\ntotal_inactive_file 40\n",
    },
    140,
  ],
])("%s", async (_, files, bytes) => {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  expect(availableMemory(root, 1000)).toBe(bytes);
});

test("this machine", () => {
  expect(availableMemory()).toBeGreaterThan(0);
  expect(availableMemory()).toBeLessThanOrEqual(1.2 * freemem());
});
