/** The service without its wire: sessions that are made, changed, painted on, forked, kept and thrown away. */
import { requires } from "../core/errors.js";
import { presetNames } from "../guidance/presets.js";
import { rectangleMask } from "../masks/mask.js";
import { maskPng } from "../masks/mask-png.js";
import { readSession } from "../sessions/session-file.js";
import type { SessionChanges } from "../sessions/session-tree.js";
import { Refusal } from "./errors.js";
import type { EventLog } from "./event-log.js";
import { Keeper } from "./keeper.js";
import type { Platform } from "./platform.js";
import { Previews } from "./previews.js";
import { Queue } from "./queue.js";
import { newRecord, type SessionRecord, type SessionSummary, type SessionView } from "./record.js";
import type { Changes, EditAsked, ForkAsked, MaskAsked, PaintAsked, PictureAsked } from "./requests.js";
import { Runs, type Uploads } from "./runs.js";
import { Session } from "./session.js";
import { Worker } from "./worker.js";

export class Studio {
  private readonly sessions = new Map<string, Session>();
  private readonly keeper: Keeper;
  private readonly runs: Runs;
  private readonly worker: Worker;

  private constructor(
    private readonly platform: Platform,
    /** Folders whose records cannot be read; they are left as they are. */
    readonly damaged: readonly string[],
    records: readonly SessionRecord[],
  ) {
    const queue = new Queue();
    this.keeper = new Keeper(platform, queue, new Previews(platform));
    this.runs = new Runs(platform, (session, text) => this.keeper.note(session, text));
    this.worker = new Worker(queue, this.runs, this.keeper);
    for (const record of records) this.sessions.set(record.id, new Session(record));
  }

  /** Opens the store; what was running or waiting there goes on. @throws IO_FAILED */
  static async open(platform: Platform): Promise<Studio> {
    const { records, damaged } = await platform.store.all();
    const studio = new Studio(platform, damaged, records);
    await studio.takeUp();
    return studio;
  }

  /** Checkpoints what runs, within a step, and gives everything back. */
  async close(): Promise<void> {
    await this.worker.close();
    for (const session of this.sessions.values()) await session.exclusive(() => this.runs.drop(session));
    this.platform.close();
    await this.platform.store.close();
  }

  async info(): Promise<object> {
    const { vq, runsOn } = this.platform;
    const recommended = vq.resolve({ prompts: "a picture" }).settings;
    const models = (await vq.identities()).map(({ role, name }) => ({ role, name }));
    const { prompts: _, seed: __, ...settings } = recommended;
    return {
      models,
      device: runsOn.device,
      threads: runsOn.threads ?? null,
      size: recommended.size,
      presets: presetNames,
      recommended: settings,
    };
  }

  /** Newest first. */
  all(): SessionSummary[] {
    const summaries = [...this.sessions.values()].map((session) => this.keeper.summary(session));
    return summaries.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  /** @throws NOT_FOUND */
  view(id: string): SessionView {
    return this.keeper.view(this.session(id));
  }

  /** Of the list. */
  get events(): EventLog {
    return this.keeper.events;
  }

  /** Of one session. @throws NOT_FOUND */
  eventsOf(id: string): EventLog {
    return this.session(id).events;
  }

  /** A picture to make, or with an image one to edit: it waits for its turn. @throws BAD_ARGUMENT, BAD_PROMPT, BAD_IMAGE */
  async create(asked: PictureAsked | EditAsked, uploads: Uploads = {}): Promise<SessionView> {
    const run = await this.runs.begun(asked, uploads);
    const id = this.platform.store.newId();
    const kind = uploads.image ? "edit" : "create";
    const peakBytes = this.runs.peakBytes(run);
    const session = new Session(newRecord({ id, kind, request: asked, settings: run.settings, peakBytes }));
    await this.platform.store.make(id);
    if (uploads.image) await this.platform.store.write(id, "image", uploads.image);
    if (uploads.mask) await this.platform.store.write(id, "mask", uploads.mask);
    await this.platform.store.writeRecord(session.record);
    this.sessions.set(id, session);
    this.worker.enqueue(session);
    this.keeper.tell(session);
    return this.keeper.view(session);
  }

  /** Other settings, from the next step on. @throws BAD_ARGUMENT, BAD_PROMPT, CONFLICT */
  async change(id: string, changes: Changes): Promise<SessionView> {
    return this.atRest(id, async (session) => {
      refuseWhen(session, ["cancelled"], "change");
      const { record } = session;
      const run = await this.runs.of(session);
      if (run.history) run.resume(changes as SessionChanges);
      else await this.askAgain(session, changes);
      await this.keeper.save(session, this.runs.heldOf(session));
      if (record.status === "finished" && record.step < record.steps) session.become("paused");
    });
  }

  /** After the step that is being taken. @throws CONFLICT */
  async pause(id: string): Promise<SessionView> {
    const waiting = this.session(id);
    if (waiting.record.status === "paused") return this.keeper.view(waiting);
    refuseWhen(waiting, ["finished", "failed", "cancelled"], "pause");
    this.worker.withdraw(waiting);
    return this.atRest(id, (session) => this.rest(session));
  }

  /** It waits for its turn. @throws CONFLICT */
  async resume(id: string): Promise<SessionView> {
    const session = this.session(id);
    refuseWhen(session, ["cancelled"], "resume", "fork it");
    refuseWhen(session, ["finished"], "resume", "change its steps, fork it or paint on it");
    this.goOn(session);
    return this.keeper.view(session);
  }

  /** Given up after the step that is being taken; what it has is kept. */
  async cancel(id: string): Promise<SessionView> {
    refuseWhen(this.session(id), ["finished"], "cancel");
    this.worker.withdraw(this.session(id));
    return this.atRest(id, async (session) => {
      if (session.record.status === "running") await this.rest(session);
      session.become("cancelled");
      await this.keeper.save(session);
      await this.runs.drop(session);
    });
  }

  /** A new node at a kept step (default: where the node stands), which from now on goes on. @throws BAD_ARGUMENT, CONFLICT */
  async fork(id: string, { resume, node, at, ...changes }: ForkAsked): Promise<SessionView> {
    return this.branch(id, resume, async (session) => {
      const of = session.record.nodes.find((each) => each.id === (node ?? session.record.node));
      const forked = await this.runs.reopened(session, { ...changes, ...(node && { node }), at: at ?? of?.step ?? 0 });
      await this.runs.hold(session, forked);
    });
  }

  /** Another node goes on, as it is. @throws BAD_ARGUMENT, CONFLICT */
  async switchTo(id: string, node: number): Promise<SessionView> {
    return this.branch(id, false, async (session) => {
      await this.runs.hold(session, await this.runs.reopened(session, { node }));
    });
  }

  /** Goes on from its picture as somebody painted it over. @throws BAD_ARGUMENT, BAD_IMAGE, BAD_MODEL, CONFLICT */
  async paint(id: string, { resume = true, ...asked }: PaintAsked, { image, mask }: Uploads): Promise<SessionView> {
    requires(image, "BAD_ARGUMENT", () => "image: none was given", "send the painted picture as the field image");
    const picture = await this.runs.uploaded(image);
    return this.branch(id, resume, async (session) => {
      const run = await this.runs.of(session);
      await run.edit({ ...(asked as SessionChanges), image: picture, ...(mask && { mask }) });
    });
  }

  /** What of the session's picture a phrase or a rectangle covers, as a PNG; nothing is changed. @throws BAD_ARGUMENT, BAD_PROMPT */
  async maskOf(id: string, asked: MaskAsked): Promise<Uint8Array> {
    const png = await this.picture(id);
    return this.maskIn(png, asked);
  }

  /** The same of any picture. */
  async maskIn(image: Uint8Array, { phrase, rect }: MaskAsked): Promise<Uint8Array> {
    const picture = await this.runs.uploaded(image);
    const [, height, width] = picture.shape as [number, number, number];
    if (rect) return maskPng(rectangleMask(rect, [height, width]));
    return maskPng((await this.platform.vq.findMask(picture, phrase as string)).mask);
  }

  /** Into the bin. */
  async remove(id: string): Promise<void> {
    this.worker.withdraw(this.session(id));
    await this.atRest(id, async (session) => {
      if (session.record.status === "running" || session.record.status === "queued") session.become("paused");
      await this.keeper.save(session, this.runs.heldOf(session));
      await this.runs.drop(session);
      this.sessions.delete(id);
      await this.platform.store.discard(id);
      this.keeper.tellDeleted(session);
    });
  }

  /** Out of the bin; it rests. @throws NOT_FOUND */
  async restore(id: string): Promise<SessionView> {
    if (this.sessions.has(id)) return this.view(id);
    const session = new Session(await this.platform.store.restore(id));
    this.sessions.set(id, session);
    this.keeper.tell(session);
    return this.keeper.view(session);
  }

  /** Its picture as it is now, as a PNG with its story. @throws CONFLICT before its first step */
  async picture(id: string): Promise<Uint8Array> {
    const { record } = this.session(id);
    const isCurrent = record.picture?.node === record.node && record.picture.step === record.step;
    const kept = isCurrent && (await this.platform.store.read(id, "picture.png"));
    if (kept) return kept;
    return this.interrupting(id, async (session) => {
      refuseUnbegun(session);
      const run = await this.runs.of(session);
      return run.toPNG();
    });
  }

  /** Its `.vqclip`. @throws CONFLICT before its first step */
  async archive(id: string): Promise<Uint8Array> {
    return this.interrupting(id, async (session) => {
      refuseUnbegun(session);
      const run = this.runs.heldOf(session);
      if (run) await this.keeper.save(session, run);
      return (await this.platform.store.read(id, "session.vqclip")) as Uint8Array;
    });
  }

  /** @throws NOT_FOUND */
  async preview(id: string, node: number, step: number): Promise<Uint8Array> {
    const webp = await this.platform.store.readPreview(this.session(id).id, node, step);
    if (!webp) throw new Refusal("NOT_FOUND", `there is no picture of node ${node} at step ${step}`);
    return webp;
  }

  /** What was running or waiting when the folder was last served, as its files say. */
  private async takeUp(): Promise<void> {
    const unfinished = [...this.sessions.values()]
      .filter(({ record }) => ["queued", "loading", "running"].includes(record.status))
      .sort((a, b) => (a.record.createdAt < b.record.createdAt ? -1 : 1));
    for (const session of unfinished) {
      try {
        const bytes = await this.platform.store.read(session.id, "session.vqclip");
        if (bytes) session.followTree((await readSession(bytes)).tree);
        session.become("queued");
        this.worker.enqueue(session);
      } catch {
        session.become("paused"); // resuming it tells what is wrong with its file
      }
    }
  }

  private goOn(session: Session): void {
    session.falls = 0;
    if (session.record.status !== "running" && session.record.status !== "loading") session.become("queued");
    this.worker.enqueue(session);
    this.keeper.tell(session);
  }

  /** A session that has not begun is asked for anew. */
  private async askAgain(session: Session, changes: Changes): Promise<void> {
    const { id, record } = session;
    const request = { ...record.request, ...changes };
    const image = await this.platform.store.read(id, "image");
    const mask = await this.platform.store.read(id, "mask");
    const run = await this.runs.begun(request, { image, mask }, session);
    record.request = request;
    await this.runs.hold(session, run);
  }

  /** A command that leads to another node; it goes on at once when asked to, or where it was going on. */
  private branch(
    id: string,
    resume: boolean | undefined,
    work: (session: Session) => Promise<void>,
  ): Promise<SessionView> {
    return this.atRest(id, async (session) => {
      refuseUnbegun(session);
      const held = this.runs.heldOf(session);
      if (held) await this.keeper.save(session, held); // what the file says is where it is
      const goesOn = resume ?? session.wanted;
      await work(session);
      const run = await this.runs.of(session);
      await this.keeper.save(session, run);
      const isOver = session.record.step >= session.record.steps;
      await this.keeper.settle(session, run);
      if (goesOn && !isOver) return this.goOn(session);
      this.worker.withdraw(session);
      session.become(isOver ? "finished" : "paused");
      await this.keeper.save(session);
    });
  }

  /** Where it stands becomes what is seen of it. */
  private async rest(session: Session): Promise<void> {
    if (["finished", "failed", "cancelled"].includes(session.record.status)) return; // it ended in the meantime
    const run = this.runs.heldOf(session);
    session.become(session.record.nodes.length > 0 && run?.status === "finished" ? "finished" : "paused");
    this.keeper.tell(session);
    if (!run?.history) return this.keeper.save(session);
    await this.keeper.save(session, run);
    await this.keeper.settle(session, run);
    await this.keeper.save(session);
  }

  /** A command between two steps; its end is told. */
  private async atRest(id: string, work: (session: Session) => Promise<void>): Promise<SessionView> {
    return this.interrupting(id, async (session) => {
      await work(session);
      if (this.sessions.has(id)) this.keeper.tell(session);
      return this.keeper.view(session);
    });
  }

  /** Something between two steps. @throws NOT_FOUND */
  private async interrupting<Result>(id: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = this.session(id);
    session.interruptions++;
    return session.exclusive(async () => {
      session.interruptions--;
      return work(this.session(id)); // it may have been deleted meanwhile
    });
  }

  private session(id: string): Session {
    const session = this.sessions.get(id);
    if (!session) throw new Refusal("NOT_FOUND", "there is no such session", "it may be in the bin: restore it");
    return session;
  }
}

function refuseWhen({ record }: Session, statuses: readonly string[], verb: string, hint?: string): void {
  if (statuses.includes(record.status)) throw new Refusal("CONFLICT", `${verb}: the session is ${record.status}`, hint);
}

function refuseUnbegun({ record }: Session): void {
  if (record.nodes.length === 0) {
    throw new Refusal("CONFLICT", "the session has not begun: there is no picture yet", "wait for its first step");
  }
}
