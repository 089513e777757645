/** Who has an engine and who waits for one, as far as it is told; and the one way to have steps taken. */
import type { Session } from "./session.js";

export interface Line {
  /** Those that have an engine. */
  readonly running: readonly Session[];
  /** Those that wait, from the first to the last. */
  readonly all: readonly Session[];
  /** How many can run at once. */
  readonly engines: number;
  /** 1 for the next; null when it does not wait. */
  positionOf(session: Session): number | null;
}

export interface Turns {
  /** The session goes on when its turn comes; at once, where it has an engine. */
  enqueue(session: Session): void;
  /** The session is to rest: out of the line, and after the step that is being taken. */
  withdraw(session: Session): void;
  /** Ends after the step that is being taken; what waited goes on when somebody opens the store again. */
  close(): Promise<void>;
}
