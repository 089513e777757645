/** How many threads the machine gives this process, which may be less than it has: affinity and a container's quota. Node only. */
import { controlGroups, readSmall } from "./control-groups.js";

/**
 * The physical cores that this process may run on, and no more than whole CPUs of its control group's quota (v1 or v2),
 * at least 1. Threads beyond either wait for each other: the engine's own would be as many as the host has cores.
 *
 * @param root the folder that holds `proc` and `sys`
 * @returns undefined where the system does not tell (only Linux does), so that the engine decides
 */
export function givenThreads(root = "/"): number | undefined {
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readSmall(root, "proc/self/status"))?.[1];
  if (allowed === undefined) return undefined;
  // Two CPUs of one core name each other as siblings.
  const cores = new Set(
    cpusIn(allowed).map((cpu) => {
      const siblings = readSmall(root, `sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`).trim();
      return siblings || String(cpu);
    }),
  );
  return Math.max(1, Math.floor(Math.min(cores.size, quota(root))));
}

/** CPUs' worth of time, the least of the process' control group and those above it. */
function quota(root: string): number {
  const quotas = controlGroups("cpu", root).map(({ version, read }) => {
    const limit =
      version === 2
        ? read("cpu.max") // "150000 100000" or "max 100000"
        : `${read("cpu.cfs_quota_us")} ${read("cpu.cfs_period_us")}`; // or -1
    const [time = Number.NaN, period = Number.NaN] = limit.trim().split(/\s+/).map(Number);
    return time > 0 && period > 0 ? time / period : Number.POSITIVE_INFINITY;
  });
  return Math.min(...quotas);
}

/** "0-2,5": 0, 1, 2, 5 */
function cpusIn(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
