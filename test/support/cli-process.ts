/** Runs the real command line as a child process, compiled as the package is: for what concerns the process itself, its signals, streams and end. */
import { execFileSync, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finished, Surroundings } from "./cli.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Where it is compiled to: beside dist/, so that the package's own imports and models are found from it; one for a run of the tests. */
export const build = process.env.VQGAN_CLIP_TEST_BUILD ?? join(root, `.test-build-${process.pid}`);
export const cliPath = join(build, "cli", "main.js");

/** What it returns removes the build again. Tests need not call it: it is done once for all of them (`compile-once.ts`). */
export function compileCli(): () => Promise<void> {
  execFileSync(process.execPath, [join(root, "tools", "bundle.js"), build]);
  return () => rm(build, { recursive: true, force: true });
}

export interface ProcessOptions extends Surroundings {
  /** What is piped in; without it, stdin stays open and silent. */
  readonly input?: Uint8Array;
  /** Called with each whole line of stdout as it comes; events need `--json`. */
  readonly onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** `vqgan-clip args...`, to its end. */
export function cliProcess(
  args: readonly string[],
  { cwd, env, input, onLine }: ProcessOptions = {},
): Promise<Finished & { readonly signal: NodeJS.Signals | null }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [cliPath, ...args], { cwd: cwd ?? root, env: { ...process.env, ...env } });
    const parts: Buffer[] = [];
    let stderr = "";
    let rest = "";
    child.stdout.on("data", (part: Buffer) => {
      parts.push(part);
      if (!onLine) return;
      const lines = (rest + part.toString()).split("\n");
      rest = lines.pop() as string;
      for (const line of lines) onLine(line, (signal) => child.kill(signal));
    });
    child.stderr.on("data", (part: Buffer) => {
      stderr += part.toString();
    });
    if (input) child.stdin.on("error", () => {}).end(input); // a child that refuses early closes it
    child.on("error", failed);
    child.on("close", (code, signal) => done({ code, signal, stdout: Buffer.concat(parts), stderr }));
  });
}
