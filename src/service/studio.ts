/** The service without its wire: the folder opened, sessions made, what is told of all. */
import { readSession } from "../sessions/session-file.js";
import { Admission, type Limits } from "./admission.js";
import { Branches } from "./branches.js";
import { Commands } from "./commands.js";
import { Refusal } from "./errors.js";
import type { EventLog } from "./event-log.js";
import { Forecast } from "./forecast.js";
import { infoOf } from "./info.js";
import { Keeper } from "./keeper.js";
import { Making } from "./making.js";
import { metricsText } from "./metrics.js";
import { Pictures } from "./pictures.js";
import type { Platform } from "./platform.js";
import { Previews } from "./previews.js";
import { Queue } from "./queue.js";
import type { SessionRecord } from "./record.js";
import { Runs } from "./runs.js";
import { Session } from "./session.js";
import { Sessions } from "./sessions.js";
import type { SessionSummary, SessionView } from "./views.js";
import { Worker } from "./worker.js";

export class Studio {
  readonly making: Making;
  readonly commands: Commands;
  readonly branches: Branches;
  readonly pictures: Pictures;
  private readonly sessions: Sessions;
  private readonly queue: Queue;
  private readonly forecast: Forecast;

  private constructor(
    private readonly platform: Platform,
    limits: Limits,
    /** Folders whose records cannot be read; they are left as they are. */
    readonly damaged: readonly string[],
    records: readonly SessionRecord[],
  ) {
    const queue = new Queue();
    const forecast = new Forecast(queue, records);
    const admission = new Admission(queue, forecast, limits);
    this.queue = queue;
    this.forecast = forecast;
    const keeper = new Keeper(platform, queue, new Previews(platform), forecast);
    const runs = new Runs(platform, (session, text) => keeper.note(session, text));
    this.sessions = new Sessions(platform, keeper, runs, new Worker(queue, runs, keeper), admission);
    for (const record of records) this.sessions.add(new Session(record));
    this.making = new Making(this.sessions, forecast);
    this.commands = new Commands(this.sessions);
    this.branches = new Branches(this.sessions);
    this.pictures = new Pictures(this.sessions);
  }

  /** Opens the store; what was running or waiting there goes on. @param limits what may be asked for @throws IO_FAILED */
  static async open(platform: Platform, limits: Limits = {}): Promise<Studio> {
    const { records, damaged } = await platform.store.all();
    const studio = new Studio(platform, limits, damaged, records);
    await studio.takeUp();
    return studio;
  }

  /** Checkpoints what runs, within a step, and gives everything back. */
  async close(): Promise<void> {
    const { worker, runs, store, all } = this.sessions;
    await worker.close();
    for (const session of all) await session.exclusive(() => runs.drop(session));
    this.platform.close();
    await store.close();
  }

  info(): ReturnType<typeof infoOf> {
    return infoOf(this.platform);
  }

  /** Newest first. @param owner whose (default: everybody's) */
  all(owner?: string): SessionSummary[] {
    const own = this.sessions.all.filter(({ record }) => owner === undefined || record.owner === owner);
    const summaries = own.map((session) => this.sessions.keeper.summary(session));
    return summaries.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  /** Others' sessions are not there, in the bin neither. @param owner who asks; undefined sees all @throws NOT_FOUND */
  async requireOwn(id: string, owner: string | undefined): Promise<void> {
    if (owner === undefined) return;
    const record = this.sessions.has(id) ? this.sessions.find(id).record : await this.sessions.store.binned(id);
    if (record?.owner !== owner) throw new Refusal("NOT_FOUND", "there is no such session");
  }

  /** @throws NOT_FOUND */
  view(id: string): SessionView {
    return this.sessions.keeper.view(this.sessions.find(id));
  }

  /** Of the list. @param owner whose (default: everybody's) */
  events(owner?: string): EventLog {
    return this.sessions.keeper.eventsOf(owner);
  }

  /** Of one session. @throws NOT_FOUND */
  eventsOf(id: string): EventLog {
    return this.sessions.find(id).events;
  }

  /** How things stand, for Prometheus. */
  async metrics(): Promise<string> {
    const { all: sessions, store, keeper } = this.sessions;
    const { queue, forecast } = this;
    return metricsText({ sessions, queue, forecast, meter: keeper.meter, bytes: await store.bytesKept() });
  }

  /** What was running or waiting when the folder was last served, as its files say. */
  private async takeUp(): Promise<void> {
    const { store, worker, all } = this.sessions;
    const unfinished = all
      .filter(({ record }) => ["queued", "loading", "running"].includes(record.status))
      .sort((a, b) => (a.record.createdAt < b.record.createdAt ? -1 : 1));
    for (const session of unfinished) {
      try {
        const bytes = await store.read(session.id, "session.vqclip");
        if (bytes) session.followTree((await readSession(bytes)).tree);
        session.become("queued");
        worker.enqueue(session);
      } catch {
        session.become("paused"); // resuming it tells what is wrong with its file
      }
    }
  }
}
