/** Ctrl-C, and the other wishes to end, of commands that run: a pause between two steps. Ctrl-C once more is the end. */
import { exitCodes } from "./exit-codes.js";

export interface Pause {
  /** Aborted once a pause was asked for. */
  readonly signal: AbortSignal;
  /** Gives the signals back to the process. */
  readonly release: () => void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @param onPause told once, when a pause is asked for */
export function pauseOnSignals(onPause: () => void): Pause {
  const pause = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (pause.signal.aborted) {
      if (name !== "SIGHUP") process.exit(exitCodes.paused); // a terminal that closes may say so several times
      return;
    }
    pause.abort();
    onPause();
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: pause.signal,
    release: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
