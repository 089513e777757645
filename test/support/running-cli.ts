/** A command of the real command line that goes on until it is ended: a server, a worker, a bot. */
import { type ChildProcess, spawn } from "node:child_process";
import { cliPath } from "./cli-process.js";
import { ended } from "./ended.js";

export class RunningCli {
  private constructor(
    readonly child: ChildProcess,
    /** What its first words on stdout said. */
    readonly said: RegExpExecArray,
    /** What it said on stderr so far. */
    readonly remarks: () => string,
  ) {}

  /** Starts it and waits until what it says on stdout matches `ready`. @param script of the command line (default: as the tests compiled it) */
  static start(
    args: readonly string[],
    ready: RegExp,
    env: Readonly<Record<string, string>> = {},
    script = cliPath,
  ): Promise<RunningCli> {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    let [said, remarks] = ["", ""];
    child.stderr.on("data", (part: Buffer) => {
      remarks += part;
    });
    return new Promise((done, failed) => {
      child.on("exit", (code, signal) => failed(new Error(`${args[0]}: exit code ${code ?? signal}: ${remarks}`)));
      child.stdout.on("data", (part: Buffer) => {
        said += part;
        const match = ready.exec(said);
        if (match) done(new RunningCli(child, match, () => remarks));
      });
    });
  }

  /** @returns the exit code, or the signal that ended it */
  async end(signal: NodeJS.Signals = "SIGINT"): Promise<number | NodeJS.Signals | null> {
    return ended(this.child, signal);
  }
}
