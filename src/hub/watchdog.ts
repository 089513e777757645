/** A signal that aborts when the caller's does, or when nothing has moved for a while. */
import { VqganClipError } from "../core/errors.js";
import { TransientFailure } from "./http.js";

export class Watchdog {
  private readonly stalled = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal;

  constructor(
    private readonly milliseconds: number,
    private readonly caller?: AbortSignal,
  ) {
    this.signal = caller ? AbortSignal.any([caller, this.stalled.signal]) : this.stalled.signal;
    this.feed();
  }

  /** Something moved. */
  feed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stalled.abort(), this.milliseconds);
    this.timer.unref();
  }

  /** The error that an abort stands for; any other is given back. */
  explain(error: unknown): unknown {
    if (this.caller?.aborted) return aborted(error);
    if (this.stalled.signal.aborted) {
      return new TransientFailure(`nothing came for ${this.milliseconds / 1000} s`, { cause: error });
    }
    return error;
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

export function aborted(cause?: unknown): VqganClipError {
  return new VqganClipError(
    "ABORTED",
    "the download was stopped; what has come is kept",
    "the same command goes on from there",
    { cause },
  );
}
