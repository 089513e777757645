/** What happened, numbered: the last events are kept, so that a client that was away hears what it missed. */

export interface LoggedEvent {
  /** Rising, over restarts of the server too. */
  readonly id: number;
  readonly type: string;
  readonly data: unknown;
}

const KEPT = 1000;

export class EventLog {
  private readonly events: LoggedEvent[] = [];
  private readonly listeners = new Set<(event: LoggedEvent) => void>();
  /** Milliseconds times 1000: no former server has come so far. */
  private latest = Date.now() * 1000;

  /** Of the event that came last. */
  get lastId(): number {
    return this.latest;
  }

  publish(type: string, data: unknown): void {
    const event = { id: ++this.latest, type, data };
    this.events.push(event);
    if (this.events.length > KEPT) this.events.shift();
    for (const listener of this.listeners) listener(event);
  }

  /** Those after an id that are still kept. */
  after(id: number): readonly LoggedEvent[] {
    return this.events.filter((event) => event.id > id);
  }

  /** @returns ends it */
  subscribe(listener: (event: LoggedEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
