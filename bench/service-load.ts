/**
 * Many sessions at once, on the tiny models: how long they wait, how late their events come, how much is done a second.
 *
 *     node --import tsx bench/service-load.ts --sessions 200 --workers 8
 *     node --import tsx bench/service-load.ts --workers 2 --minutes 30     memory, while sessions come and go
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { SessionSummary } from "../src/service/views.js";
import { compileCli } from "../test/support/cli-process.js";
import { Many } from "../test/support/many.js";
import { residentOf } from "./resident.js";

const { values } = parseArgs({
  options: {
    sessions: { type: "string", default: "20" },
    workers: { type: "string", default: "1" },
    steps: { type: "string", default: "20" },
    minutes: { type: "string", default: "0" },
  },
});
const [sessions, workers, steps, minutes] = [values.sessions, values.workers, values.steps, values.minutes].map(
  Number,
) as [number, number, number, number];

interface Seen {
  readonly asked: number;
  begun?: number;
  finished?: number;
}

/** What is heard of sessions on the list's line of events. */
class Watch {
  readonly seen = new Map<string, Seen>();
  /** Milliseconds from a change of status, where it happened, to here. */
  readonly delays: number[] = [];
  private readonly statuses = new Map<string, string>();

  hear({ id, status, updatedAt }: SessionSummary): void {
    const seen = this.seen.get(id);
    if (!seen || this.statuses.get(id) === status) return;
    this.statuses.set(id, status);
    if (status === "queued") return; // that is of this server's own making
    this.delays.push(Date.now() - Date.parse(updatedAt));
    seen.begun ??= Date.now();
    if (status === "finished") seen.finished = Date.now();
  }

  get unfinished(): number {
    return [...this.seen.values()].filter(({ finished }) => finished === undefined).length;
  }
}

function percentiles(numbers: readonly number[]) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  return { p50: at(0.5), p95: at(0.95), most: at(1) };
}

const clean = compileCli();
const many = await Many.start({ workers });
try {
  const watch = new Watch();
  const isOver = { yes: false };
  const listening = many.service.events("/v1/events", (events) => {
    for (const { type, data } of events.splice(0) as { type: string; data: SessionSummary }[]) {
      if (type === "session") watch.hear(data);
    }
    return isOver.yes;
  });
  void listening.catch((error) => {
    if (!isOver.yes) throw error; // its end closes the line, which is how this one ends
  });
  const ask = async (seed: number) => {
    const asked = Date.now();
    const request = { prompts: "a red apple", size: [32, 32], cutouts: 4, seed, steps };
    watch.seen.set((await many.service.create(request)).id, { asked });
  };
  const began = Date.now();
  for (let i = 0; i < sessions; i++) await ask(i);
  const memory: { server: number; worker: number }[] = [];
  const end = began + minutes * 60_000;
  for (let i = sessions; Date.now() < end; i++) {
    await sleep(1000);
    if (watch.unfinished < sessions) await ask(i);
    const [first] = many.workers;
    const held = (pid: number | undefined) => Math.round(residentOf(pid));
    memory.push({ server: held(many.service.child.pid), worker: held(first?.child.pid) });
  }
  while (watch.unfinished > 0) await sleep(100);
  isOver.yes = true;
  const seconds = (Date.now() - began) / 1000;
  const all = [...watch.seen.values()];
  const waits = all.map(({ asked, begun = asked }) => begun - asked);
  const rate = Math.round((all.length * steps * 10) / seconds) / 10;
  const tenths = Array.from({ length: 11 }, (_, i) => memory[Math.round((i / 10) * (memory.length - 1))]);
  const shape = memory.length > 0 && { memoryByTenths: tenths };
  const figures = { waitMs: percentiles(waits), eventDelayMs: percentiles(watch.delays), stepsPerSecond: rate };
  console.log(JSON.stringify({ workers, sessions: all.length, steps, seconds, ...figures, ...shape }));
} finally {
  await many.end();
  await clean();
}
