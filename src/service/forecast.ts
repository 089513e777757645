/** How long steps will take, from those that were taken on this machine: arithmetic over measured speed. */
import type { Line } from "./line.js";
import type { SessionRecord } from "./record.js";
import type { Session } from "./session.js";

type Paced = Pick<SessionRecord, "stepFlops" | "stepSeconds">;

export class Forecast {
  /** Operations a second of the session that took a step last. */
  private speed: number | undefined;

  /** @param records what was measured before */
  constructor(
    private readonly line: Line,
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
    const { running, all, engines } = this.line;
    const position = session && this.line.positionOf(session);
    const ahead = [...running, ...all.slice(0, position ? position - 1 : undefined)];
    const seconds = ahead.map((each) => this.secondsLeft(each));
    if (seconds.includes(null)) return null;
    const sum = seconds.reduce<number>((all, each) => all + (each as number), 0);
    return Math.round((sum / Math.max(1, engines)) * 10) / 10;
  }

  /** Seconds that a session's remaining steps take; null where that is not known. */
  secondsLeft({ record }: Session): number | null {
    const each = this.stepSeconds(record);
    return each === null ? null : Math.max(0, record.steps - record.step) * each;
  }
}
