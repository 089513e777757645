/** Where a run stands, as one machine: what there is and what may follow what. Everything else is refused. */
import { VqganClipError } from "../core/errors.js";

export const runStatuses = ["queued", "loading", "running", "paused", "finished", "failed", "cancelled"] as const;
/** One of them. */
export type RunStatus = (typeof runStatuses)[number];

/** Those in which steps are taken, or will be as soon as they can. */
export const goingOn: readonly RunStatus[] = ["queued", "loading", "running"];
/** Those in which no step comes by itself, and nobody waits for one. */
export const over: readonly RunStatus[] = ["finished", "failed", "cancelled"];

const following: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  /** Asked for; nothing is compiled yet. */
  queued: ["loading", "cancelled"],
  /** Its step is being compiled. */
  loading: ["paused", "finished", "failed", "cancelled"],
  /** Somebody takes its steps. */
  running: ["paused", "finished", "failed", "cancelled"],
  /** Between two steps; an edit or other settings load it again. */
  paused: ["running", "loading", "cancelled"],
  /** All steps are done; an edit or more steps load it again. */
  finished: ["loading", "cancelled"],
  /** It ended with an error. */
  failed: [],
  /** Somebody gave it up. */
  cancelled: [],
};

/** The status of one run. */
export class RunLifecycle {
  private current: RunStatus = "queued";

  get status(): RunStatus {
    return this.current;
  }

  /** @throws BAD_ARGUMENT when `next` may not follow */
  to(next: RunStatus): void {
    const former = this.current;
    const allowed = following[former];
    if (!allowed.includes(next)) {
      throw new VqganClipError(
        "BAD_ARGUMENT",
        `run: a run that is ${former} cannot become ${next}`,
        allowed.length > 0 ? `it can become ${allowed.join(", ")}` : "open its session or create another run",
      );
    }
    this.current = next;
  }
}
