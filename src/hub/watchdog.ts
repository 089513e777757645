/** A signal that aborts when the caller's does, or when next to nothing has come for a while. */
import { VqganClipError } from "../core/errors.js";
import { TransientFailure } from "./http.js";

/** Fewer bytes than these within the time are none: a server that drips is as good as silent. */
const DRIP = 1 << 14;

export class Watchdog {
  private readonly stalled = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private came = 0;
  readonly signal: AbortSignal;

  constructor(
    private readonly milliseconds: number,
    private readonly caller?: AbortSignal,
  ) {
    this.signal = caller ? AbortSignal.any([caller, this.stalled.signal]) : this.stalled.signal;
    this.wait();
  }

  /** So many bytes came. */
  feed(bytes: number): void {
    this.came += bytes;
    if (this.came >= DRIP) this.wait();
  }

  private wait(): void {
    this.came = 0;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stalled.abort(), this.milliseconds);
    this.timer.unref();
  }

  /** The error that an abort stands for; any other is given back. */
  explain(error: unknown): unknown {
    if (this.caller?.aborted) return aborted(error);
    if (this.stalled.signal.aborted) {
      const what = this.came === 0 ? "nothing" : `no more than ${this.came} bytes`;
      return new TransientFailure(`${what} came for ${this.milliseconds / 1000} s`, { cause: error });
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
