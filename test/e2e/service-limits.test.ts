/** What keys may use of a service: how long their sessions run, on one machine and on many, and how many bytes of them are kept. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import type { UsageView } from "../../src/service/usage.js";
import type { BinView, SessionView } from "../../src/service/views.js";
import { cli } from "../support/cli.js";
import { Many } from "../support/many.js";
import { hasRedis } from "../support/redis.js";
import { endless, formWith, Service, small } from "../support/service.js";

let folder: string;
let service: Service;
const keys: Record<string, string> = {};
const start = () =>
  Service.start(join(folder, "kept"), {
    more: ["--keys", join(folder, "keys.jsonl"), "--max-runtime", "60"],
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vqgan-clip-limits-"));
  for (const [name, ...options] of [
    ["alice", "--max-runtime", "1"],
    ["bob"],
    ["carol", "--max-stored", "1"],
    ["dave", "--max-stored", "1"],
  ] as const) {
    const { stdout } = await cli(["key", name, "--file", join(folder, "keys.jsonl"), ...options]);
    keys[name] = stdout.toString().trim();
  }
  service = await start();
  return async () => {
    await service.end("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  };
}, 240_000);

/** Asks as somebody, and tells the status and the JSON of the answer. */
async function as(name: string, method: string, path: string, body?: object) {
  const headers = { Authorization: `Bearer ${keys[name]}`, ...(body && { "Content-Type": "application/json" }) };
  const answer = await service.fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return [answer.status, await answer.json().catch(() => undefined)] as [number, SessionView];
}
/** Nothing but grain, of nearly a megabyte. */
async function grain(): Promise<Uint8Array> {
  const create = { width: 575, height: 575, channels: 3, background: "grey" } as const;
  const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
  const png = await sharp({ create: { ...create, noise } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  expect(png.length).toBeLessThan(1e6);
  return png;
}
const rests = ({ status }: SessionView) => status === "paused";
const isLate = { code: "NOT_ALLOWED", detail: expect.stringMatching(/^it has run for \d+ s, of \d+ that it may$/) };

describe("how long a session runs", { timeout: 200_000 }, () => {
  test("it rests after its time and says why; its key may not let it go on, the launch's token may, for as long again", async () => {
    const [, { id }] = await as("alice", "POST", "/v1/sessions", endless);
    const rested = await service.until(id, rests);
    expect(rested).toMatchObject({
      maxSeconds: 1,
      notices: [expect.stringMatching(/^it rests: it has run for \d+ s/)],
    });
    expect(rested.runSeconds).toBeGreaterThanOrEqual(1);
    expect(rested.step).toBeGreaterThan(0);
    expect(rested.losses).toHaveLength(rested.step);
    const { width } = await sharp(await service.bytes(`/v1/sessions/${id}/picture.png`)).metadata();
    expect(width).toBe(32);
    for (let kills = 0; kills < 2; kills++) {
      expect(await as("alice", "POST", `/v1/sessions/${id}/resume`)).toMatchObject([403, isLate]);
      expect(await as("alice", "POST", `/v1/sessions/${id}/fork`, { resume: true })).toMatchObject([403, isLate]);
      await service.end("SIGKILL");
      service = await start();
    }
    const resumed = await service.session("POST", `/${id}/resume`);
    expect(resumed.maxSeconds).toBeCloseTo(rested.runSeconds + 1);
    const again = await service.until(id, (view) => rests(view) && view.step > rested.step);
    expect(again.runSeconds).toBeGreaterThanOrEqual(resumed.maxSeconds as number);
    expect(again.notices).toHaveLength(2);
    await service.send("DELETE", `/v1/sessions/${id}`);
  });

  test("without a time of its own, a key has the server's, and so has the token; a session that ends before is finished", async () => {
    const [, bobs] = await as("bob", "POST", "/v1/sessions", { ...small, steps: 2 });
    expect(bobs.maxSeconds).toBe(60);
    expect((await service.create({ ...small, steps: 2 })).maxSeconds).toBe(60);
    expect((await service.until(bobs.id, ({ status }) => status === "finished")).notices).toEqual([]);
  });

  test("a prediction whose time is over has failed, and says why", async () => {
    const [status, prediction] = await as("alice", "POST", "/predictions", { input: endless });
    expect([status, prediction]).toMatchObject([200, { status: "failed", output: null, error: isLate.detail }]);
  });
});

describe("how many bytes are kept", { timeout: 200_000 }, () => {
  test("more is refused, deleted ones count until the bin is empty, and others are not asked to pay", async () => {
    const usage = async (name: string) => (await as(name, "GET", "/v1/usage"))[1] as unknown as UsageView;
    expect(await usage("carol")).toEqual({ sessions: 0, storedBytes: 0, maxStoredBytes: 1e6 });
    const noise = await grain();
    const send = async () => {
      const body = formWith({ ...small, steps: 1 }, { start: noise });
      return service.fetch("/v1/sessions", {
        method: "POST",
        headers: { Authorization: `Bearer ${keys.carol}` },
        body,
      });
    };
    const made = await send();
    const { id } = (await made.json()) as SessionView;
    expect(made.status).toBe(201);
    const again = await send();
    expect([again.status, again.headers.get("content-type"), await again.json()]).toEqual([
      507,
      "application/problem+json",
      {
        type: "about:blank",
        status: 507,
        code: "STORAGE_FULL",
        title: "No room left",
        detail: expect.stringMatching(/^carol keeps 1\.0 MB, sends 1\.0 MB, and may keep 1\.0 MB$/),
        hint: expect.stringContaining("DELETE /v1/bin"),
      },
    ]);
    await service.until(id, ({ status }) => status === "finished");
    expect((await usage("carol")).storedBytes).toBeGreaterThan(1e6); // with what it has made
    const isFull = [507, { code: "STORAGE_FULL" }];
    expect(await as("carol", "POST", "/v1/sessions", small)).toMatchObject(isFull);
    expect(await as("carol", "POST", `/v1/sessions/${id}/fork`, { steps: 5 })).toMatchObject(isFull);
    expect((await as("bob", "POST", "/v1/sessions", { ...small, steps: 1 }))[0]).toBe(201);
    expect(await (await service.fetch("/metrics")).text()).toMatch(/^vqgan_clip_key_bytes\{key="carol"\} 1\d{6}$/m);

    await as("carol", "DELETE", `/v1/sessions/${id}`);
    expect(await as("carol", "POST", "/v1/sessions", small)).toMatchObject(isFull);
    const binOf = async (name: string) => (await as(name, "GET", "/v1/bin"))[1] as unknown as BinView;
    expect(await binOf("bob")).toEqual({ sessions: [], bytes: 0 });
    const bin = await binOf("carol");
    expect(bin.sessions.map((each) => [each.id, each.title])).toEqual([[id, small.prompts]]);
    expect(bin.bytes).toBeGreaterThan(1e6);
    expect((await as("bob", "DELETE", "/v1/bin"))[0]).toBe(204);
    expect(await as("carol", "POST", "/v1/sessions", small)).toMatchObject(isFull);
    expect((await as("carol", "DELETE", "/v1/bin"))[0]).toBe(204);
    expect(await usage("carol")).toMatchObject({ sessions: 0, storedBytes: 0 });
    expect((await as("carol", "POST", `/v1/sessions/${id}/restore`))[0]).toBe(404);
    expect((await as("carol", "POST", "/v1/sessions", { ...small, steps: 1 }))[0]).toBe(201);
    expect((await usage("bob")).maxStoredBytes).toBe(null);
  });
});

test("a session that runs rests once its owner keeps as much as it may, and goes on when there is room again", {
  timeout: 200_000,
}, async () => {
  const send = (body: FormData) =>
    service.fetch("/v1/sessions", { method: "POST", headers: { Authorization: `Bearer ${keys.dave}` }, body });
  const start = await grain();
  const both = await Promise.all([
    send(formWith({ ...endless, keepEvery: 1 }, { start })),
    send(formWith({ ...endless, keepEvery: 1 }, { start })),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([201, 507]); // at once too, there is room for one
  const made = both.find(({ status }) => status === 201) as Response;
  const { id } = (await made.json()) as SessionView;
  const rested = await service.until(id, rests);
  const why = expect.stringMatching(/^dave keeps 1\.\d MB, and may keep 1\.0 MB$/);
  expect(rested).toMatchObject({ rests: why, notices: [expect.stringMatching(/^it rests: dave keeps/)] });
  const { storedBytes } = (await as("dave", "GET", "/v1/usage"))[1] as unknown as UsageView;
  expect(storedBytes).toBeGreaterThanOrEqual(1e6);
  const files = ["session.vqclip", "picture.png"].map((file) => service.bytes(`/v1/sessions/${id}/${file}`));
  const written = (await Promise.all(files)).reduce((sum, { length }) => sum + length, JSON.stringify(rested).length);
  expect(storedBytes - 1e6).toBeLessThan(2 * written); // what one step writes, over which it came there, and the rest
  expect(await as("dave", "POST", `/v1/sessions/${id}/resume`)).toMatchObject([507, { code: "STORAGE_FULL" }]);
  await as("dave", "DELETE", `/v1/sessions/${id}`);
  await as("dave", "DELETE", "/v1/bin");
  const [status, next] = await as("dave", "POST", "/v1/sessions", { ...small, steps: 2 });
  expect(status).toBe(201);
  expect((await service.until(next.id, ({ status: now }) => now === "finished")).rests).toBe(null);
});

test("a picture is given to others by an address that ends; no other one is answered", {
  timeout: 200_000,
}, async () => {
  const [, { id }] = await as("bob", "POST", "/v1/sessions", { ...small, steps: 1 });
  await service.until(id, ({ status }) => status === "finished");
  expect(await as("bob", "POST", `/v1/sessions/${id}/address`, { seconds: 0 })).toMatchObject([400, {}]);
  expect((await as("alice", "POST", `/v1/sessions/${id}/address`))[0]).toBe(404);
  const [status, given] = await as("bob", "POST", `/v1/sessions/${id}/address`);
  const { url, until } = given as unknown as { url: string; until: string };
  expect(status).toBe(201);
  expect(Date.parse(until) - Date.now()).toBeGreaterThan(23 * 3_600_000);
  const asked = (at: string) => fetch(new URL(at, service.origin)); // with no token
  const answer = await asked(url);
  const own = await service.bytes(`/v1/sessions/${id}/picture.png`);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(own));
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect((await asked(url.replace(/until=(\d)/, "until=9"))).status).toBe(404);
  expect((await asked(url.replace("picture.png", "session.vqclip"))).status).not.toBe(200);
  const [, short] = await as("bob", "POST", `/v1/sessions/${id}/address`, { seconds: 1 });
  await expect.poll(async () => (await asked((short as unknown as { url: string }).url)).status).toBe(404);
  await as("bob", "DELETE", `/v1/sessions/${id}`);
  expect((await asked(url)).status).toBe(404);
});

describe.skipIf(!hasRedis)("with a worker (redis-server)", { timeout: 200_000 }, () => {
  test("it rests when its owner keeps as much as it may, within seconds", async () => {
    const many = await Many.start({ workers: 1, server: ["--keys", join(folder, "keys.jsonl")] });
    try {
      const headers = { Authorization: `Bearer ${keys.dave}` };
      const body = formWith({ ...endless, keepEvery: 1 }, { start: await grain() });
      const made = await many.service.fetch("/v1/sessions", { method: "POST", headers, body });
      expect(made.status).toBe(201);
      const { id } = (await made.json()) as SessionView;
      expect(await many.service.until(id, rests)).toMatchObject({ rests: expect.stringMatching(/^dave keeps /) });
    } finally {
      await many.end();
    }
  });

  test("it rests after its time, wherever it runs, and goes on with the token", async () => {
    const many = await Many.start({ workers: 1, server: ["--max-runtime", "1"] });
    try {
      const { id } = await many.service.create(endless);
      const rested = await many.service.until(id, rests);
      expect(rested).toMatchObject({ maxSeconds: 1, notices: [expect.stringMatching(/^it rests: /)] });
      await many.service.session("POST", `/${id}/resume`);
      const again = await many.service.until(id, (view) => rests(view) && view.step > rested.step);
      expect(again.runSeconds).toBeGreaterThanOrEqual(rested.runSeconds + 1);
    } finally {
      await many.end();
    }
  });
});
