/** `vqgan-clip worker`: an engine that takes sessions out of the line, and does what is asked of those that nobody has. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Core, coreOf } from "../core.js";
import { Refusal } from "../errors.js";
import { Filming } from "../filming.js";
import type { Line, Turns } from "../line.js";
import { isUnfinished } from "../record.js";
import type { MaskAsked } from "../requests.js";
import type { ShapeFile } from "../shapes.js";
import { Steps } from "../steps.js";
import type { Call, Outcome } from "./calls.js";
import { type Held, Holding } from "./holding.js";
import type { Taken } from "./job-line.js";
import { joinParty, type Party, type PartyOptions } from "./party.js";
import type { Changed } from "./routing.js";

export interface WorkerOptions extends PartyOptions {
  /** A checkpoint after so many steps, where 2 s have not passed before (default: by time alone). */
  readonly checkpointSteps?: number;
}

export interface RunningWorker {
  readonly name: string;
  /** Takes nothing more, writes down what runs within a step or 2.5 s, and gives it to others. */
  close(): Promise<void>;
}

/** Milliseconds that a step may take to its end before the engine is ended, and that Redis has to hear of it. */
const [STEP_MAY, REDIS_MAY] = [2500, 800] as const;

/** Who runs and who waits is the servers' to know. */
const NO_LINE: Line = { running: [], all: [], engines: 1, positionOf: () => null };
const NO_LIMITS = { maxWaiting: Number.POSITIVE_INFINITY, maxWork: Number.POSITIVE_INFINITY };

/** @throws what `joinParty` throws */
export async function startWorker({ checkpointSteps, ...options }: WorkerOptions): Promise<RunningWorker> {
  const party = await joinParty("worker", options);
  const worker = new NetworkWorker(party, checkpointSteps);
  return worker.started();
}

class NetworkWorker {
  private readonly core: Core;
  private readonly holding: Holding;
  private readonly steps: Steps;

  constructor(
    private readonly party: Party,
    checkpointSteps: number | undefined,
  ) {
    const { platform, leases, news } = party;
    this.core = coreOf(platform, { limits: NO_LIMITS, line: NO_LINE, turnsOf: () => wishes });
    const { runs, keeper, admission } = this.core.sessions;
    this.steps = new Steps(runs, keeper, new Filming(platform, keeper), admission, checkpointSteps);
    this.holding = new Holding(this.core.sessions, platform.store, leases, news, true);
  }

  async started(): Promise<RunningWorker> {
    const { self, platform, redis, lease, crew, calls, line } = this.party;
    const { device } = platform.runsOn;
    const leave = crew.join(() => ({ name: self, device, availableBytes: platform.availableBytes() }));
    const endTaking = line.take(lease, (id) => this.take(id));
    void calls.serve(redis.connection({ patient: true }), (call) => this.answer(call));
    return {
      name: self,
      close: async () => {
        this.steps.close();
        calls.close();
        const late = setTimeout(() => platform.close(), STEP_MAY);
        const told = Promise.all([endTaking(), leave()]);
        await atMost(STEP_MAY + REDIS_MAY, told);
        clearTimeout(late);
        await atMost(REDIS_MAY, this.party.close());
      },
    };
  }

  /** A session out of the line, until it rests. */
  private async take(id: string): Promise<Taken> {
    try {
      const had = await this.holding.having(id, (held) => this.run(held));
      if (!had) return "later";
      return had.session.wanted ? "again" : "done"; // wanted in the last moment, or this worker ends
    } catch (error) {
      return error instanceof Refusal && error.code === "NOT_FOUND" ? "done" : "later";
    }
  }

  private async run({ session, isWhole }: Held): Promise<void> {
    const { keeper } = this.core.sessions;
    if (!isUnfinished(session.record)) return;
    if (!isWhole) {
      session.wanted = false;
      session.become("paused"); // resuming it tells what is wrong with its file
      await keeper.save(session);
      return keeper.tell(session);
    }
    session.become("queued");
    await this.steps.turn(session);
    if (this.steps.isClosing && session.wanted) keeper.tell(session);
  }

  private async answer({ verb, session: id, args }: Call): Promise<Outcome> {
    if (id === undefined) {
      const [image, asked] = args as [Uint8Array, MaskAsked];
      return { value: await this.core.pictures.maskIn(image, asked) };
    }
    const work = (held: Held) => this.act(verb, id, args, held);
    const joined = this.holding.joining(id, work);
    if (joined) return { value: await joined };
    const had = await this.holding.having(id, work);
    if (!had) return { moved: true };
    if (had.session.wanted)
      await this.party.line.post(id, had.session.record.owner, had.session.record.priority).catch(() => undefined);
    return { value: had.value };
  }

  private async act(verb: string, id: string, args: readonly unknown[], held: Held): Promise<unknown> {
    const { commands, branches, pictures } = this.core;
    if (verb === "picture") return pictures.picture(id);
    if (verb === "archive") return pictures.archive(id);
    if (verb === "shape") return pictures.shape(id, args[0] as ShapeFile);
    if (verb === "remove") return commands.remove(id);
    const known: Record<string, (...args: never[]) => Promise<unknown>> = {
      change: commands.change.bind(commands),
      pause: commands.pause.bind(commands),
      resume: commands.resume.bind(commands),
      extend: commands.extend.bind(commands),
      hold: commands.hold.bind(commands),
      cancel: commands.cancel.bind(commands),
      fork: branches.fork.bind(branches),
      switchTo: branches.switchTo.bind(branches),
      paint: branches.paint.bind(branches),
    };
    const command = known[verb];
    if (!command) throw new Refusal("CONFLICT", `${verb}: this worker does not know it`, "update it");
    await command(...([id, ...args] as never[]));
    return { epoch: held.epoch, number: held.number(), record: held.session.record } satisfies Changed;
  }
}

/** Until it is done or has failed, and no longer than so many milliseconds; nothing of it keeps the process. */
async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, sleep(milliseconds, undefined, { signal: over.signal })]).catch(() => undefined);
  over.abort();
}

/** Sessions that are to go on are only marked: whoever has one sees to it. */
const wishes: Turns = {
  enqueue: (session) => {
    session.wanted = true;
  },
  withdraw: (session) => {
    session.wanted = false;
  },
  close: async () => undefined,
};
