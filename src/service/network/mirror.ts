/** Sessions as a server knows them: from the store at first, then from what their holders tell. */
import { thinned } from "../previews.js";
import { isUnfinished, parseRecord, type SessionRecord } from "../record.js";
import { Session } from "../session.js";
import type { Sessions } from "../sessions.js";
import type { SharedStore } from "../shared-store.js";
import type { News } from "./news.js";

/** Milliseconds of silence after which a session that is to go on is read from the store again: one that somebody has, and one that nobody has. */
const SILENCE = { had: 30_000, left: 2000 } as const;

export class Mirror {
  /** Which message of which holder came last. */
  private readonly latest = new Map<string, readonly [epoch: number, number: number]>();
  private readonly heardAt = new Map<string, number>();

  constructor(
    private readonly sessions: Sessions,
    private readonly store: SharedStore,
  ) {}

  /** What a holder tells, unless something newer was heard. */
  hear({ session: id, epoch, number, type, data }: Omit<News, "from">): void {
    const [latestEpoch, latestNumber] = this.latest.get(id) ?? [0, -1];
    if (epoch < latestEpoch || (epoch === latestEpoch && number < latestNumber)) return;
    this.latest.set(id, [epoch, number]);
    this.heardAt.set(id, performance.now());
    if (type === "state") this.follow(data as SessionRecord);
    if (type === "state" || !this.sessions.has(id)) return;
    const session = this.sessions.find(id);
    const { keeper } = this.sessions;
    if (type === "step") keeper.stepped(session, data as Parameters<typeof keeper.stepped>[1]);
    else if (type === "notice") keeper.note(session, (data as { text: string }).text);
    else if (type === "preview") {
      const { node, step } = data as { node: number; step: number };
      session.record.frames = thinned([...session.record.frames, { node, step }]);
      session.events.publish("preview", data);
    } else if (type === "deleted") this.forget(session);
  }

  /** This process has had it itself: nothing older counts. */
  own(id: string, epoch: number): void {
    this.latest.set(id, [epoch, Number.POSITIVE_INFINITY]);
    this.heardAt.set(id, performance.now());
  }

  /** Reads again what nothing was heard of, and finds out what other servers have made and deleted. @param isHad whether somebody has it */
  async refresh(isHad: (id: string) => boolean): Promise<void> {
    const before = this.sessions.all;
    const ids = new Set(await this.store.ids());
    for (const session of before) {
      if (ids.has(session.id) || (await this.store.has(session.id, "record.json"))) continue;
      if (this.sessions.has(session.id)) this.forget(session);
    }
    const now = performance.now();
    for (const id of ids) {
      const known = this.sessions.has(id) ? this.sessions.find(id).record : undefined;
      const silence = now - (this.heardAt.get(id) ?? Number.NEGATIVE_INFINITY);
      const isSilent = silence > (isHad(id) ? SILENCE.had : SILENCE.left);
      if (known && (!isUnfinished(known) || !isSilent)) continue;
      const json = await this.store.read(id, "record.json");
      if (!json) continue; // it is being made
      const record = await recordIn(json);
      if (record && record.updatedAt !== known?.updatedAt) this.follow(record);
    }
  }

  private follow(record: SessionRecord): void {
    const session = this.sessions.has(record.id) ? this.sessions.find(record.id) : new Session(record);
    session.mirror(record);
    this.sessions.add(session);
    this.sessions.keeper.tell(session);
  }

  private forget(session: Session): void {
    this.sessions.forget(session);
    this.latest.delete(session.id);
    this.heardAt.delete(session.id);
    this.sessions.keeper.tellDeleted(session);
  }
}

/** Undefined when it is damaged: it is left as it is. */
async function recordIn(json: Uint8Array): Promise<SessionRecord | undefined> {
  try {
    return parseRecord(Buffer.from(json).toString("utf8"));
  } catch {
    return undefined;
  }
}
