import { expect, test } from "vitest";
import { EventLog } from "./event-log.js";

test("the last 1000 events are kept, by rising ids; those after an id are told again", () => {
  const log = new EventLog();
  const heard: number[] = [];
  const end = log.subscribe(({ id }) => heard.push(id));
  const before = log.lastId;
  for (let i = 0; i < 1200; i++) log.publish("step", i);
  end();
  log.publish("step", 1200);
  expect(heard.length).toBe(1200);
  const kept = log.after(before);
  expect(kept.map(({ data }) => data)).toEqual(Array.from({ length: 1000 }, (_, i) => 201 + i));
  expect(kept.every(({ id }, i) => i === 0 || id > (kept[i - 1]?.id as number))).toBe(true);
  expect(log.after(log.lastId - 2).map(({ data }) => data)).toEqual([1199, 1200]);
});

test("a log that begins later goes on with greater ids", async () => {
  const former = new EventLog();
  for (let i = 0; i < 5; i++) former.publish("step", i);
  await new Promise((done) => setTimeout(done, 5));
  expect(new EventLog().lastId).toBeGreaterThan(former.lastId);
});
