/** A session's full state, as the service tells it, comes into the store and the form. */
import type { Session, Summary } from "../api/types.js";
import { promptsOf, rowsOf } from "../prompts/prompt-rows.js";
import { type Draft, draftOf, type PicturePrompt, picturePrompt } from "./draft.js";
import { get, set } from "./store.js";

/** What a request was answered: on its way, the stream may have told of what is newer, and that stays. */
export function takeAnswer(session: Session): void {
  const { session: shown } = get();
  if (shown?.id !== session.id || session.lastEventId >= shown.lastEventId) takeState(session);
}

/** A session of the list, new or as it is now. */
export function takeSummary(one: Summary): void {
  const { sessions } = get();
  const isKnown = sessions.some(({ id }) => id === one.id);
  set({
    sessions: isKnown ? sessions.map((other) => (other.id === one.id ? one : other)) : newestFirst([one, ...sessions]),
  });
}

const newestFirst = (sessions: readonly Summary[]) =>
  [...sessions].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));

/** The form takes a session's settings when it comes on the stage, and later prompts that were changed elsewhere. */
export function takeState(session: Session): void {
  const { session: before, wanted, draft, promptsSent, info } = get();
  if (session.id !== wanted) return;
  set({ session });
  if (before?.id !== session.id) {
    set({ draft: withItsSeed(draftOf(session.settings, info?.recommended ?? {}), draft.seed) });
    void takePictures(session);
    return;
  }
  const prompts = session.settings.prompts ?? "";
  const isElsewhere = prompts !== before.settings.prompts && promptsSent !== "typing";
  if (isElsewhere && promptsOf(draft.rows) !== prompts) set({ draft: { ...draft, rows: rowsOf(prompts) } });
}

/** Its seed is kept for the next picture only where it was kept before: else the next one is another one. */
function withItsSeed(draft: Draft, kept: string): Draft {
  return draft.seed === kept ? draft : { ...draft, seed: "" };
}

/** Its image prompts come into the form, at the size at which they are looked at. */
async function takePictures({ id, promptImages = [], settings }: Session): Promise<void> {
  if (promptImages.length === 0) return;
  const targets = (settings.targets ?? []) as readonly { weight?: number | string; stop?: number | null }[];
  const pictures: PicturePrompt[] = [];
  for (const [i, address] of promptImages.entries()) {
    const response = await fetch(address).catch(() => undefined); // what cannot be shown is left out of the form
    if (!response?.ok) continue;
    const file = new File([await response.blob()], `picture ${i + 1}`, { type: "image/webp" });
    const { weight, stop } = targets[i] ?? {};
    pictures.push(picturePrompt(file, Number(weight ?? 1), stop === null || stop === undefined ? "" : String(stop)));
  }
  if (get().wanted === id) set(({ draft }) => ({ draft: { ...draft, pictures } }));
}
