/** A session's full state, as the service tells it, comes into the store and the form. */
import type { Session } from "../api/types.js";
import { promptsOf, rowsOf } from "../prompts/prompt-rows.js";
import { draftOf } from "./draft.js";
import { get, set } from "./store.js";

/** The form takes a session's settings when it comes on the stage, and later prompts that were changed elsewhere. */
export function takeState(session: Session): void {
  const { session: before, wanted, draft, promptsSent, info } = get();
  if (session.id !== wanted) return;
  set({ session });
  if (before?.id !== session.id) {
    set({ draft: draftOf(session.settings, info?.recommended ?? {}) });
    return;
  }
  const prompts = session.settings.prompts ?? "";
  const isElsewhere = prompts !== before.settings.prompts && promptsSent !== "typing";
  if (isElsewhere && promptsOf(draft.rows) !== prompts) set({ draft: { ...draft, rows: rowsOf(prompts) } });
}
