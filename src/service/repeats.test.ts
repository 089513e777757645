import { expect, test } from "vitest";
import { Repeats, repeatableBy } from "./repeats.js";
import type { Session } from "./session.js";

test("a request is told by all that came with it", async () => {
  const [a, b] = [new Uint8Array([1]), new Uint8Array([2])];
  const each = await Promise.all([
    repeatableBy("k", { steps: 1 }, {}),
    repeatableBy("k", { steps: 2 }, {}),
    repeatableBy("k", { steps: 1 }, { image: a }),
    repeatableBy("k", { steps: 1 }, { mask: a }),
    repeatableBy("k", { steps: 1 }, { prompts: [a] }),
    repeatableBy("k", { steps: 1 }, { prompts: [a, b] }),
    repeatableBy("k", { steps: 1 }, { prompts: [new Uint8Array([1, 2])] }),
  ]);
  const sums = each.map(({ sha256 }) => sha256);
  expect(new Set(sums).size).toBe(sums.length);
  expect((await repeatableBy("k", { steps: 1 }, { prompts: [] })).sha256).toBe(sums[0]);
});

test("the same makes one session, at once and later; something else is refused; what failed may be tried again", async () => {
  const all: Session[] = [];
  const repeats = new Repeats(() => all);
  let made = 0;
  const once = (owner: string | undefined, key: string, sha256 = "x") =>
    repeats.once(owner, { key, sha256 }, async () => {
      made++;
      await Promise.resolve();
      const session = { id: String(made), record: { owner, repeatable: { key, sha256 } } } as Session;
      all.push(session);
      return session;
    });
  const [first, second] = await Promise.all([once("alice", "k"), once("alice", "k")]);
  expect([first === second, (await once("alice", "k")) === first, made]).toEqual([true, true, 1]);
  await expect(once("alice", "k", "y")).rejects.toMatchObject({ code: "REUSED_KEY" });
  expect((await once("bob", "k", "y")).id).toBe("2");
  expect((await once(undefined, "k", "z")).id).toBe("3");
  const failing = () => repeats.once("alice", { key: "f", sha256: "x" }, () => Promise.reject(new Error("no")));
  await expect(failing()).rejects.toThrow("no");
  await expect(failing()).rejects.toThrow("no");
});
