/** Commands go to whoever has the session; to one that nobody has, what needs an engine is done by any worker, all else here. */
import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "../errors.js";
import type { SessionRecord } from "../record.js";
import type { Session } from "../session.js";
import type { Sessions } from "../sessions.js";
import { ANYBODY, type Call, type Calls, type Outcome } from "./calls.js";
import type { Crew } from "./crew.js";
import type { Holding } from "./holding.js";
import type { JobLine } from "./job-line.js";
import type { Leases } from "./leases.js";
import type { Mirror } from "./mirror.js";

/** Tries to find whoever has a session, and milliseconds between them. */
const [TRIES, BETWEEN] = [200, 100] as const;

/** A command that changed a session: what it is now, and which of its holder's messages says so. */
export interface Changed {
  readonly epoch: number;
  readonly number: number;
  readonly record: SessionRecord;
}

export interface RoutingParts {
  readonly sessions: Sessions;
  readonly calls: Calls;
  readonly leases: Leases;
  readonly crew: Crew;
  readonly holding: Holding;
  readonly mirror: Mirror;
  readonly line: JobLine;
}

export class Routing {
  constructor(private readonly parts: RoutingParts) {}

  /** A command that leaves another session than it found. @param here how it is done where nobody has it; undefined: only by a worker */
  async change(
    verb: string,
    id: string,
    args: readonly unknown[],
    here?: (session: Session) => Promise<unknown>,
  ): Promise<void> {
    const value = await this.reach(verb, id, args, here);
    if (value)
      this.parts.mirror.hear({ session: id, type: "state", ...(value as Changed), data: (value as Changed).record });
  }

  /** What a worker makes of a session. */
  async bytes(verb: string, id: string, args: readonly unknown[] = []): Promise<Uint8Array> {
    return (await this.reach(verb, id, args)) as Uint8Array;
  }

  /** What any worker makes. @throws NO_WORKER */
  async anybody(verb: string, args: readonly unknown[]): Promise<unknown> {
    const outcome = await this.ask(ANYBODY, { verb, args }, () => this.requireCrew());
    if ("moved" in outcome) throw nobody(verb);
    return outcome.value;
  }

  /** Has the session meanwhile, and posts it where it is to go on. @returns undefined when another has it */
  async here(
    id: string,
    work: (session: Session) => Promise<unknown>,
  ): Promise<{ readonly value: unknown } | undefined> {
    const { holding, mirror, line } = this.parts;
    const had = await holding.having(id, async ({ session, epoch }) => {
      mirror.own(id, epoch);
      return work(session);
    });
    if (!had) return undefined;
    const { wanted, record } = had.session;
    if (wanted)
      await line.post(id, record.owner, record.priority).catch(() => undefined); // the next look at the line posts it
    else await line.remove(id);
    return had;
  }

  private async reach(
    verb: string,
    id: string,
    args: readonly unknown[],
    here?: (session: Session) => Promise<unknown>,
  ): Promise<unknown> {
    const { sessions, leases } = this.parts;
    for (let tries = 0; tries < TRIES; tries++) {
      sessions.find(id);
      const holder = await this.answering(() => leases.holderOf(id));
      if (holder?.startsWith("worker-")) {
        const isThere = async () => (await leases.holderOf(id)) === holder;
        const outcome = await this.ask(holder, { verb, session: id, args }, isThere);
        if ("value" in outcome) return outcome.value;
      } else if (!holder && here) {
        if (await this.here(id, here)) return undefined;
      } else if (!holder) {
        const outcome = await this.ask(ANYBODY, { verb, session: id, args }, () => this.requireCrew());
        if ("value" in outcome) return outcome.value;
      }
      await sleep(BETWEEN); // it is between two hands
    }
    throw nobody(verb);
  }

  private async ask(to: string, call: Call, isThere: () => Promise<boolean>): Promise<Outcome> {
    if (to === ANYBODY && !(await this.answering(() => this.requireCrew()))) throw nobody(call.verb);
    return this.answering(() => this.parts.calls.ask(to, call, () => isThere().catch(() => false)));
  }

  private async requireCrew(): Promise<boolean> {
    return (await this.parts.crew.all()).length > 0;
  }

  /** @throws NO_WORKER when Redis does not answer */
  private async answering<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!isOfRedis(error)) throw error;
      throw new Refusal("NO_WORKER", "Redis does not answer", "nothing is lost: ask again once it does", 2);
    }
  }
}

/** Errors of the connection, none of which have a code of ours. */
function isOfRedis(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === "MaxRetriesPerRequestError" ||
      /^(Connection is closed|Reached the max|connect E|read E)/.test(error.message))
  );
}

function nobody(verb: string): Refusal {
  const hint = "start vqgan-clip worker with the same --redis, --folder and models; what waits is kept";
  return new Refusal("NO_WORKER", `${verb}: no worker is there to do it`, hint, 5);
}
