/** Commands to a session that leave it on its way: other settings, a rest, the end, the bin. */
import { over } from "../sessions/run-status.js";
import type { SessionChanges } from "../sessions/session-tree.js";
import { Refusal } from "./errors.js";
import { isOver, isUnfinished } from "./record.js";
import type { Changes } from "./requests.js";
import { Session } from "./session.js";
import { refuseWhen, type Sessions } from "./sessions.js";
import { readUploads } from "./uploads.js";
import type { SessionView } from "./views.js";

export class Commands {
  constructor(private readonly sessions: Sessions) {}

  /** Other settings, from the next step on. @throws BAD_ARGUMENT, BAD_PROMPT, CONFLICT */
  async change(id: string, changes: Changes): Promise<SessionView> {
    const { runs, keeper } = this.sessions;
    return this.sessions.atRest(id, async (session) => {
      refuseWhen(session, ["cancelled"], "change");
      const { record } = session;
      refuseDone(session, changes);
      refuseSteps(session, changes);
      if (changes.steps !== undefined) this.sessions.admission.requireChange(session, changes);
      const run = await runs.of(session);
      const before = runs.textNotices(run);
      if (run.history) run.resume(changes as SessionChanges);
      else await this.askAgain(session, changes);
      const after = runs.textNotices(runs.heldOf(session) ?? run);
      session.forget(before.filter((text) => !after.includes(text)));
      await keeper.save(session, runs.heldOf(session));
      if (record.status === "finished" && record.step < record.steps) session.become("paused");
    });
  }

  /** After the step that is being taken. @throws CONFLICT */
  async pause(id: string): Promise<SessionView> {
    const waiting = this.sessions.find(id);
    if (waiting.record.status === "paused") return this.sessions.keeper.view(waiting);
    refuseWhen(waiting, over, "pause");
    this.sessions.turns.withdraw(waiting);
    return this.sessions.atRest(id, (session) => this.rest(session));
  }

  /** It waits for its turn. @throws CONFLICT, NOT_ALLOWED when its time is over, STORAGE_FULL, TOO_MANY */
  async resume(id: string): Promise<SessionView> {
    const session = this.sessions.find(id);
    refuseWhen(session, ["cancelled"], "resume", "fork it");
    refuseWhen(session, ["finished"], "resume", "change its steps, fork it or paint on it");
    await this.sessions.admission.requireStorage(session.record.owner);
    this.sessions.admission.requireRoomFor(session);
    await this.sessions.goOn(session);
    return this.sessions.keeper.view(session);
  }

  /** It may run for so many seconds more (null: as long as it likes); whether it goes on is asked for apart. */
  async extend(id: string, seconds: number | null): Promise<SessionView> {
    return this.sessions.atRest(id, async (session) => {
      const { record } = session;
      if (seconds === null) delete record.maxSeconds;
      else record.maxSeconds = record.runSeconds + seconds;
      session.touch();
      await this.sessions.keeper.save(session);
    });
  }

  /** It rests after the step that is being taken though nobody has paused it, unless it rests already. @param why in words */
  async hold(id: string, why: string): Promise<SessionView> {
    this.sessions.turns.withdraw(this.sessions.find(id));
    return this.sessions.atRest(id, async (session) => {
      if (isUnfinished(session.record)) await this.rest(session, why);
    });
  }

  /** Given up after the step that is being taken; what it has is kept. @throws CONFLICT */
  async cancel(id: string): Promise<SessionView> {
    const { runs, keeper, turns } = this.sessions;
    refuseWhen(this.sessions.find(id), ["finished"], "cancel");
    turns.withdraw(this.sessions.find(id));
    return this.sessions.atRest(id, async (session) => {
      if (session.record.status === "running") await this.rest(session);
      session.become("cancelled");
      await keeper.save(session);
      await runs.drop(session);
    });
  }

  /** Into the bin. */
  async remove(id: string): Promise<void> {
    const { runs, keeper, turns, store } = this.sessions;
    turns.withdraw(this.sessions.find(id));
    await this.sessions.atRest(id, async (session) => {
      if (session.record.status === "running" || session.record.status === "queued") session.become("paused");
      await keeper.save(session, runs.heldOf(session));
      await runs.drop(session);
      this.sessions.forget(session);
      await store.discard(id);
      keeper.tellDeleted(session);
    });
  }

  /** Out of the bin; it rests. @throws NOT_FOUND */
  async restore(id: string): Promise<SessionView> {
    const { keeper, store } = this.sessions;
    if (this.sessions.has(id)) return keeper.view(this.sessions.find(id));
    const session = new Session(await store.restore(id));
    this.sessions.add(session);
    keeper.tell(session);
    return keeper.view(session);
  }

  /** A session that has not begun is asked for anew. */
  private async askAgain(session: Session, changes: Changes): Promise<void> {
    const { runs, store } = this.sessions;
    const { record } = session;
    const request = { ...record.request, ...changes };
    const run = await runs.begun(request, await readUploads(store, session.id), session);
    record.request = request;
    await runs.hold(session, run);
  }

  private async rest(session: Session, why?: string): Promise<void> {
    if (isOver(session.record)) return; // it ended in the meantime
    await this.sessions.keeper.rest(session, this.sessions.runs.heldOf(session), why);
  }
}

/** Frames that are styled have all the same number of steps. @throws CONFLICT */
function refuseSteps({ record: { film } }: Session, { steps }: Changes): void {
  if (film?.sources && steps !== undefined) throw new Refusal("CONFLICT", "change: steps of frames stay as they are");
}

/** Other settings of steps that are all done would make a branch that does nothing. @throws CONFLICT */
function refuseDone({ record: { status, step, steps } }: Session, changes: Changes): void {
  if (status !== "finished" || Object.keys(changes).length === 0 || (changes.steps ?? steps) > step) return;
  const hint = "ask for more steps too, fork it at a kept step, or paint on it";
  throw new Refusal("CONFLICT", `change: the session is finished, all its ${step} steps are done`, hint);
}
