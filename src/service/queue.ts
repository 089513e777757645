/** Who waits for the engine, in which order. */
import type { Session } from "./session.js";

export class Queue {
  private readonly waiting: Session[] = [];

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** From the first to the last. */
  get all(): readonly Session[] {
    return this.waiting;
  }

  /** 1 for the next; null when it does not wait. */
  positionOf(session: Session): number | null {
    const at = this.waiting.indexOf(session);
    return at < 0 ? null : at + 1;
  }

  /** Behind all others, unless it waits already. */
  add(session: Session): void {
    if (!this.waiting.includes(session)) this.waiting.push(session);
  }

  next(): Session | undefined {
    return this.waiting.shift();
  }

  /** @returns those that waited behind it */
  remove(session: Session): readonly Session[] {
    const at = this.waiting.indexOf(session);
    if (at < 0) return [];
    this.waiting.splice(at, 1);
    return this.waiting.slice(at);
  }
}
