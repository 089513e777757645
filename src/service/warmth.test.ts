import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Platform, ServedRun } from "./platform.js";
import { Queue } from "./queue.js";
import type { Session } from "./session.js";
import { Warmth } from "./warmth.js";

const DAY = 24 * 3_600_000;
let told: string[];
let line: Queue;
let warmth: Warmth;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  line = new Queue();
  const keepPrograms = () => {
    told.push("keep");
    return async () => void told.push("let go");
  };
  warmth = new Warmth(
    { vq: { keepPrograms }, encodePreview: async () => new Uint8Array() } as unknown as Platform,
    line,
  );
});
afterEach(() => {
  warmth.close();
  vi.useRealTimers();
});

/** Says what is done with it. @param load what its loading does */
function run(name: string, settings: object = {}, load = async () => {}): ServedRun {
  const device = async () => {
    told.push(`load ${name}`);
    await load();
  };
  const all = { prompts: "a castle", seed: 1, steps: 5, size: [32, 32], candidates: 1, ...settings };
  return { settings: all, device, dispose: async () => void told.push(`free ${name}`) } as unknown as ServedRun;
}
const settled = () => vi.advanceTimersByTimeAsync(10);

test("what a form asks for is loaded once, whatever its words and seed, and let go when nobody has looked for a while", async () => {
  warmth.offer(run("a"));
  await settled();
  warmth.offer(run("b", { prompts: "two towers", seed: 2, steps: 9 }));
  await settled();
  warmth.offer(run("c", { prompts: "a castle | fog" }));
  await settled();
  expect(told.splice(0)).toEqual(["keep", "load a", "free a", "load c", "free c"]);
  await vi.advanceTimersByTimeAsync(DAY);
  expect(told.splice(0)).toEqual(["let go"]);
  warmth.offer(run("d", { prompts: "a castle | fog" }));
  await settled();
  expect(told).toEqual(["keep", "load d", "free d"]);
});

test("never while somebody runs or waits; afterwards anew, as who ran may have loaded something else", async () => {
  warmth.offer(run("a"));
  await settled();
  line.add({ id: "1", record: {} } as Session);
  warmth.offer(run("b", { size: [64, 64] }));
  line.active = line.next();
  warmth.offer(run("c", { size: [64, 64] }));
  await settled();
  expect(told.splice(0)).toEqual(["keep", "load a", "free a"]);
  line.active = undefined;
  warmth.offer(run("d"));
  await settled();
  expect(told).toEqual(["load d", "free d"]);
});

test("one after the other, of what came meanwhile the last; what fails is not tried again and again", async () => {
  let ready = () => {};
  warmth.offer(run("a", {}, () => new Promise<void>((done) => (ready = done))));
  await settled();
  warmth.offer(run("b", { size: [64, 64] }));
  warmth.offer(run("c", { size: [48, 48] }, () => Promise.reject(new Error("too large"))));
  await settled();
  expect(told.splice(0)).toEqual(["keep", "load a"]);
  ready();
  await settled();
  warmth.offer(run("d", { size: [48, 48] }));
  await settled();
  expect(told).toEqual(["free a", "load c", "free c"]);
});

test("starts are not drawn before they are asked for", async () => {
  warmth.offer(run("a", { candidates: 50 }));
  await settled();
  expect(told).toEqual([]);
});
