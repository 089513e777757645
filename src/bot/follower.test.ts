/** What a message goes through when lines break and time runs out; with real services it is in test/e2e/bot.test.ts. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DiscordApi } from "./discord-api.js";
import { Follower } from "./follower.js";
import type { ServiceClient, ServiceEvent } from "./service-client.js";

const view = {
  id: "ab",
  status: "running",
  position: null,
  step: 1,
  steps: 9,
  etaSeconds: null,
  preview: "/v1/sessions/ab/preview/1/1.webp",
  settings: { prompts: "a cat", seed: 7 },
  nodes: [],
};
const state = (changes: object = {}, id?: string): ServiceEvent => ({
  id,
  type: "state",
  data: { ...view, ...changes },
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** @param lines of events, each of which breaks at its end; the last stays open */
function follow(lines: readonly (readonly ServiceEvent[])[], refuse = 0) {
  const [edits, since, faults, pictures]: [string[], (string | undefined)[], string[], string[]] = [[], [], [], []];
  let [line, refusals] = [0, refuse];
  const service = {
    async *events(_: string, signal: AbortSignal, lastId?: string) {
      since.push(lastId);
      yield* lines[line++] ?? [];
      if (line >= lines.length) {
        await new Promise((_, failed) => signal.addEventListener("abort", () => failed(signal.reason)));
      }
    },
    bytes: async (path: string) => {
      pictures.push(path);
      return new Uint8Array(3);
    },
  } as unknown as ServiceClient;
  const discord = {
    editAnswer: async (_: string, __: string, message: { content: string }) => {
      if (refusals-- > 0) throw new Error("PATCH: Discord's API answered 500");
      const [first, ...rest] = message.content.split("\n");
      edits.push(rest.join(" | ") || (first as string));
    },
  } as unknown as DiscordApi;
  const follower = new Follower(service, discord, {
    session: "ab",
    owner: "1",
    reply: { application: "2", token: "t" },
    interval: 3000,
    onFault: (text) => faults.push(text),
  });
  return { follower, done: follower.follow(), edits, since, faults, pictures };
}

test("a line that breaks is taken up where it broke; the end is the whole picture, and one edit", async () => {
  const step = { id: "8", type: "step", data: { step: 2, steps: 9, etaSeconds: 4.2 } };
  const { done, edits, since, pictures } = follow([[state(), step], [state({ status: "finished", step: 9 })]]);
  await vi.advanceTimersByTimeAsync(5000);
  await done;
  expect(since).toEqual([undefined, "8"]);
  expect(edits.at(-1)).toBe("finished: step 9 of 9");
  expect(edits.filter((edit) => edit.startsWith("finished"))).toHaveLength(1);
  expect(pictures.at(-1)).toBe("/v1/sessions/ab/picture.png");
});

test("what stays the same is not sent again; what Discord refuses is tried anew, and told without a token", async () => {
  const { follower, done, edits, faults, pictures } = follow([[state()]], 1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(edits).toEqual(["running: step 1 of 9"]);
  expect(faults).toEqual(["session ab: PATCH: Discord's API answered 500"]);
  expect(new Set(pictures)).toEqual(new Set([view.preview]));
  follower.stop();
  await done;
  expect(edits).toHaveLength(1); // another one edits it from now on
});

test("Discord takes edits for 15 minutes: the last one says how to see more", async () => {
  const { done, edits } = follow([[state()]]);
  await vi.advanceTimersByTimeAsync(15 * 60_000);
  await done;
  expect(edits.at(-1)).toMatch(/^running: step 1 of 9 \| .*press a button/);
});

test("a session that is deleted meanwhile", async () => {
  const { done, faults, edits } = follow([[state(), { id: "9", type: "deleted", data: { id: "ab" } }]]);
  await vi.advanceTimersByTimeAsync(100);
  await done;
  expect(faults).toEqual(["session ab: it was deleted"]);
  expect(edits.at(-1)).toBe("The picture is gone.");
});
