/** Writes sessions down, and tells of them: those who watch one, and those who watch the list. */
import type { StepEvent } from "../guidance/run-state.js";
import { EventLog } from "./event-log.js";
import { isWhole } from "./film.js";
import type { Forecast } from "./forecast.js";
import type { Line } from "./line.js";
import { Meter } from "./metrics.js";
import type { Platform, ServedRun } from "./platform.js";
import type { Previews } from "./previews.js";
import type { Session } from "./session.js";
import { type Progress, type SessionSummary, type SessionView, summaryOf, viewOf } from "./views.js";

/** Milliseconds between two tellings of a running session to those who watch the list. */
const LIST_INTERVAL = 1000;

/** A step, with its picture where it was taken here. */
type StepTold = Pick<StepEvent, "step" | "losses"> & Partial<Pick<StepEvent, "image" | "rewards">>;

export class Keeper {
  readonly meter = new Meter();
  private readonly logs = new Map<string | undefined, EventLog>();
  private listedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly platform: Pick<Platform, "store" | "save">,
    private readonly line: Line,
    private readonly previews: Previews,
    private readonly forecast: Forecast,
  ) {}

  /** Of the list, as its owner sees it (undefined: of all): `session` with a summary, `deleted` with an id. */
  eventsOf(owner: string | undefined): EventLog {
    const log = this.logs.get(owner) ?? new EventLog();
    this.logs.set(owner, log);
    return log;
  }

  summary(session: Session): SessionSummary {
    return summaryOf(session.record, this.progressOf(session), this.platform.store);
  }

  view(session: Session): SessionView {
    return viewOf(session.record, this.progressOf(session), this.platform.store, session.events.lastId);
  }

  /**
   * Writes it down as its run is now; without one, its record alone. The record comes first: whoever is killed between
   * the two leaves one that knows more than the file, and reading forgets that; what it did not know would be lost.
   *
   * @throws IO_FAILED
   */
  async save(session: Session, run?: ServedRun): Promise<void> {
    if (run) session.follow(run);
    await this.platform.store.writeRecord(session.record);
    if (run?.history) await this.platform.save(session.id, run);
    session.savedAt = performance.now();
  }

  /** The picture of where it stands, as a file and as a preview. @throws IO_FAILED */
  async settle(session: Session, run: ServedRun): Promise<void> {
    session.follow(run);
    const { node, step } = session.record;
    await this.platform.store.write(session.id, "picture.png", await run.toPNG());
    session.record.picture = { node, step };
    await this.previews.show(session, step, await run.render());
  }

  /** It takes no more steps: where it stands becomes what is seen of it. @param why in words, where nobody has paused it */
  async rest(session: Session, run: ServedRun | undefined, why?: string): Promise<void> {
    const { record } = session;
    const isDone = record.nodes.length > 0 && run?.status === "finished" && isWhole(record);
    session.become(isDone ? "finished" : "paused");
    if (why !== undefined && !isDone) {
      record.rests = why;
      this.note(session, `it rests: ${why}`);
    }
    this.tell(session);
    if (!run?.history) return this.save(session);
    await this.save(session, run);
    await this.settle(session, run);
    await this.save(session);
  }

  /** Tells everybody where it stands. */
  tell(session: Session): void {
    session.events.publish("state", this.view(session));
    if (session.record.error) session.events.publish("error", session.record.error);
    this.list(session);
  }

  /** Tells of a step, and from time to time the list too. */
  stepped(session: Session, event: StepTold): void {
    this.meter.stepped(session.stepped(event));
    this.forecast.learn(session.record);
    const { step, losses, rewards, image } = event;
    const { steps, rate, etaSeconds } = this.summary(session);
    session.events.publish("step", { step, steps, losses, ...(rewards && { rewards }), rate, etaSeconds });
    if (image) this.previews.offer(session, step - 1, image);
    if (performance.now() - this.listedAt > LIST_INTERVAL) this.list(session);
  }

  /** Tells what was not done as asked, once. */
  note(session: Session, text: string): void {
    if (session.note(text)) session.events.publish("notice", { text });
  }

  tellDeleted(session: Session): void {
    const { id } = session;
    session.events.publish("deleted", { id });
    this.publish(session, "deleted", { id });
  }

  private progressOf(session: Session): Progress {
    const position = this.line.positionOf(session);
    const waitSeconds = position === null ? null : this.forecast.secondsAhead(session);
    return { position, waitSeconds, rate: session.rate };
  }

  private list(session: Session): void {
    this.listedAt = performance.now();
    this.publish(session, "session", this.summary(session));
  }

  /** To those who see the list of all, and to its owner. */
  private publish({ record: { owner } }: Session, type: string, data: unknown): void {
    this.eventsOf(undefined).publish(type, data);
    if (owner !== undefined) this.eventsOf(owner).publish(type, data);
  }
}
