/** How long steps will take, from those that were taken on this machine: arithmetic over measured speed. */
import type { Queue } from "./queue.js";
import type { SessionRecord } from "./record.js";
import type { Session } from "./session.js";

type Paced = Pick<SessionRecord, "stepFlops" | "stepSeconds">;

export class Forecast {
  /** Operations a second of the session that took a step last. */
  private speed: number | undefined;

  /** @param records what was measured before */
  constructor(
    private readonly queue: Queue,
    records: readonly SessionRecord[],
  ) {
    const measured = records.filter(({ stepSeconds }) => stepSeconds !== undefined);
    for (const record of measured.sort((a, b) => (a.updatedAt < b.updatedAt ? -1 : 1))) this.learn(record);
  }

  /** A session has taken a step. */
  learn({ stepFlops, stepSeconds }: Paced): void {
    if (stepFlops && stepSeconds) this.speed = stepFlops / stepSeconds;
  }

  /** Seconds that a step takes; null where that is not known. */
  stepSeconds({ stepFlops, stepSeconds }: Paced): number | null {
    return stepSeconds ?? (stepFlops && this.speed ? stepFlops / this.speed : null);
  }

  /** Seconds before a session's turn, or before that of one that would come last; null where they are not known. */
  secondsAhead(session?: Session): number | null {
    const { active, all } = this.queue;
    const position = session && this.queue.positionOf(session);
    const ahead = [...(active ? [active] : []), ...all.slice(0, position ? position - 1 : undefined)];
    let seconds = 0;
    for (const { record } of ahead) {
      const each = this.stepSeconds(record);
      if (each === null) return null;
      seconds += Math.max(0, record.steps - record.step) * each;
    }
    return Math.round(seconds * 10) / 10;
  }
}
