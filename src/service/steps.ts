/** Takes the steps of a session that has the engine, until it rests: checkpoints on the way, falls of the engine survived. */
import { VqganClipError } from "../core/errors.js";
import type { Admission } from "./admission.js";
import { Refusal } from "./errors.js";
import { faultOf } from "./faults.js";
import { isWhole } from "./film.js";
import type { Filming } from "./filming.js";
import type { Keeper } from "./keeper.js";
import type { ServedRun } from "./platform.js";
import { isOutOfTime, outOfTime, type SessionRecord } from "./record.js";
import type { Runs } from "./runs.js";
import type { Session } from "./session.js";

/** Milliseconds between two checkpoints: what a kill of this process costs at most. */
const CHECKPOINT_EVERY = 2000;
/** An engine that falls so often without a step between does not run this. */
const MOST_FALLS = 3;

export class Steps {
  private closing = false;

  /**
   * @param admission says whose sessions may write no more
   * @param checkpointSteps a checkpoint after so many steps too (default: by time alone)
   */
  constructor(
    private readonly runs: Runs,
    private readonly keeper: Keeper,
    private readonly filming: Filming,
    private readonly admission: Pick<Admission, "fullness">,
    private readonly checkpointSteps = Number.POSITIVE_INFINITY,
  ) {}

  /** From now on every session rests after the step that is being taken, and says of itself that it waits. */
  close(): void {
    this.closing = true;
  }

  get isClosing(): boolean {
    return this.closing;
  }

  /** Steps until it rests; commands come between two of them. */
  async turn(session: Session): Promise<void> {
    while (session.wanted && !this.closing) await session.exclusive(() => this.stretch(session));
  }

  /** Steps until there is a command, or the end. */
  private async stretch(session: Session): Promise<void> {
    const { record } = session;
    const isDue = () => session.wanted && session.interruptions === 0 && !this.closing;
    let bar = await this.barOf(record);
    if (bar !== undefined) return this.rest(session, bar);
    if (!isDue()) return;
    let spend = () => {}; // loading costs nothing: it is the longer the more others wait
    try {
      const run = await this.ready(session);
      spend = spending(record);
      let since = 0;
      for await (const event of this.filming.steps(session, run)) {
        session.falls = 0;
        spend();
        this.keeper.stepped(session, event);
        since++;
        if (since >= this.checkpointSteps || performance.now() - session.savedAt > CHECKPOINT_EVERY) {
          await this.checkpoint(session, run);
          since = 0;
        }
        bar = await this.barOf(record);
        if (bar !== undefined || !isDue()) break;
      }
      if (run.status === "finished" && isWhole(session.record)) await this.finish(session, run);
      else if (this.closing) await this.hold(session, run);
      else if (bar !== undefined) await this.rest(session, bar);
    } catch (error) {
      spend();
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

  /** One that cannot be written costs a line, never the run: the next is tried in its time. What is another's now ends here. */
  private async checkpoint(session: Session, run: ServedRun): Promise<void> {
    try {
      await this.keeper.save(session, run);
    } catch (error) {
      session.savedAt = performance.now();
      if (error instanceof Refusal && error.code === "LOST") session.wanted = false;
      else this.keeper.note(session, `no checkpoint at step ${session.record.step}: ${faultOf(error).detail}`);
    }
  }

  private async hold(session: Session, run: ServedRun): Promise<void> {
    session.become("queued");
    await this.keeper.save(session, run);
  }

  private async finish(session: Session, run: ServedRun): Promise<void> {
    session.wanted = false;
    await this.keeper.settle(session, run);
    session.become("finished");
    await this.keeper.save(session, run);
    this.keeper.tell(session);
  }

  /** Why it may take no step more, in words; undefined when it may: its time is over, or there is no room for what it writes. */
  private async barOf(record: SessionRecord): Promise<string | undefined> {
    return isOutOfTime(record) ? outOfTime(record) : this.admission.fullness(record.owner);
  }

  private async rest(session: Session, why: string): Promise<void> {
    session.wanted = false;
    await this.keeper.rest(session, this.runs.heldOf(session), why);
    this.keeper.tell(session); // its picture is there now
  }

  /** A fallen engine is started again, and the run goes on from its last step; anything else ends it. */
  private async fell(session: Session, error: unknown): Promise<void> {
    const run = this.runs.heldOf(session);
    if (this.closing) session.become("queued");
    if (run?.history) await this.checkpoint(session, run);
    await this.runs.drop(session);
    const isEngine = error instanceof VqganClipError && (error.code === "ABORTED" || /^engine: /.test(error.message));
    if (isEngine && this.closing) return; // it was ended on purpose
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

/** Adds the time since this was last called to what a session has run. */
function spending(record: SessionRecord): () => void {
  let since = performance.now();
  return () => {
    const now = performance.now();
    record.runSeconds += (now - since) / 1000;
    since = now;
  };
}
