/** stdout and stderr may be lost while a run works: a reader leaves, a disk fills up. The run and its files go on. */
import { VqganClipError } from "../core/errors.js";
import { exitCodes } from "./exit-codes.js";
import { remark } from "./terminal.js";

let lost: NodeJS.ErrnoException | undefined;
let isTold = false;

/** For the program's start: a lost stdout costs one line at the end, a lost stderr nothing. */
export function outliveStreams(): void {
  process.stdout.on("error", (error) => {
    lost ??= error;
  });
  process.stderr.on("error", () => undefined); // nobody is left to be told
  process.on("exit", (code) => {
    if (lost === undefined || isTold) return;
    remark(`vqgan-clip: stdout could not be written to the end: ${reasonOf(lost)}`);
    if (code === exitCodes.ok && lost.code !== "EPIPE") process.exitCode = exitCodes.failure;
  });
}

/** Whether nothing that is written to stdout arrives any more. */
export function isStdoutLost(): boolean {
  return lost !== undefined;
}

/** @throws IO_FAILED when the bytes do not all arrive */
export function writeToStdout(bytes: Uint8Array): Promise<void> {
  return new Promise((done, failed) => {
    process.stdout.write(bytes, (cause) => {
      if (!cause) return done();
      isTold = true;
      failed(new VqganClipError("IO_FAILED", `cannot write to stdout: ${reasonOf(cause)}`, undefined, { cause }));
    });
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EPIPE") return "its reader has gone";
  return code === "ENOSPC" ? "the disk is full" : message;
}
