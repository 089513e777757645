/** Keeps the store at what the service says: once at the start, then by its events. */
import { ServiceError, service } from "../api/client.js";
import type { Listener } from "../api/listen.js";
import type { Loss, PreviewEvent, Problem, Session, StepEvent, Summary } from "../api/types.js";
import { plainNotice } from "../shell/format.js";
import { clearStage, open, tell } from "./actions.js";
import { get, set, useStudio } from "./store.js";
import { takeAnswer, takeState, takeSummary } from "./take.js";

const RETRY_MS = 2000;

/** The token of the address, where there is one, becomes a cookie, and the session of the address is wanted. */
async function enter(): Promise<void> {
  const token = /^#(?:.*&)?token=([^&]+)/.exec(location.hash)?.[1];
  if (token === undefined) return;
  history.replaceState(undefined, "", location.pathname);
  await service.enter(token);
}

function wantOfAddress(): void {
  const [, isGrid, id] = /^#\/(grid\/)?([^/]+)$/.exec(location.hash) ?? [];
  const place = isGrid ? { wanted: undefined, grid: id } : { wanted: id, grid: undefined };
  const { wanted, grid } = get();
  if (wanted === place.wanted && grid === place.grid) return;
  clearStage();
  set(place);
}

/** Follows everything until the function that is returned is called. */
export function follow(): () => void {
  let isOver = false;
  let stopList = () => {};
  let stopSession = () => {};
  let followed: string | undefined;

  async function begin(): Promise<void> {
    try {
      await enter();
      set({ info: await service.info(), problem: undefined, link: "open" });
      wantOfAddress();
    } catch (error) {
      if (!(error instanceof ServiceError) || isOver) return;
      set({ problem: error.problem, link: error.problem.code === "UNREACHABLE" ? "lost" : "open" });
      setTimeout(() => void begin(), RETRY_MS);
      return;
    }
    stopList = service.listen(undefined, listListener());
  }

  const stopWatching = useStudio.subscribe(({ wanted, info }) => {
    if (!info || wanted === followed) return;
    followed = wanted;
    stopSession();
    stopSession = wanted === undefined ? () => {} : followSession(wanted);
  });
  window.addEventListener("popstate", wantOfAddress);
  void begin();
  return () => {
    isOver = true;
    window.removeEventListener("popstate", wantOfAddress);
    stopWatching();
    stopList();
    stopSession();
  };
}

const onLost = () => {
  if (!document.hidden) set({ link: "lost" });
};

/**
 * Hears full states, and what is newer than the last of them: after a lost connection, events that it knew of come again. What is told once, no state has.
 *
 * @param onState of a full state that no later one came before
 */
function listener<State extends { readonly lastEventId: number }>(
  onState: (state: State) => void,
  onNews: Listener["onEvent"],
): Listener {
  let known = Number.NEGATIVE_INFINITY;
  return {
    onOpen: () => {
      known = Number.NEGATIVE_INFINITY; // whoever answers now may count from elsewhere
      set({ link: "open" });
    },
    onLost,
    onEvent: (name, data, id) => {
      if (name === "state") {
        const state = data as State;
        if (state.lastEventId < known) return;
        known = state.lastEventId;
        onState(state);
      } else if (id > known || toldOnce.has(name)) onNews(name, data, id);
    },
  };
}

const toldOnce: ReadonlySet<string> = new Set(["notice", "problem"]);

/** Of the list. */
export function listListener(): Listener {
  return listener<{ readonly sessions: Summary[]; readonly lastEventId: number }>(
    ({ sessions }) => set({ sessions }),
    (name, data) => {
      if (name === "session") takeSummary(data as Summary);
      if (name === "deleted") takeAway((data as { id: string }).id);
    },
  );
}

function takeAway(id: string): void {
  set(({ sessions }) => ({ sessions: sessions.filter((session) => session.id !== id) }));
  if (get().wanted === id) open(undefined);
}

/** Puts a session on the stage, and what its stream tells of it. @returns ends it */
export function followSession(id: string): () => void {
  void service.session(id).then(takeAnswer, (error: unknown) => {
    if (!(error instanceof ServiceError) || get().wanted !== id) return;
    if (error.problem.status === 404) {
      open(undefined); // there is nothing to wait for: its stream has failed, the connection is there
      set({ link: "open" });
    }
    set({ problem: error.problem });
  });
  return service.listen(id, sessionListener(id));
}

/** Of one session, as long as it is on the stage. */
function sessionListener(id: string): Listener {
  const isWanted = () => get().wanted === id;
  return listener<Session>(
    (session) => {
      if (isWanted()) takeState(session);
    },
    (name, data, eventId) => {
      if (!isWanted()) return;
      if (name === "step") takeStep(data as StepEvent, eventId);
      if (name === "preview") takePreview(data as PreviewEvent, eventId);
      if (name === "notice") takeNotice(data as { text?: string } | string);
      if (name === "problem") set({ problem: data as Problem });
    },
  );
}

function patch(changes: Partial<Session>): void {
  const { session } = get();
  if (session) set({ session: { ...session, ...changes } });
}

function takeStep({ step, steps, losses, rate, etaSeconds }: StepEvent, lastEventId: number): void {
  const { session } = get();
  if (!session) return;
  const loss: Loss = { ...losses, step };
  const earlier = session.losses.filter((known) => known.step < step);
  const status = session.status === "queued" || session.status === "loading" ? "running" : session.status;
  const pace = { rate: rate ?? null, etaSeconds: etaSeconds ?? null };
  patch({ step, steps, status, losses: [...earlier, loss], ...pace, lastEventId });
}

function takePreview({ step, url }: PreviewEvent, lastEventId: number): void {
  const { session } = get();
  if (!session) return;
  const { node } = session;
  const others = session.frames.filter((frame) => frame.node !== node || frame.step !== step);
  patch({ preview: url, frames: [...others, { node, step, url }], lastEventId });
}

function takeNotice(notice: { text?: string } | string): void {
  const text = typeof notice === "string" ? notice : notice.text;
  const { session } = get();
  if (!text || !session) return;
  if (!session.notices.includes(text)) patch({ notices: [...session.notices, text] });
  tell({ text: plainNotice(text) });
}
