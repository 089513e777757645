/** Who has the engine, and who waits for it: the urgent first (`rankOf`), among them owners take turns, the sessions of each in their order. */
import type { Line } from "./line.js";
import { rankOf } from "./priority.js";
import type { Session } from "./session.js";

type Owner = string | undefined;

export class Queue implements Line {
  readonly engines = 1;
  /** The one that has the engine. */
  active: Session | undefined;
  /** When each came that waits, in their order. */
  private readonly waiting = new Map<Session, number>();
  private turns = 0;
  /** The number of each owner's last turn. */
  private readonly served = new Map<Owner, number>();

  /** @param now milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  get running(): readonly Session[] {
    return this.active ? [this.active] : [];
  }

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** From the first to the last. */
  get all(): readonly Session[] {
    const now = this.now();
    const ranked = [...this.waiting].map(([session, since]) => ({
      session,
      ...rankOf(session.record.priority, now - since),
    }));
    const rounds = new Map<string, number>();
    const places = ranked
      .sort((a, b) => a.rank - b.rank || b.for - a.for)
      .map(({ session, rank }) => {
        const { owner } = session.record;
        const key = `${rank} ${owner ?? ""}`;
        const round = rounds.get(key) ?? 0;
        rounds.set(key, round + 1);
        return { session, rank, round, turn: this.served.get(owner) ?? 0 };
      });
    return places.sort((a, b) => a.rank - b.rank || a.round - b.round || a.turn - b.turn).map(({ session }) => session);
  }

  /** 1 for the next; null when it does not wait. */
  positionOf(session: Session): number | null {
    const at = this.all.indexOf(session);
    return at < 0 ? null : at + 1;
  }

  /** Behind all others of its owner that are as urgent, unless it waits already. */
  add(session: Session): void {
    if (!this.waiting.has(session)) this.waiting.set(session, this.now());
  }

  /** The first one, which has the engine from now on; undefined when nobody waits. */
  next(): Session | undefined {
    this.active = this.all[0];
    if (!this.active) return undefined;
    this.waiting.delete(this.active);
    this.served.set(this.active.record.owner, ++this.turns);
    return this.active;
  }

  /** It waits no more. @returns those whose place may be another one now */
  remove(session: Session): readonly Session[] {
    return this.waiting.delete(session) ? this.all : [];
  }
}
