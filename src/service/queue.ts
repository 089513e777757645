/** Who has the engine, and who waits for it: owners take turns, the sessions of each in the order they came. */
import type { Line } from "./line.js";
import type { Session } from "./session.js";

type Owner = string | undefined;

export class Queue implements Line {
  readonly engines = 1;
  /** The one that has the engine. */
  active: Session | undefined;
  private readonly waiting: Session[] = [];
  private turns = 0;
  /** The number of each owner's last turn. */
  private readonly served = new Map<Owner, number>();

  get running(): readonly Session[] {
    return this.active ? [this.active] : [];
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** From the first to the last. */
  get all(): readonly Session[] {
    const rounds = new Map<Owner, number>();
    const places = this.waiting.map((session) => {
      const { owner } = session.record;
      const round = rounds.get(owner) ?? 0;
      rounds.set(owner, round + 1);
      return { session, round, turn: this.served.get(owner) ?? 0 };
    });
    return places.sort((a, b) => a.round - b.round || a.turn - b.turn).map(({ session }) => session);
  }

  /** 1 for the next; null when it does not wait. */
  positionOf(session: Session): number | null {
    const at = this.all.indexOf(session);
    return at < 0 ? null : at + 1;
  }

  /** Behind all others of its owner, unless it waits already. */
  add(session: Session): void {
    if (!this.waiting.includes(session)) this.waiting.push(session);
  }

  /** The first one, which has the engine from now on; undefined when nobody waits. */
  next(): Session | undefined {
    this.active = this.all[0];
    if (!this.active) return undefined;
    this.waiting.splice(this.waiting.indexOf(this.active), 1);
    this.served.set(this.active.record.owner, ++this.turns);
    return this.active;
  }

  /** It waits no more. @returns those whose place may be another one now */
  remove(session: Session): readonly Session[] {
    const at = this.waiting.indexOf(session);
    if (at < 0) return [];
    this.waiting.splice(at, 1);
    return this.all;
  }
}
