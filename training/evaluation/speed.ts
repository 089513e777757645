/** One picture by the built command line in a process of its own: time from start to PNG, steps a second, peak memory. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

export interface Speed {
  readonly seconds: number;
  readonly steps: number;
  /** Of the steps alone, after the first. */
  readonly stepsPerSecond: number;
  /** Undefined where the system does not tell (other than Linux). */
  readonly peakMegabytes?: number;
  readonly machine: string;
  /** Processes that waited for a core before the start: what else the machine did. */
  readonly load: number;
}

/** @param flags of `generate`, after the prompt; the PNG goes to `png` */
export async function measureSpeed(cli: string, prompt: string, png: string, flags: readonly string[]): Promise<Speed> {
  const load = loadavg()[0] ?? 0;
  const began = performance.now();
  const args = [cli, "generate", prompt, "--seed", "0", "-o", png, "--json", ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let peakMegabytes: number | undefined;
  const watch = setInterval(() => {
    peakMegabytes = peakOf(child.pid) ?? peakMegabytes;
  }, 20);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  const seconds = (performance.now() - began) / 1000;
  clearInterval(watch);
  if (code !== 0) throw new Error(`generate ended with ${code}`);
  const events = output.split("\n").filter(Boolean).map((line) => JSON.parse(line) as { type: string; seconds: number }); // biome-ignore format: one thought
  const steps = events.filter(({ type }) => type === "step");
  const later = steps.slice(1).reduce((sum, step) => sum + step.seconds, 0);
  return {
    seconds,
    steps: steps.length,
    stepsPerSecond: (steps.length - 1) / later,
    ...(peakMegabytes !== undefined && { peakMegabytes }),
    machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}`,
    load,
  };
}

/** The most memory a process has held so far, as Linux counts it. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    const found = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found ? (Number(found[1]) * 1024) / 1e6 : undefined;
  } catch {
    return undefined; // no such process any more, or no such system
  }
}
