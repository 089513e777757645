import { expect, test } from "vitest";
import { Admission } from "./admission.js";
import { Forecast } from "./forecast.js";
import { Queue } from "./queue.js";
import type { Session } from "./session.js";

const of = (owner: string | undefined, wanted = true) =>
  ({ wanted, record: { owner, step: 0, steps: 10, stepSeconds: 2 } }) as Session;
const refused = { code: "TOO_MANY", retryAfter: expect.any(Number) };

test("no more wait than may, those included that are about to", async () => {
  const queue = new Queue();
  const admission = new Admission(queue, new Forecast(queue, []), { maxWaiting: 2 });
  queue.add(of(undefined));
  let settle = () => {};
  const first = admission.admitted(undefined, () => new Promise<void>((done) => (settle = done)));
  await expect(admission.admitted(undefined, async () => 1)).rejects.toMatchObject(refused);
  settle();
  await first;
  expect(await admission.admitted(undefined, async () => 1)).toBe(1);
  queue.add(of(undefined));
  expect(() => admission.requireRoomFor(of(undefined, false))).toThrow("2 sessions wait, 2 may");
  expect(() => admission.requireRoomFor(of(undefined))).not.toThrow();
});

test("each owner has so many at once, whatever others have; it is told when to ask again", async () => {
  const queue = new Queue();
  const allowanceOf = (owner: string) =>
    owner === "alice" ? ({ maxSessions: 2, maxPriority: "low" } as const) : undefined;
  const admission = new Admission(queue, new Forecast(queue, []), { allowanceOf });
  for (const owner of ["alice", "bob", "bob", "alice"]) queue.add(of(owner));
  queue.next();
  await expect(admission.admitted("alice", async () => 1)).rejects.toMatchObject({ code: "TOO_MANY", retryAfter: 20 });
  expect(await admission.admitted("bob", async () => 1)).toBe(1);
  expect(await admission.admitted(undefined, async () => 1)).toBe(1);
});

test("a key has a greatest priority, the launch's token has none", () => {
  const queue = new Queue();
  const allowanceOf = () => ({ maxPriority: "normal" }) as const;
  const admission = new Admission(queue, new Forecast(queue, []), { allowanceOf });
  expect(() => admission.requirePriority("alice", "high")).toThrow("the key allows normal, got high");
  for (const priority of ["low", "normal", undefined] as const) admission.requirePriority("alice", priority);
  admission.requirePriority(undefined, "high");
});

test("a session whose time is over is let go on by nobody's key; a key's own time counts before the service's", () => {
  const queue = new Queue();
  const allowanceOf = (owner: string) =>
    owner === "alice" ? ({ maxPriority: "normal", maxRuntime: 5 } as const) : undefined;
  const admission = new Admission(queue, new Forecast(queue, []), { maxRuntime: 60, allowanceOf });
  expect(["alice", "bob", undefined].map((owner) => admission.runtimeOf(owner))).toEqual([5, 60, 60]);
  const late = (runSeconds: number) => ({ wanted: true, record: { runSeconds, maxSeconds: 5 } }) as Session;
  expect(() => admission.requireRoomFor(late(4.9))).not.toThrow();
  expect(() => admission.requireRoomFor(late(5))).toThrow("it has run for 5 s, of 5 that it may");
});

test("work is steps times pixels times cutouts", () => {
  const queue = new Queue();
  const admission = new Admission(queue, new Forecast(queue, []), { maxWork: 100 });
  const size: [number, number] = [1000, 1000];
  expect(() => admission.requireWork({ steps: 25, size, cutouts: 4 })).not.toThrow();
  expect(() => admission.requireWork({ steps: 26, size, cutouts: 4 })).toThrow("26 steps of 1000x1000 with 4 cutouts");
  expect(() => admission.requireWork({ steps: 25, size, cutouts: 5 })).toThrow("125 million pixels, 100 are allowed");
});
