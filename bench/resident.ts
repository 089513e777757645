/** What processes hold in memory, and whether it grows. */
import { readFileSync } from "node:fs";

/** Megabytes (of 1024 squared) that a process has in memory (Linux). */
export function residentOf(pid: number | undefined): number {
  return kilobytesOf(`${pid}`, "VmRSS") / 1024;
}

/** The most memory this process has held, as the system counts it: millions of bytes. */
export function peakMegabytes(): number {
  if (process.platform !== "linux") return (process.resourceUsage().maxRSS * 1024) / 1e6;
  return (kilobytesOf("self", "VmHWM") * 1024) / 1e6;
}

/** What the system says of a process (Linux). */
function kilobytesOf(pid: string, what: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]);
}

/** The slope of the line that fits points (x, y) best, by least squares. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  const across = points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  return across / points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
}
