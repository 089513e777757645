/** The sessions that are served, and the one way to touch one: between two of its steps. */
import type { Admission } from "./admission.js";
import { Refusal } from "./errors.js";
import type { Keeper } from "./keeper.js";
import type { Turns } from "./line.js";
import type { Platform, SessionStore } from "./platform.js";
import type { Runs } from "./runs.js";
import type { Session } from "./session.js";
import type { SessionView } from "./views.js";

export class Sessions {
  private readonly byId = new Map<string, Session>();

  constructor(
    readonly platform: Platform,
    readonly keeper: Keeper,
    readonly runs: Runs,
    readonly turns: Turns,
    readonly admission: Admission,
  ) {}

  get store(): SessionStore {
    return this.platform.store;
  }

  get all(): readonly Session[] {
    return [...this.byId.values()];
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  /** @throws NOT_FOUND */
  find(id: string): Session {
    const session = this.byId.get(id);
    if (!session) throw new Refusal("NOT_FOUND", "there is no such session", "it may be in the bin: restore it");
    return session;
  }

  add(session: Session): void {
    this.byId.set(session.id, session);
  }

  forget({ id }: Session): void {
    this.byId.delete(id);
  }

  /** It waits for its turn, or goes on; written down first, so that it does so whatever ends this process. @throws IO_FAILED */
  async goOn(session: Session): Promise<void> {
    const { status, error } = session.record;
    session.falls = 0;
    if (status !== "running" && status !== "loading") {
      session.become("queued");
      try {
        await this.keeper.save(session);
      } catch (failed) {
        session.become(status, error);
        throw failed;
      }
    }
    this.turns.enqueue(session);
    this.keeper.tell(session);
  }

  /** Something between two steps. @throws NOT_FOUND */
  async interrupting<Result>(id: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = this.find(id);
    session.interruptions++;
    return session.exclusive(async () => {
      session.interruptions--;
      return work(this.find(id)); // it may have been deleted meanwhile
    });
  }

  /** A command between two steps; its end is told. @throws NOT_FOUND */
  async atRest(id: string, work: (session: Session) => Promise<void>): Promise<SessionView> {
    return this.interrupting(id, async (session) => {
      await work(session);
      if (this.has(id)) this.keeper.tell(session);
      return this.keeper.view(session);
    });
  }
}

/** @param hint what would work @throws CONFLICT when it is in one of the statuses */
export function refuseWhen({ record }: Session, statuses: readonly string[], verb: string, hint?: string): void {
  if (statuses.includes(record.status)) throw new Refusal("CONFLICT", `${verb}: the session is ${record.status}`, hint);
}

/** @throws CONFLICT before its first step */
export function refuseUnbegun({ record }: Session): void {
  if (record.nodes.length === 0) {
    throw new Refusal("CONFLICT", "the session has not begun: there is no picture yet", "wait for its first step");
  }
}
