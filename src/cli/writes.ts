/** Files that are written each for itself: one that cannot be costs no other, and fails the command at its end. */
import { VqganClipError } from "../core/errors.js";
import type { Reporter } from "./reporter.js";

export class Writes {
  private first: VqganClipError | undefined;

  constructor(private readonly reporter: Reporter) {}

  /** @returns whether it was written; what is no failure of writing is thrown */
  async attempt(write: () => Promise<unknown>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      const failure = writeFailure(error);
      if (this.first) this.reporter.say(`note: ${failureText(failure)}`);
      this.first ??= failure;
      return false;
    }
  }

  /** @throws IO_FAILED: the first failure; later ones were said as they came */
  settle(): void {
    if (this.first) throw this.first;
  }
}

/** The error, when it is one of writing. @throws it otherwise */
export function writeFailure(error: unknown): VqganClipError {
  if (error instanceof VqganClipError && error.code === "IO_FAILED") return error;
  throw error;
}

export function failureText({ message, hint }: VqganClipError): string {
  return hint === undefined ? message : `${message} (${hint})`;
}
