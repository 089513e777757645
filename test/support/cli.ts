/** Runs the command line in the test's own process, which has the modules and the engine already: for what a command makes and says. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixturePath } from "./fixtures.js";

export interface Finished {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd?: string;
  /** Added to the test's own environment, or taken from it where undefined. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

let last: Promise<unknown> = Promise.resolve();

/** `vqgan-clip args...`, to its end; several at once wait for one another. Nothing can be piped in: `cli-process.ts` can. */
export function cli(args: readonly string[], surroundings: Surroundings = {}): Promise<Finished> {
  const mine = last.then(() => inPlaceOf(args, surroundings));
  last = mine.catch(() => undefined);
  return mine;
}

/** With this process's arguments, folder, environment and streams being the command's. */
async function inPlaceOf(args: readonly string[], { cwd, env = {} }: Surroundings): Promise<Finished> {
  const { runCommandLine } = await import("../../src/cli/command-line.js"); // not for those who only want a folder
  const [stdout, stderr] = [caught(process.stdout), caught(process.stderr)];
  const listeners = process.rawListeners("exit");
  const former = { argv: process.argv, cwd: process.cwd(), env: pick(process.env, Object.keys(env)) };
  try {
    process.argv = [process.execPath, "vqgan-clip", ...args];
    if (cwd !== undefined) process.chdir(cwd);
    setVariables(env);
    const code = await runCommandLine(args);
    return { code, stdout: stdout.bytes(), stderr: stderr.bytes().toString() };
  } finally {
    atExit(listeners);
    process.argv = former.argv;
    process.chdir(former.cwd);
    setVariables(former.env);
    for (const stream of [stdout, stderr]) stream.release();
  }
}

/** What the command would do at its process's end, such as letting go of the names it has taken. */
function atExit(former: readonly unknown[]): void {
  for (const listener of process.rawListeners("exit").filter((each) => !former.includes(each))) {
    process.off("exit", listener as () => void);
    listener.call(process, 0);
  }
}

/** Keeps what is written to a stream, which gets none of it. */
function caught(stream: NodeJS.WriteStream): { readonly bytes: () => Buffer; readonly release: () => void } {
  const parts: Buffer[] = [];
  const { write } = stream;
  stream.write = (part: string | Uint8Array, ...rest: unknown[]) => {
    parts.push(Buffer.from(part as string));
    const written = rest.find((each) => typeof each === "function") as (() => void) | undefined;
    if (written) queueMicrotask(written);
    return true;
  };
  return {
    bytes: () => Buffer.concat(parts),
    release: () => {
      stream.write = write;
    },
  };
}

function pick(from: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

function setVariables(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

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
