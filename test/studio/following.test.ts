/** What the page takes of a session's stream, whatever comes twice, late or from another server. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Service, serveBy, service } from "../../studio/src/api/client.js";
import type { Listener } from "../../studio/src/api/listen.js";
import type { Session } from "../../studio/src/api/types.js";
import { followSession, listListener } from "../../studio/src/state/follow.js";
import { get, set } from "../../studio/src/state/store.js";
import { takeAnswer, takeSummary } from "../../studio/src/state/take.js";

const session = (changes: Partial<Session>): Session => ({
  id: "a",
  title: "a boat",
  status: "running",
  step: 0,
  steps: 100,
  createdAt: "2026-01-01",
  updatedAt: "2026-01-01",
  node: 1,
  settings: { prompts: "a boat" },
  notices: [],
  losses: [],
  nodes: [],
  frames: [],
  hasPicture: false,
  lastEventId: 0,
  ...changes,
});
const stepEvent = (step: number) => ({ step, steps: 100, losses: { total: 1 / step, prompts: [] } });

const real = service;
let stream: Listener;
let answer: (session: Session) => void;
beforeEach(() => {
  serveBy({
    ...real,
    session: () => new Promise((done) => (answer = done)),
    listen: (_, listener) => {
      stream = listener;
      return () => {};
    },
  } as Service);
  set({ wanted: "a", session: undefined, sessions: [] });
  followSession("a");
});
afterEach(() => serveBy(real));

const shown = () => {
  const { status, step } = get().session as Session;
  return [status, step];
};

test("an answer that comes behind what the stream has told does not take its place; a newer one does", async () => {
  stream.onEvent("state", session({ status: "finished", step: 100, lastEventId: 12 }), 12);
  answer(session({ status: "queued", lastEventId: 3 }));
  await new Promise(setImmediate);
  expect(shown()).toEqual(["finished", 100]);
  takeAnswer(session({ status: "running", step: 99, lastEventId: 11 }));
  expect(shown()).toEqual(["finished", 100]);
  takeAnswer(session({ status: "paused", step: 100, lastEventId: 13 }));
  expect(shown()).toEqual(["paused", 100]);
});

test("steps make what is shown newer too, and the first answer is taken while the stream is silent", async () => {
  answer(session({ step: 4, lastEventId: 3 }));
  await new Promise(setImmediate);
  expect(shown()).toEqual(["running", 4]);
  stream.onEvent("step", stepEvent(5), 7);
  takeAnswer(session({ status: "paused", step: 4, lastEventId: 6 }));
  expect(shown()).toEqual(["running", 5]);
});

test("after a lost connection, what its full state knows already is not shown once more", () => {
  stream.onOpen();
  stream.onEvent("state", session({ step: 50, lastEventId: 90, losses: [{ step: 50, total: 1, prompts: [] }] }), 30);
  stream.onEvent("state", session({ status: "loading", step: 20, lastEventId: 34 }), 35);
  stream.onEvent("step", stepEvent(21), 36);
  stream.onEvent("preview", { step: 21, url: "old", width: 1, height: 1 }, 37);
  expect(shown()).toEqual(["running", 50]);
  expect(get().session?.preview).toBeUndefined();
  stream.onEvent("notice", { text: "the engine fell" }, 38); // told once, at whatever time
  expect(get().session?.notices).toEqual(["the engine fell"]);
  stream.onEvent("step", stepEvent(51), 91);
  expect(shown()).toEqual(["running", 51]);
});

test("another server, which counts from elsewhere, is believed from its first word on", () => {
  stream.onEvent("state", session({ step: 50, lastEventId: 9000 }), 9000);
  stream.onOpen();
  stream.onEvent("state", session({ step: 60, lastEventId: 10 }), 10);
  stream.onEvent("step", stepEvent(61), 11);
  expect(shown()).toEqual(["running", 61]);
});

test("of the list too, what its full state knows already is not done once more: a session that came back stays", () => {
  const list = listListener();
  list.onEvent("state", { sessions: [session({})], lastEventId: 90 }, 30);
  list.onEvent("deleted", { id: "a" }, 40);
  list.onEvent("session", session({ status: "paused" }), 50);
  expect(get().wanted).toBe("a");
  expect(get().sessions.map(({ status }) => status)).toEqual(["running"]);
  list.onEvent("session", session({ status: "finished" }), 91);
  expect(get().sessions.map(({ status }) => status)).toEqual(["finished"]);
});

test("a session that comes back from the bin is in the list where it was", () => {
  for (const id of ["1", "3", "2"]) takeSummary(session({ id, createdAt: `2026-01-0${id}` }));
  takeSummary(session({ id: "1", createdAt: "2026-01-01", status: "paused" }));
  expect(get().sessions.map(({ id, status }) => `${id} ${status}`)).toEqual(["3 running", "2 running", "1 paused"]);
});
