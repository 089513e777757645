/** The service without its wire: the store opened, sessions made, what is told of all. */
import type { Limits } from "./admission.js";
import { type Core, coreOf } from "./core.js";
import { Refusal } from "./errors.js";
import type { EventLog } from "./event-log.js";
import { Filming } from "./filming.js";
import { infoOf } from "./info.js";
import { metricsText, sum } from "./metrics.js";
import type { Platform } from "./platform.js";
import { Queue } from "./queue.js";
import { isOutOfTime, isUnfinished, type SessionRecord } from "./record.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import { Steps } from "./steps.js";
import type { UsageView } from "./usage.js";
import { type BinView, binnedOf, type SessionSummary, type SessionView } from "./views.js";
import { Warmth } from "./warmth.js";
import { Worker } from "./worker.js";

export class Studio {
  readonly making: Core["making"];
  readonly commands: Core["commands"];
  readonly branches: Core["branches"];
  readonly pictures: Core["pictures"];
  readonly films: Core["films"];
  private readonly sessions: Sessions;

  /** @param damaged folders whose records cannot be read; they are left as they are */
  constructor(
    private readonly core: Core,
    readonly damaged: readonly string[],
    private readonly warmth?: Warmth,
  ) {
    const { sessions, making, commands, branches, pictures, films } = core;
    this.sessions = sessions;
    this.making = making;
    this.commands = commands;
    this.branches = branches;
    this.pictures = pictures;
    this.films = films;
  }

  /**
   * Opens the store; what was running or waiting there goes on.
   *
   * @param limits what may be asked for
   * @param options.warm whether the engine loads what is likely to be asked for while nobody waits (default false)
   * @throws IO_FAILED
   */
  static async open(platform: Platform, limits: Limits = {}, { warm = false } = {}): Promise<Studio> {
    const { records, damaged } = await platform.store.all();
    const queue = new Queue();
    const warmth = warm ? new Warmth(platform, queue) : undefined;
    const core = coreOf(platform, {
      limits,
      records,
      line: queue,
      warmth,
      turnsOf: (runs, keeper, admission) =>
        new Worker(queue, new Steps(runs, keeper, new Filming(platform, keeper), admission), keeper),
    });
    const studio = new Studio(core, damaged, warmth);
    await studio.takeUp();
    return studio;
  }

  /** Checkpoints what runs, within a step, and gives everything back. */
  async close(): Promise<void> {
    const { turns, runs, store, platform, all } = this.sessions;
    this.warmth?.close();
    await turns.close();
    for (const session of all) await session.exclusive(() => runs.drop(session));
    platform.close();
    await store.close();
  }

  /** What there is to ask for. Whoever asks this is likely to make a picture. */
  async info(): ReturnType<typeof infoOf> {
    const info = await infoOf(this.sessions.platform);
    this.expect();
    return info;
  }

  /** A picture is likely to be asked for: what it needs is loaded meanwhile, where that is wanted. */
  expect(): void {
    if (this.warmth) this.making.plan({ prompts: "a picture" }).catch(() => undefined); // whoever makes one is told
  }

  /** Newest first. @param owner whose (default: everybody's) */
  all(owner?: string): SessionSummary[] {
    const own = this.sessions.all.filter(({ record }) => owner === undefined || record.owner === owner);
    const summaries = own.map((session) => this.sessions.keeper.summary(session));
    return newestFirst(summaries);
  }

  /** Others' sessions are not there, in the bin neither. @param owner who asks; undefined sees all @throws NOT_FOUND */
  async requireOwn(id: string, owner: string | undefined): Promise<void> {
    if (owner === undefined) return;
    const record = this.sessions.has(id) ? this.sessions.find(id).record : await this.sessions.store.binned(id);
    if (record?.owner !== owner) throw new Refusal("NOT_FOUND", "there is no such session");
  }

  /** A session whose time is over may run for as long again. @throws NOT_FOUND */
  async extend(id: string): Promise<void> {
    const { record } = this.sessions.find(id);
    if (isOutOfTime(record)) await this.commands.extend(id, this.sessions.admission.runtimeOf(record.owner) ?? null);
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
    const { all: sessions, keeper } = this.sessions;
    const { line, forecast, usage } = this.core;
    return metricsText({ sessions, line, forecast, meter: keeper.meter, bytes: await usage.byOwner() });
  }

  /** What an owner uses (default: what all do). */
  async usageOf(owner?: string): Promise<UsageView> {
    const { all, admission } = this.sessions;
    const bytes = await this.core.usage.byOwner();
    return {
      sessions: all.filter(({ record }) => owner === undefined || record.owner === owner).length,
      storedBytes: owner === undefined ? sum(bytes.values()) : (bytes.get(owner) ?? 0),
      maxStoredBytes: admission.storageOf(owner) ?? null,
    };
  }

  /** What was deleted and can come back, newest first. @param owner whose (default: everybody's) */
  async bin(owner?: string): Promise<BinView> {
    const { store } = this.sessions;
    const records = await Promise.all((await store.bin()).map((id) => store.binned(id).catch(() => undefined)));
    const own = records.filter((record) => record && (owner === undefined || record.owner === owner));
    const sizes = await store.sizes();
    const views = own.map((record) => binnedOf(record as SessionRecord));
    return {
      sessions: newestFirst(views),
      bytes: sum(views.map(({ id }) => sizes.get(id) ?? 0)),
    };
  }

  /** What was deleted is gone for good. @param owner whose (default: everybody's) @throws IO_FAILED */
  async emptyBin(owner?: string): Promise<void> {
    const { store } = this.sessions;
    for (const id of await store.bin()) {
      const isOwn = owner === undefined || (await store.binned(id))?.owner === owner;
      if (isOwn) await store.erase(id);
    }
    this.core.usage.forget();
  }

  /** What was running or waiting when the store was last open, as its files say. */
  private async takeUp(): Promise<void> {
    const { turns, all } = this.sessions;
    const unfinished = all
      .filter(({ record }) => isUnfinished(record))
      .sort((a, b) => (a.record.createdAt < b.record.createdAt ? -1 : 1));
    for (const session of unfinished) {
      if (await this.isReadable(session)) turns.enqueue(session);
    }
  }

  /** Brings it to where its file stands; one that cannot be read rests, and resuming it tells what is wrong. */
  private async isReadable(session: Session): Promise<boolean> {
    const isWhole = await session.followFile(this.sessions.store).then(
      () => true,
      () => false,
    );
    session.become(isWhole ? "queued" : "paused");
    return isWhole;
  }
}

const newestFirst = <One extends { readonly createdAt: string }>(sessions: One[]): One[] =>
  sessions.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
