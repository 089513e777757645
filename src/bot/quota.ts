/** How much one person may have made: pictures a day. Remembered while the bot runs. */

const DAY = 24 * 60 * 60 * 1000;

interface Taken {
  readonly at: number;
}

export class Quota {
  private readonly taken = new Map<string, readonly Taken[]>();

  /** @param perDay pictures of one person within 24 hours */
  constructor(
    private readonly perDay: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** One more. @returns gives it back; undefined when there is none left */
  take(user: string): (() => void) | undefined {
    this.forget();
    const taken = this.taken.get(user) ?? [];
    if (taken.length >= this.perDay) return undefined;
    const picture = { at: this.now() };
    this.taken.set(user, [...taken, picture]);
    return () => this.keep(user, (each) => each !== picture);
  }

  /** Minutes until there is one again. */
  minutesUntilNext(user: string): number {
    const oldest = this.taken.get(user)?.[0]?.at ?? this.now() - DAY;
    return Math.max(1, Math.ceil((oldest + DAY - this.now()) / 60_000));
  }

  private forget(): void {
    const since = this.now() - DAY;
    for (const user of this.taken.keys()) this.keep(user, ({ at }) => at > since);
  }

  private keep(user: string, isKept: (picture: Taken) => boolean): void {
    const kept = (this.taken.get(user) ?? []).filter(isKept);
    if (kept.length > 0) this.taken.set(user, kept);
    else this.taken.delete(user);
  }
}
