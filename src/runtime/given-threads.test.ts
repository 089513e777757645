import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { givenThreads } from "./given-threads.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "machine-"));
});
afterEach(() => rm(root, { recursive: true }));

/** A machine of eight CPUs on four cores, of which the process may use some. */
async function machine(allowed: string, files: Readonly<Record<string, string>>): Promise<void> {
  const all: Record<string, string> = { "proc/self/status": `Name:\tnode\nCpus_allowed_list:\t${allowed}\n`, ...files };
  for (let cpu = 0; cpu < 8; cpu++) {
    all[`sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`] = `${cpu % 4},${(cpu % 4) + 4}\n`;
  }
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

const v2 = { "proc/self/cgroup": "0::/pod/box\n" };
const v1 = { "proc/self/cgroup": "5:memory:/pod\n4:cpu,cpuacct:/pod\n1:name=systemd:/\n0::/\n" };

test.each<[string, string, Record<string, string>, number]>([
  ["all cores", "0-7", {}, 4],
  ["affinity to two CPUs of one core", "0,4", {}, 1],
  ["affinity to three cores", "0-2,4", {}, 3],
  ["no quota", "0-7", { ...v2, "sys/fs/cgroup/pod/box/cpu.max": "max 100000\n" }, 4],
  ["a quota", "0-7", { ...v2, "sys/fs/cgroup/pod/box/cpu.max": "200000 100000\n" }, 2],
  ["a quota of the group above", "0-7", { ...v2, "sys/fs/cgroup/pod/cpu.max": "300000 100000\n" }, 3],
  ["a container that sees its own group alone", "0-7", { ...v2, "sys/fs/cgroup/cpu.max": "100000 50000\n" }, 2],
  ["a part of a CPU", "0-7", { ...v2, "sys/fs/cgroup/cpu.max": "50000 100000\n" }, 1],
  [
    "version 1",
    "0-7",
    {
      ...v1,
      "sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us": "290000\n",
      "sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    },
    2,
  ],
])("%s", async (_, allowed, files, threads) => {
  await machine(allowed, files);
  expect(givenThreads(root)).toBe(threads);
});

test("a system that does not tell leaves it to the engine", () => expect(givenThreads(root)).toBe(undefined));

test("this machine", () => {
  const threads = givenThreads() ?? 1; // told on Linux alone
  expect(threads).toBeGreaterThanOrEqual(1);
  expect(threads).toBeLessThanOrEqual(availableParallelism());
});
