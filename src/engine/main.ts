/** The process of an engine: it opens sessions, runs them and answers, until whoever started it is gone. */
import { VqganClipError } from "../core/errors.js";
import type { ProgramModel, Session, SessionRequest } from "../runtime/engine.js";
import { ownEngine } from "../runtime/own-engine.js";
import { type Answer, type Question, type Results, revived, type SentRequest } from "./messages.js";

/** A request as it was before it travelled. */
function asked({ models, ...request }: SentRequest): SessionRequest {
  return { ...request, modelFor: (device) => models.get(device) as ProgramModel };
}

const sessions = new Map<number, Session>();

async function answered(question: Question): Promise<Results[Question["kind"]]> {
  const { kind, session: number } = question;
  if (kind === "open") {
    const { session, device, refused } = await ownEngine.open(asked(question.request));
    sessions.set(number, session);
    return { device, refused };
  }
  const session = sessions.get(number);
  if (!session) throw new Error(`engine: there is no session ${number}`);
  if (kind === "run") return session.run(revived(question.feeds));
  sessions.delete(number);
  await session.release();
  return undefined;
}

function say(answer: Answer): void {
  process.send?.(answer, () => {}); // when nobody listens any more, "disconnect" comes too
}

process.on("message", (question: Question) => {
  const { id } = question;
  answered(question).then(
    (result) => say({ id, result }),
    (error: unknown) => {
      const { message } = error instanceof Error ? error : new Error(String(error));
      say({
        id,
        error: error instanceof VqganClipError ? { code: error.code, message, hint: error.hint } : { message },
      });
    },
  );
});
process.on("disconnect", () => process.exit());
// A terminal sends these to all of its processes; whoever started this one decides what becomes of it.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
