/** How much one person may have made: pictures a day. Remembered while the bot runs. */

const DAY = 24 * 60 * 60 * 1000;

export class Quota {
  private readonly taken = new Map<string, number[]>();

  /** @param perDay pictures of one person within 24 hours */
  constructor(
    private readonly perDay: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** One more. @returns gives it back; undefined when there is none left */
  take(user: string): (() => void) | undefined {
    this.forget();
    const times = this.taken.get(user) ?? [];
    if (times.length >= this.perDay) return undefined;
    const time = this.now();
    times.push(time);
    this.taken.set(user, times);
    return () => void times.splice(times.indexOf(time), 1);
  }

  /** Minutes until there is one again. */
  minutesUntilNext(user: string): number {
    const oldest = this.taken.get(user)?.[0] ?? this.now() - DAY;
    return Math.max(1, Math.ceil((oldest + DAY - this.now()) / 60_000));
  }

  private forget(): void {
    const since = this.now() - DAY;
    for (const [user, times] of this.taken) {
      const kept = times.filter((time) => time > since);
      if (kept.length === 0) this.taken.delete(user);
      else if (kept.length < times.length) this.taken.set(user, kept);
    }
  }
}
