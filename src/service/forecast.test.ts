import { expect, test } from "vitest";
import { Forecast } from "./forecast.js";
import { Queue } from "./queue.js";
import type { SessionRecord } from "./record.js";
import type { Session } from "./session.js";

const session = (record: Partial<SessionRecord>) => ({ record: { step: 0, updatedAt: "", ...record } }) as Session;

test("seconds to wait: arithmetic over the speed that was measured last, or a session's own", () => {
  const queue = new Queue();
  const forecast = new Forecast(queue, []);
  expect([forecast.secondsAhead(), forecast.stepSeconds({ stepFlops: 100 })]).toEqual([0, null]);
  const [running, next, last] = [
    session({ steps: 10, step: 4, stepFlops: 100 }),
    session({ steps: 5, stepFlops: 200 }),
    session({ steps: 7, stepFlops: 50 }),
  ] as [Session, Session, Session];
  for (const each of [running, next, last]) queue.add(each);
  queue.next();
  expect(forecast.secondsAhead(next)).toBeNull();
  running.record.stepSeconds = 2;
  forecast.learn(running.record);
  expect(forecast.stepSeconds({ stepFlops: 50 })).toBe(1);
  expect([next, last, undefined].map((each) => forecast.secondsAhead(each))).toEqual([12, 32, 39]);
});

test("what was measured before the last start counts", () => {
  const records = [
    { stepFlops: 10, stepSeconds: 1, updatedAt: "2026-02" },
    { stepFlops: 10, stepSeconds: 5, updatedAt: "2026-01" },
  ] as SessionRecord[];
  expect(new Forecast(new Queue(), records).stepSeconds({ stepFlops: 30 })).toBe(3);
});
