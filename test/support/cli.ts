/** Runs the real command line as a child process, compiled once as the package is. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fixturePath } from "./fixtures.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Where it is compiled to: beside dist/, so that the package's own imports and models are found from it; one for each worker. */
export const build = join(root, `.test-build-${process.pid}`);

/** For `beforeAll`; what it returns removes the build again. */
export function compileCli(): () => Promise<void> {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const options = ["-p", "tsconfig.build.json", "--noCheck", "--outDir", build]; // types have a check of their own
  execFileSync(process.execPath, [compiler, ...options], { cwd: root });
  return () => rm(build, { recursive: true, force: true });
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  /** Added to the test's own environment, or taken from it where undefined. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What is piped in; without it, stdin stays open and silent. */
  readonly input?: Uint8Array;
  /** Called with each whole line of stdout as it comes; events need `--json`. */
  readonly onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** `vqgan-clip args...`, to its end. */
export function cli(args: readonly string[], { cwd, env, input, onLine }: CliOptions = {}): Promise<Finished> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(build, "cli", "main.js"), ...args], {
      cwd: cwd ?? root,
      env: { ...process.env, ...env },
    });
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

export const cliPath = join(build, "cli", "main.js");

/** The tiny pair of models that PyTorch made, on one thread. */
export const tinyModels = ["--vqgan", fixturePath("vqgan"), "--clip", fixturePath("clip-quick-gelu"), "--threads", "1"];

/** An empty folder for one test, removed at its end. */
export async function inEmptyFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-test-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Everything in a folder, hidden files too. */
export async function listing(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}
