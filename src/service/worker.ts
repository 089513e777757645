/** Works the queue off: one session at a time has the engine, step by step, until it rests. */
import { VqganClipError } from "../core/errors.js";
import { faultOf } from "./faults.js";
import type { Keeper } from "./keeper.js";
import type { ServedRun } from "./platform.js";
import type { Queue } from "./queue.js";
import type { Runs } from "./runs.js";
import type { Session } from "./session.js";

/** Milliseconds between two checkpoints: what a kill of this process costs at most. */
const CHECKPOINT_EVERY = 2000;
/** An engine that falls so often without a step between does not run this. */
const MOST_FALLS = 3;

export class Worker {
  private working: Promise<void> | undefined;
  private closing = false;

  constructor(
    private readonly queue: Queue,
    private readonly runs: Runs,
    private readonly keeper: Keeper,
  ) {}

  /** The session goes on when its turn comes; at once, where it has the engine. */
  enqueue(session: Session): void {
    session.wanted = true;
    if (this.closing || this.queue.active === session) return;
    this.queue.add(session);
    this.start();
  }

  private start(): void {
    if (this.queue.isEmpty || this.closing) return;
    this.working ??= this.workOff().finally(() => {
      this.working = undefined;
      this.start(); // somebody may have come in the last moment
    });
  }

  /** The session is to rest: out of the queue, and after the step that is being taken. */
  withdraw(session: Session): void {
    session.wanted = false;
    for (const behind of this.queue.remove(session)) this.keeper.tell(behind);
  }

  /** Ends after the step that is being taken; what waited goes on when the folder is served again. */
  async close(): Promise<void> {
    this.closing = true;
    await this.working;
  }

  private async workOff(): Promise<void> {
    for (let session = this.queue.next(); session && !this.closing; session = this.queue.next()) {
      for (const behind of this.queue.all) this.keeper.tell(behind);
      try {
        await this.turn(session);
      } finally {
        this.queue.active = undefined;
      }
      if (session.wanted && !this.closing) this.queue.add(session); // wanted again in the last moment
    }
  }

  /** Steps until it rests; commands come between two of them. */
  private async turn(session: Session): Promise<void> {
    while (session.wanted && !this.closing) await session.exclusive(() => this.stretch(session));
  }

  /** Steps until there is a command, or the end. */
  private async stretch(session: Session): Promise<void> {
    const isDue = () => session.wanted && session.interruptions === 0 && !this.closing;
    if (!isDue()) return;
    try {
      const run = await this.ready(session);
      for await (const event of run) {
        session.falls = 0;
        this.keeper.stepped(session, event);
        if (performance.now() - session.savedAt > CHECKPOINT_EVERY) await this.checkpoint(session, run);
        if (!isDue()) break;
      }
      if (run.status === "finished") await this.finish(session, run);
      else if (this.closing) {
        session.become("queued");
        await this.keeper.save(session, run);
      }
    } catch (error) {
      await this.fell(session, error);
    }
  }

  private async ready(session: Session): Promise<ServedRun> {
    if (session.record.status !== "running") {
      session.become("loading");
      this.keeper.tell(session);
    }
    const run = await this.runs.of(session);
    await run.device(); // compiled here
    session.follow(run);
    if (session.record.status !== "running") {
      session.become("running");
      this.keeper.tell(session);
    }
    return run;
  }

  /** One that cannot be written costs a line, never the run: the next is tried in its time. */
  private async checkpoint(session: Session, run: ServedRun): Promise<void> {
    try {
      await this.keeper.save(session, run);
    } catch (error) {
      session.savedAt = performance.now();
      this.keeper.note(session, `no checkpoint at step ${session.record.step}: ${faultOf(error).detail}`);
    }
  }

  private async finish(session: Session, run: ServedRun): Promise<void> {
    session.wanted = false;
    await this.keeper.settle(session, run);
    session.become("finished");
    await this.keeper.save(session, run);
    this.keeper.tell(session);
  }

  /** A fallen engine is started again, and the run goes on from its last step; anything else ends it. */
  private async fell(session: Session, error: unknown): Promise<void> {
    const run = this.runs.heldOf(session);
    if (run?.history) await this.checkpoint(session, run);
    await this.runs.drop(session);
    const isEngine = error instanceof VqganClipError && (error.code === "ABORTED" || /^engine: /.test(error.message));
    if (isEngine) this.keeper.meter.engineRestarts++;
    if (isEngine && ++session.falls < MOST_FALLS) {
      this.keeper.note(session, `${faultOf(error).detail}; it goes on from step ${session.record.step}`);
      return;
    }
    session.wanted = false;
    session.become("failed", faultOf(error));
    await this.keeper.save(session).catch(() => undefined);
    this.keeper.tell(session);
  }
}
