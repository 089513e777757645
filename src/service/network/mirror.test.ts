import { expect, test } from "vitest";
import { newRecord, type SessionRecord } from "../record.js";
import type { Session } from "../session.js";
import type { Sessions } from "../sessions.js";
import type { SharedStore } from "../shared-store.js";
import { Mirror } from "./mirror.js";

const settings = { seed: 7, steps: 9 } as Parameters<typeof newRecord>[0]["settings"];
const recordOf = (id: string, facts: Partial<SessionRecord>): SessionRecord => ({
  ...newRecord({ id, kind: "create", request: {}, promptImages: 0, peakBytes: 1, settings }),
  ...facts,
});

/** A mirror of what is in a store, and what it tells. */
function mirrored(stored: Map<string, SessionRecord>) {
  const [known, told] = [new Map<string, Session>(), [] as string[]];
  const sessions = {
    has: (id: string) => known.has(id),
    find: (id: string) => known.get(id),
    add: (session: Session) => known.set(session.id, session),
    forget: (session: Session) => known.delete(session.id),
    get all() {
      return [...known.values()];
    },
    keeper: {
      tell: ({ record }: Session) => told.push(`${record.status} ${record.step}`),
      stepped: (_: Session, { step }: { step: number }) => told.push(`step ${step}`),
      tellDeleted: () => told.push("deleted"),
    },
  } as unknown as Sessions;
  const store = {
    ids: async () => [...stored.keys()],
    has: async (id: string) => stored.has(id),
    read: async (id: string) => Buffer.from(JSON.stringify(stored.get(id))),
  } as unknown as SharedStore;
  return { mirror: new Mirror(sessions, store), known, told };
}

test("of what holders tell, nothing older than what was heard counts: by their number, and by that of the message", () => {
  const { mirror, known, told } = mirrored(new Map());
  const state = (epoch: number, number: number, step: number) =>
    mirror.hear({ session: "a", epoch, number, type: "state", data: recordOf("a", { status: "running", step }) });
  state(2, 1, 5);
  state(1, 9, 4); // of a holder that was replaced
  mirror.hear({ session: "a", epoch: 1, number: 10, type: "step", data: { step: 5 } });
  mirror.hear({ session: "a", epoch: 2, number: 2, type: "step", data: { step: 6 } });
  state(2, 1, 5);
  mirror.own("a", 3);
  state(3, 4, 7);
  state(4, 1, 8);
  expect([told, known.get("a")?.record.step]).toEqual([["running 5", "step 6", "running 8"], 8]);
});

test("what is new in the store is found, what is gone is forgotten, and what nobody tells of is read again", async () => {
  const stored = new Map([["a", recordOf("a", { status: "queued", updatedAt: "1" })]]);
  const { mirror, told } = mirrored(stored);
  await mirror.refresh(() => false);
  stored.set("a", recordOf("a", { status: "finished", step: 9, updatedAt: "2" }));
  await mirror.refresh(() => false);
  stored.set("a", recordOf("a", { status: "paused", updatedAt: "3" })); // those who change what is finished tell it
  await mirror.refresh(() => false);
  stored.clear();
  await mirror.refresh(() => false);
  expect(told).toEqual(["queued 0", "finished 9", "deleted"]);
});
