/** Runs the fuzz suite in a process of its own, in an empty folder, and watches it: hangs and crashes are told too. */
import { fork } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Message, Order } from "./child.js";

export interface Failure {
  readonly label: string;
  readonly what: string;
}

export interface FuzzReport {
  readonly inputs: number;
  /** Of these, how many were no error. */
  readonly read: number;
  readonly peakBytes: number;
  readonly failures: readonly Failure[];
  /** Files that appeared where nothing should be written. */
  readonly written: readonly string[];
}

/** Longer than any input may take on a busy machine. */
const HANG = 60_000;
const child = fileURLToPath(new URL("child.ts", import.meta.url));

/** @param onProgress called with the number of each input as it begins */
export async function fuzz(order: Order, onProgress?: (number: number) => void): Promise<FuzzReport> {
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-fuzz-"));
  try {
    let report: FuzzReport = { inputs: 0, read: 0, peakBytes: 0, failures: [], written: [] };
    let rest = order;
    for (let isOver = false; !isOver; ) {
      const part = await onePart(rest, folder, onProgress);
      report = {
        inputs: report.inputs + part.inputs,
        read: report.read + part.read,
        peakBytes: Math.max(report.peakBytes, part.peakBytes),
        failures: [...report.failures, ...part.failures],
        written: await readdir(folder, { recursive: true }),
      };
      // After a crash or a hang it goes on behind the input that did it; a known input ends it.
      isOver = part.isDone || part.last < 0;
      rest = { ...order, first: part.last + 1, count: order.first + order.count - part.last - 1 };
    }
    return report;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Part extends Omit<FuzzReport, "written"> {
  readonly isDone: boolean;
  /** The number of the last input that began. */
  readonly last: number;
}

function onePart(order: Order, folder: string, onProgress?: (number: number) => void): Promise<Part> {
  const failures: Failure[] = [];
  let begun = { label: "the start", number: -1 };
  let inputs = 0;
  let done: Extract<Message, { kind: "done" }> | undefined;
  let hung = false;
  const process_ = fork(child, [JSON.stringify(order)], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, TSX_DISABLE_CACHE: "1" },
    execArgv: ["--import", import.meta.resolve("tsx"), "--max-old-space-size=900"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaint = "";
  process_.stderr?.on("data", (part: Buffer) => {
    complaint = (complaint + part.toString()).slice(-2000);
  });
  const hang = () => {
    hung = true;
    process_.kill("SIGKILL");
  };
  let watch = setTimeout(hang, 4 * HANG); // its start takes longer
  process_.on("message", (message: Message) => {
    clearTimeout(watch);
    if (message.kind === "done") done = message;
    else watch = setTimeout(hang, HANG);
    if (message.kind === "begins") {
      begun = message;
      inputs++;
      onProgress?.(message.number);
    } else if (message.kind === "fails") {
      failures.push({ label: message.label, what: message.what });
    }
  });
  return new Promise((finished, failed) => {
    process_.on("error", failed);
    process_.on("close", (code, signal) => {
      clearTimeout(watch);
      if (!done) {
        const what = hung ? `hung for ${HANG / 1000} s` : `ended the process (${signal ?? code}): ${complaint}`;
        failures.push({ label: begun.label, what });
      }
      const { read = 0, peakBytes = 0 } = done ?? {};
      finished({ inputs, read, peakBytes, failures, isDone: done !== undefined, last: begun.number });
    });
  });
}
