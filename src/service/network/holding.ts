/** Having a session: nobody else touches it meanwhile, its files are one's own, and what happens to it is told to all. */
import { parseRecord } from "../record.js";
import { Session } from "../session.js";
import type { Sessions } from "../sessions.js";
import type { SharedStore } from "../shared-store.js";
import type { Leases } from "./leases.js";
import type { NewsStream } from "./news.js";

/** A session that this process has. */
export interface Held {
  readonly session: Session;
  /** How often it was taken over so far. */
  readonly epoch: number;
  /** Whether its file can be read. */
  readonly isWhole: boolean;
  /** Of the last message that was told of it. */
  readonly number: () => number;
  /** Others' work on it meanwhile. */
  readonly guests: Set<Promise<unknown>>;
}

export class Holding {
  private readonly held = new Map<string, Held>();

  /** @param forgets whether sessions are known only as long as one has them */
  constructor(
    private readonly sessions: Sessions,
    private readonly store: SharedStore,
    private readonly leases: Leases,
    private readonly news: NewsStream,
    private readonly forgets: boolean,
  ) {}

  /** Whether this process has it now. */
  has(id: string): boolean {
    return this.held.has(id);
  }

  /** Does `work` too while this process has the session; undefined when it has it not. */
  joining<Result>(id: string, work: (held: Held) => Promise<Result>): Promise<Result> | undefined {
    const held = this.held.get(id);
    if (!held) return undefined;
    const working = work(held);
    const guest: Promise<unknown> = working.catch(() => undefined).then(() => held.guests.delete(guest));
    held.guests.add(guest);
    return working;
  }

  /**
   * Does `work` while one has the session.
   *
   * @returns undefined when another has it
   * @throws NOT_FOUND, BAD_FILE when its record is damaged; what `work` throws
   */
  async having<Result>(
    id: string,
    work: (held: Held) => Promise<Result>,
  ): Promise<{ readonly value: Result; readonly session: Session } | undefined> {
    const onLost = () => {
      const session = this.held.get(id)?.session;
      if (session) session.wanted = false;
    };
    if (!(await this.leases.take(id, onLost))) return undefined;
    try {
      const epoch = await this.store.claim(id);
      const session = await this.read(id);
      const isWhole = await session.followFile(this.store).then(
        () => true,
        () => false,
      );
      const telling = this.tell(session, epoch);
      const held = { session, epoch, isWhole, number: telling.number, guests: new Set<Promise<unknown>>() };
      this.held.set(id, held);
      try {
        return { value: await work(held), session };
      } finally {
        this.held.delete(id);
        await Promise.all(held.guests);
        telling.end();
        await this.sessions.runs.drop(session);
        if (this.forgets) this.sessions.forget(session);
      }
    } finally {
      this.store.release(id);
      await this.leases.release(id);
    }
  }

  private async read(id: string): Promise<Session> {
    const json = await this.store.read(id, "record.json");
    const record = parseRecord(Buffer.from(json ?? "").toString("utf8"));
    const known = this.sessions.has(id) ? this.sessions.find(id) : new Session(record);
    known.mirror(record);
    this.sessions.add(known);
    return known;
  }

  private tell(session: Session, epoch: number) {
    let number = 0;
    const end = session.events.subscribe(({ type, data }) => {
      if (type === "error") return; // the state says it
      const told = type === "state" ? session.record : data;
      this.news.tell({ from: this.leases.self, session: session.id, epoch, number: ++number, type, data: told });
    });
    return { end, number: () => number };
  }
}
