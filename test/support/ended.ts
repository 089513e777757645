/** The end of a process that a test started. */
import type { ChildProcess } from "node:child_process";

/** Sends the signal, unless it has ended before, and waits. @returns the exit code, or the signal that ended it */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  const { exitCode, signalCode } = child;
  if (exitCode !== null || signalCode !== null) return exitCode ?? signalCode;
  const end = new Promise<number | NodeJS.Signals | null>((done) => child.once("exit", (code, by) => done(code ?? by)));
  child.kill(signal);
  return end;
}
