import { expect, test, vi } from "vitest";
import type { Session } from "./session.js";
import { Usage } from "./usage.js";

const session = (id: string, owner: string) => ({ id, record: { owner } }) as Session;

/** Owners of sessions a and b; a store whose sizes are as given, by whom they may be held for a time. */
function usageOf(sizes: Map<string, number>, sizesHold: number): Usage {
  const store = { sizes: async () => sizes, sizesHold, binned: async () => undefined };
  return new Usage(store, () => [session("a", "alice"), session("b", "bob")]);
}
const kept = async (usage: Usage, owner: string) => {
  let told = Number.NaN;
  const check = (bytes: number) => {
    told = bytes;
  };
  await usage.reserving(owner, 0, check, async () => undefined);
  return told;
};

test("of two who ask at once for the same room, the second finds what the first is about to write", async () => {
  const usage = usageOf(new Map([["a", 70]]), 0);
  const check = (bytes: number) => {
    if (bytes + 20 > 100) throw new Error(`full at ${bytes}`);
  };
  let settle = () => {};
  const first = usage.reserving("alice", 20, check, () => new Promise<void>((done) => (settle = done)));
  const work = vi.fn(async () => undefined);
  await expect(usage.reserving("alice", 20, check, work)).rejects.toThrow("full at 90");
  expect(work).not.toHaveBeenCalled();
  await usage.reserving("bob", 20, check, work); // whose room is another
  settle();
  await first;
  expect(await kept(usage, "alice")).toBe(70); // it is counted by its size from now on
});

test("what was written counts until a count that is held has it; what failed does not", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const sizes = new Map([["a", 70]]);
    const usage = usageOf(sizes, 5000);
    await usage.reserving(
      "alice",
      20,
      () => {},
      async () => undefined,
    );
    const failing = usage.reserving(
      "alice",
      9,
      () => {},
      () => Promise.reject(new Error("no picture")),
    );
    await expect(failing).rejects.toThrow("no picture");
    expect(await kept(usage, "alice")).toBe(90);
    sizes.set("a", 91);
    vi.advanceTimersByTime(5001);
    expect(await kept(usage, "alice")).toBe(91);
  } finally {
    vi.useRealTimers();
  }
});
