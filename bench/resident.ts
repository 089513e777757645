/** What processes hold in memory, and whether it grows. */
import { readFileSync } from "node:fs";

/** Megabytes that a process has in memory (Linux). */
export function residentOf(pid: number | undefined): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

/** The slope of the line that fits points (x, y) best, by least squares. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  const across = points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  return across / points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
}
