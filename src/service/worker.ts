/** The queue and the one who works it off: one session at a time has the engine, step by step, until it rests. */
import { VqganClipError } from "../core/errors.js";
import type { StepEvent } from "../guidance/run-state.js";
import type { PictureRun } from "../picture-run.js";
import { faultOf } from "./faults.js";
import type { Previews } from "./previews.js";
import type { Runs } from "./runs.js";
import type { Session } from "./session.js";

/** Milliseconds between two checkpoints: what a kill of this process costs at most. */
const CHECKPOINT_EVERY = 2000;
/** An engine that falls so often without a step between does not run this. */
const MOST_FALLS = 3;

/** What the worker asks of those around it. */
export interface Surroundings {
  /** Writes the session down as its run is now; without one, its record alone. */
  readonly save: (session: Session, run?: PictureRun) => Promise<void>;
  /** Tells everybody of the session's state. */
  readonly tell: (session: Session) => void;
  /** Told of a step. */
  readonly stepped: (session: Session, event: StepEvent) => void;
  readonly note: (session: Session, text: string) => void;
  /** Picture and preview of where a session rests. */
  readonly settle: (session: Session, run: PictureRun) => Promise<void>;
}

export class Worker {
  private readonly waiting: Session[] = [];
  private active: Session | undefined;
  private working: Promise<void> | undefined;
  private closing = false;

  constructor(
    private readonly runs: Runs,
    private readonly previews: Previews,
    private readonly around: Surroundings,
  ) {}

  /** 1 for the next; null when it does not wait. */
  positionOf(session: Session): number | null {
    const at = this.waiting.indexOf(session);
    return at < 0 ? null : at + 1;
  }

  /** The session goes on when its turn comes; at once, where it has the engine. */
  enqueue(session: Session): void {
    session.wanted = true;
    if (this.closing || this.active === session || this.waiting.includes(session)) return;
    this.waiting.push(session);
    this.start();
  }

  private start(): void {
    if (this.waiting.length === 0 || this.closing) return;
    this.working ??= this.workOff().finally(() => {
      this.working = undefined;
      this.start(); // somebody may have come in the last moment
    });
  }

  /** The session is to rest: out of the queue, and after the step that is being taken. */
  withdraw(session: Session): void {
    session.wanted = false;
    const at = this.waiting.indexOf(session);
    if (at < 0) return;
    this.waiting.splice(at, 1);
    for (const behind of this.waiting.slice(at)) this.around.tell(behind);
  }

  /** Ends after the step that is being taken; what waited goes on when the folder is served again. */
  async close(): Promise<void> {
    this.closing = true;
    await this.working;
  }

  private async workOff(): Promise<void> {
    for (let session = this.waiting.shift(); session && !this.closing; session = this.waiting.shift()) {
      this.active = session;
      for (const behind of this.waiting) this.around.tell(behind);
      try {
        await this.turn(session);
      } finally {
        this.active = undefined;
      }
      if (session.wanted && !this.closing) this.waiting.push(session); // wanted again in the last moment
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
        this.took(session, event);
        if (performance.now() - session.savedAt > CHECKPOINT_EVERY) await this.checkpoint(session, run);
        if (!isDue()) break;
      }
      if (run.status === "finished") await this.finish(session, run);
      else if (this.closing) {
        session.become("queued");
        await this.around.save(session, run);
      }
    } catch (error) {
      await this.fell(session, error);
    }
  }

  private async ready(session: Session): Promise<PictureRun> {
    if (session.record.status !== "running") {
      session.become("loading");
      this.around.tell(session);
    }
    const run = await this.runs.of(session);
    await run.device(); // compiled here
    session.follow(run);
    if (session.record.status !== "running") {
      session.become("running");
      this.around.tell(session);
    }
    return run;
  }

  private took(session: Session, event: StepEvent): void {
    session.falls = 0;
    session.stepped(event);
    this.around.stepped(session, event);
    this.previews.offer(session, event.step - 1, event.image);
  }

  /** One that cannot be written costs a line, never the run: the next is tried in its time. */
  private async checkpoint(session: Session, run: PictureRun): Promise<void> {
    try {
      await this.around.save(session, run);
    } catch (error) {
      session.savedAt = performance.now();
      this.around.note(session, `no checkpoint at step ${session.record.step}: ${faultOf(error).detail}`);
    }
  }

  private async finish(session: Session, run: PictureRun): Promise<void> {
    session.wanted = false;
    await this.around.settle(session, run);
    session.become("finished");
    await this.around.save(session, run);
    this.around.tell(session);
  }

  /** A fallen engine is started again, and the run goes on from its last step; anything else ends it. */
  private async fell(session: Session, error: unknown): Promise<void> {
    const run = this.runs.heldOf(session);
    if (run?.history) await this.checkpoint(session, run);
    await this.runs.drop(session);
    const isEngine = error instanceof VqganClipError && (error.code === "ABORTED" || /^engine: /.test(error.message));
    if (isEngine && ++session.falls < MOST_FALLS) {
      this.around.note(session, `${faultOf(error).detail}; it goes on from step ${session.record.step}`);
      return;
    }
    session.wanted = false;
    session.become("failed", faultOf(error));
    await this.around.save(session).catch(() => undefined);
    this.around.tell(session);
  }
}
