/** Ctrl-C of commands that run: the first time a pause between two steps, the second time the end. */
import { exitCodes } from "./exit-codes.js";

export interface Pause {
  /** Aborted once a pause was asked for. */
  readonly signal: AbortSignal;
  /** Gives the signals back to the process. */
  readonly release: () => void;
}

/** @param onPause told once, when a pause is asked for */
export function pauseOnSignals(onPause: () => void): Pause {
  const pause = new AbortController();
  const onSignal = () => {
    if (pause.signal.aborted) process.exit(exitCodes.paused);
    onPause();
    pause.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    signal: pause.signal,
    release: () => process.off("SIGINT", onSignal).off("SIGTERM", onSignal),
  };
}
