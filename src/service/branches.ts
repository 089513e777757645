/** Commands that lead a session to another node of its tree: forks, other nodes, paint. */
import { requires } from "../core/errors.js";
import type { SessionChanges } from "../sessions/session-tree.js";
import { Refusal } from "./errors.js";
import type { ForkAsked, PaintAsked } from "./requests.js";
import type { Session } from "./session.js";
import { refuseUnbegun, type Sessions } from "./sessions.js";
import { bytesOf, type Uploads, uploaded } from "./uploads.js";
import type { SessionView } from "./views.js";

export class Branches {
  constructor(private readonly sessions: Sessions) {}

  /** A new node at a kept step (default: where the node stands), which from now on goes on. @throws BAD_ARGUMENT, CONFLICT, STORAGE_FULL */
  async fork(id: string, { resume, node, at, ...changes }: ForkAsked): Promise<SessionView> {
    const { runs } = this.sessions;
    const { admission } = this.sessions;
    await admission.requireStorage(this.sessions.find(id).record.owner);
    return this.branch(id, resume, async (session) => {
      admission.requireChange(session, changes);
      const of = session.record.nodes.find((each) => each.id === (node ?? session.record.node));
      const forked = await runs.reopened(session, { ...changes, ...(node && { node }), at: at ?? of?.step ?? 0 });
      await runs.hold(session, forked);
    });
  }

  /** Another node goes on, as it is. @throws BAD_ARGUMENT, CONFLICT */
  async switchTo(id: string, node: number): Promise<SessionView> {
    const { runs } = this.sessions;
    return this.branch(id, false, async (session) => {
      await runs.hold(session, await runs.reopened(session, { node }));
    });
  }

  /** Goes on from its picture as somebody painted it over. @throws BAD_ARGUMENT, BAD_IMAGE, BAD_MODEL, CONFLICT, STORAGE_FULL */
  async paint(id: string, { resume = true, ...asked }: PaintAsked, { image, mask }: Uploads): Promise<SessionView> {
    requires(image, "BAD_ARGUMENT", () => "image: none was given", "send the painted picture as the field image");
    const picture = await uploaded(this.sessions.platform, image, "image");
    const { admission } = this.sessions;
    const { owner } = this.sessions.find(id).record;
    return admission.storing(owner, bytesOf({ image, mask }), () =>
      this.branch(id, resume, async (session) => {
        admission.requireChange(session, asked);
        const run = await this.sessions.runs.of(session);
        await run.edit({ ...(asked as SessionChanges), image: picture, ...(mask && { mask }) });
      }),
    );
  }

  /** It goes on at once when asked to, or where it was going on. */
  private branch(
    id: string,
    resume: boolean | undefined,
    work: (session: Session) => Promise<void>,
  ): Promise<SessionView> {
    const { runs, keeper, turns, admission } = this.sessions;
    return this.sessions.atRest(id, async (session) => {
      refuseUnbegun(session);
      refuseStyled(session);
      const held = runs.heldOf(session);
      if (held) await keeper.save(session, held); // what the file says is where it is
      const goesOn = resume ?? session.wanted;
      if (goesOn) admission.requireRoomFor(session);
      await work(session);
      const run = await runs.of(session);
      await keeper.save(session, run);
      const isOver = session.record.step >= session.record.steps;
      await keeper.settle(session, run);
      if (goesOn && !isOver) return this.sessions.goOn(session);
      turns.withdraw(session);
      session.become(isOver ? "finished" : "paused");
      await keeper.save(session);
    });
  }
}

/** Frames that are styled follow one another: there is no way back to one. @throws CONFLICT */
function refuseStyled({ record: { film } }: Session): void {
  if (!film?.sources) return;
  throw new Refusal(
    "CONFLICT",
    "frames that are styled have no branches",
    "pause it and change its prompts, or begin anew",
  );
}
