/** Control groups (v1 and v2), which give a process, and so a container, a part of its machine. Linux only. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface ControlGroup {
  readonly version: 1 | 2;
  /** Text of one of its files; empty where there is none. */
  read(name: string): string;
}

/**
 * The groups that this process is in and all above them.
 *
 * @param controller `cpu`, `memory`
 * @param root the folder that holds `proc` and `sys`
 */
export function controlGroups(controller: string, root: string): ControlGroup[] {
  const groups: ControlGroup[] = [];
  // "0::/path" is version 2; "4:cpu,cpuacct:/path" version 1's group for CPUs
  for (const [, controllers = "", path = ""] of readSmall(root, "proc/self/cgroup").matchAll(
    /^\d+:([^:\n]*):(.*)$/gm,
  )) {
    if (controllers !== "" && !controllers.split(",").includes(controller)) continue;
    const parts = path.split("/").filter((part) => part !== "" && part !== "..");
    for (let depth = parts.length; depth >= 0; depth--) {
      const group = join("sys/fs/cgroup", controllers, ...parts.slice(0, depth));
      groups.push({ version: controllers === "" ? 2 : 1, read: (name) => readSmall(root, join(group, name)) });
    }
  }
  return groups;
}

/** A small file of the system; empty where there is none. */
export function readSmall(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return "";
  }
}
