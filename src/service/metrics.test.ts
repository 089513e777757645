import { expect, test } from "vitest";
import { Forecast } from "./forecast.js";
import { Meter, metricsText } from "./metrics.js";
import { Queue } from "./queue.js";
import type { Session } from "./session.js";

test("how things stand, as Prometheus reads it", () => {
  const queue = new Queue();
  const sessions = ["running", "queued", "queued"].map((status) => ({
    record: { status, step: 0, steps: 4, stepSeconds: 0.5 },
  })) as unknown as Session[];
  for (const session of sessions) queue.add(session);
  queue.next();
  const meter = new Meter();
  for (const seconds of [undefined, 0.5, 0.25]) meter.stepped(seconds);
  const text = metricsText({
    sessions,
    line: queue,
    forecast: new Forecast(queue, []),
    meter,
    bytes: new Map([
      [undefined, 1000],
      ["alice", 234],
    ]),
  });
  const samples = Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(" ")),
  );
  expect(samples).toMatchObject({
    'vqgan_clip_sessions{status="queued"}': "2",
    'vqgan_clip_sessions{status="running"}': "1",
    'vqgan_clip_sessions{status="failed"}': "0",
    vqgan_clip_queue_length: "2",
    vqgan_clip_queue_seconds: "6",
    vqgan_clip_steps_total: "3",
    vqgan_clip_step_seconds_sum: "0.75",
    vqgan_clip_step_seconds_count: "2",
    vqgan_clip_engine_restarts_total: "0",
    vqgan_clip_kept_bytes: "1234",
    'vqgan_clip_key_bytes{key="alice"}': "234",
  });
  expect(text).toMatch(
    /^(# HELP \w+ .+\n# TYPE \w+ (gauge|counter|summary)\n([\w]+(\{(status|key)="\w+"\})? [\d.]+\n)+)+$/,
  );
});
