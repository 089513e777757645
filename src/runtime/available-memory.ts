/** How much memory is left for this process, which may be less than the machine has: a container's limit. Node only. */
import { freemem } from "node:os";
import { controlGroups } from "./control-groups.js";

/**
 * Bytes that are free, and no more than the limits of the process' control groups leave. Of what a group uses, files that were
 * read and rest in memory are not counted: the system gives them up when memory is asked for.
 *
 * @param root the folder that holds `proc` and `sys`
 * @param free bytes that the machine has free
 */
export function availableMemory(root = "/", free = freemem()): number {
  const left = controlGroups("memory", root).map(({ version, read }) => {
    const [limit, used, cached] =
      version === 2
        ? [read("memory.max"), read("memory.current"), /^inactive_file (\d+)/m] // "max" where there is none
        : [read("memory.limit_in_bytes"), read("memory.usage_in_bytes"), /^total_inactive_file (\d+)/m];
    if (!/^\d+\s*$/.test(limit)) return Number.POSITIVE_INFINITY;
    return Number(limit) - Number(used) + Number(cached.exec(read("memory.stat"))?.[1] ?? 0);
  });
  return Math.max(0, Math.min(free, ...left));
}
