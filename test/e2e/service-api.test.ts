/** What the service takes and tells beside the life of a session: image prompts, plans, keys, limits, predictions. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import Replicate from "replicate";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { operations } from "../../src/service/http/operations.js";
import type { SessionPlan } from "../../src/service/making.js";
import type { SessionView } from "../../src/service/views.js";
import { cli } from "../support/cli.js";
import { endless, formWith, Service, type ServiceEvent, small } from "../support/service.js";
import { tinyPair } from "../support/tiny-pair.js";

let folder: string;
let service: Service;
const keys: Record<string, string> = {};
const start = () => {
  const options = ["--keys", join(folder, "keys.jsonl"), "--max-waiting", "3"];
  return Service.start(join(folder, "kept"), { more: options });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vqgan-clip-service-"));
  const file = join(folder, "keys.jsonl");
  for (const [name, ...options] of [
    ["alice", "--max-sessions", "2", "--max-priority", "high"],
    ["bob"],
    ["reader", "--scopes", "read"],
  ]) {
    const { stdout, code } = await cli(["key", name as string, "--file", file, ...options]);
    expect(code).toBe(0);
    keys[name as string] = stdout.toString().trim();
  }
  const again = await cli(["key", "bob", "--file", file]);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining(`bob is there already, in ${file}`)]);
  service = await start();
  return async () => {
    await service.end("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  };
}, 240_000);

/** A picture of one colour. */
const plain = (background: string, side = 40) =>
  sharp({ create: { width: side, height: side, channels: 3, background } })
    .png()
    .toBuffer();

describe("image prompts", { timeout: 200_000 }, () => {
  test("pictures to be near come as files: the library's own bytes, a server that was killed meanwhile", async () => {
    const [red, blue] = [await plain("red"), await plain("blue", 600)];
    const weights = [{ weight: 0.7 }, { weight: -0.4, stop: -0.5, views: "fresh" as const }];
    const first = await service.create(endless); // what waits has only its files
    const request = { ...small, prompts: "", steps: 3, imagePrompts: weights };
    const { id, promptImages, settings } = await service.create(formWith(request, { "prompt-image": [red, blue] }));
    expect(settings.targets).toEqual([
      { kind: "image", weight: 0.7, stop: null, views: "fixed" },
      { kind: "image", weight: -0.4, stop: -0.5, views: "fresh" },
    ]);
    // A request that is repeated makes no second session, whatever happened meanwhile.
    const once = (body: object, key = "first") => {
      const headers = { "Content-Type": "application/json", "Idempotency-Key": `"${key}"` };
      return service.fetch("/v1/sessions", { method: "POST", headers, body: JSON.stringify(body) });
    };
    const [one, other] = await Promise.all([once(small), once(small)]);
    const repeated = ((await one.json()) as SessionView).id;
    expect(await other.json()).toMatchObject({ id: repeated });
    await service.end("SIGKILL");
    service = await start();
    expect([(await once(small)).status, await (await once(small)).json()]).toMatchObject([201, { id: repeated }]);
    const reused = await once({ ...small, seed: 8 });
    expect([reused.status, await reused.json()]).toMatchObject([422, { code: "REUSED_KEY" }]);
    expect((await once(small, "a b")).status).toBe(400);
    await service.send("DELETE", `/v1/sessions/${repeated}`);
    await service.session("PATCH", `/${id}`, { prompts: "an apple" });
    await service.send("DELETE", `/v1/sessions/${first.id}`);
    const done = await service.until(id, ({ status }) => status === "finished");
    expect(done.losses[0]?.prompts).toHaveLength(3);

    const vq = await tinyPair();
    const targets = [red, blue].map((image, i) => ({ kind: "image" as const, image, ...weights[i] }));
    const run = await vq.create({ ...small, prompts: "an apple", steps: 3, targets }).toFinish();
    expect(Buffer.from(await service.bytes(`/v1/sessions/${id}/picture.png`)).equals(await run.toPNG())).toBe(true);
    await run.dispose();

    const shown = await service.fetch(promptImages[1] as string);
    expect(shown.headers.get("cache-control")).toContain("immutable");
    expect(await sharp(await shown.arrayBuffer()).metadata()).toMatchObject({ format: "webp", width: 512 });
    expect((await service.fetch(`/v1/sessions/${id}/prompt-image/3.webp`)).status).toBe(404);
  });

  test("bad ones are told in words, and nothing is left of them", async () => {
    const before = await readdir(join(folder, "kept", "sessions"));
    const red = await plain("red");
    const cases: readonly [request: object | FormData, code: string, detail: RegExp][] = [
      [{ ...small, imagePrompts: [{}] }, "BAD_ARGUMENT", /imagePrompts: 1 entries for 0 pictures/],
      [formWith({ prompts: "" }, {}), "BAD_PROMPT", /prompt/],
      [formWith({ ...small, imagePrompts: [{ weight: 0 }] }, { "prompt-image": red }), "BAD_ARGUMENT", /weight of 0/],
      [formWith(small, { "prompt-image": new Uint8Array(9) }), "BAD_IMAGE", /prompt-image 1/],
      [formWith(small, { "prompt-image": Array(17).fill(red) }), "BAD_ARGUMENT", /at most 16 pictures, got 17/],
      [formWith(small, { image: [red, red] }), "BAD_ARGUMENT", /"image", or it is there twice/],
      [formWith(small, { mask: red }), "BAD_ARGUMENT", /mask: it needs an image/],
    ];
    for (const [request, code, detail] of cases) {
      const answer = await service.send("POST", "/v1/sessions", request);
      const problem = (await answer.json()) as { detail: string };
      expect(problem).toMatchObject({ code, status: 400 });
      expect(problem.detail).toMatch(detail);
    }
    expect(await readdir(join(folder, "kept", "sessions"))).toEqual(before);
  });
});

test("frames come as a form and go as one file or all together, as the document says", {
  timeout: 200_000,
}, async () => {
  const frames = [await plain("red"), await plain("blue")];
  const { prompts, cutouts, seed } = small;
  const created = await service.create(
    formWith({ prompts, cutouts, seed, steps: 1, style: { fps: 4 } }, { frame: frames }),
  );
  expect(created).toMatchObject({ kind: "style", film: { frames: 2, fps: 4 } });
  const at = `/v1/sessions/${created.id}`;
  await service.until(created.id, ({ status }) => status === "finished");
  const film = await service.bytes(`${at}/video.webp`);
  expect(await sharp(film, { animated: true }).metadata()).toMatchObject({ pages: 2, width: 40, pageHeight: 40 });
  const zip = unzipSync(await service.bytes(`${at}/frames.zip`));
  expect(Buffer.from(zip["frame-00002.png"]!)).toEqual(Buffer.from(await service.bytes(`${at}/frame/2.png`)));
  expect((await service.fetch(`${at}/frame/3.png`)).status).toBe(404);
  const { films } = (await (await service.fetch("/v1/info")).json()) as { films: string[] };
  expect((await service.fetch(`${at}/video.mp4`)).status).toBe(films.includes("mp4") ? 200 : 409);
  const twice = await service.send("POST", "/v1/sessions", formWith(small, { start: frames }));
  expect([twice.status, await twice.text()]).toEqual([400, expect.stringContaining("start")]);
});

test("a key has a greatest priority; what is asked for is told", { timeout: 100_000 }, async () => {
  const asked = (name: string, priority: string) => {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${keys[name]}` };
    const body = JSON.stringify({ ...small, steps: 1, priority });
    return service.fetch("/v1/sessions", { method: "POST", headers, body });
  };
  const refused = await asked("bob", "high");
  expect([refused.status, await refused.json()]).toMatchObject([403, { code: "NOT_ALLOWED" }]);
  for (const [name, priority] of [
    ["bob", "low"],
    ["alice", "high"],
  ] as const) {
    const taken = await asked(name, priority);
    const view = (await taken.json()) as SessionView;
    expect([taken.status, view.priority]).toEqual([201, priority]);
    await service.until(view.id, ({ status }) => status === "finished");
    await service.send("DELETE", `/v1/sessions/${view.id}`);
  }
});

describe("plans", { timeout: 200_000 }, () => {
  test("what a session would need, as it then is; nothing is made", async () => {
    const before = await readdir(join(folder, "kept", "sessions"));
    const long = "a red apple and a green apple ".repeat(20).trim();
    const form = formWith({ prompts: long, steps: 50, cutouts: 4 }, { image: await plain("red", 32) });
    const plan = (await (await service.send("POST", "/v1/plan", form)).json()) as SessionPlan;
    expect(plan).toMatchObject({ size: [32, 32], steps: 50, warnings: [{ kind: "truncated", text: long }] });
    expect(plan.warnings[0]?.message).toMatch(/^the prompt is longer than/);
    // Steps were taken before: what this one's would take is known.
    expect(plan.seconds).toBeCloseTo((plan.stepSeconds as number) * 50);
    const same = (await (await service.send("POST", "/v1/plan", { ...small, steps: 2 })).json()) as SessionPlan;
    expect(await readdir(join(folder, "kept", "sessions"))).toEqual(before);
    const session = await service.create({ ...small, steps: 2 });
    expect(session.peakBytes).toBe(same.peakBytes);
    const refused = await service.send("POST", "/v1/plan", { ...small, prompts: "a:0" });
    expect(await refused.json()).toMatchObject({ status: 400, code: "BAD_PROMPT" });
  });
});

test("the service's document and its page need no token", async () => {
  const bare = (path: string) => fetch(`${service.origin}${path}`);
  expect(await (await bare("/openapi.json")).json()).toMatchObject({ openapi: "3.1.0" });
  const page = await bare("/docs");
  expect([page.status, page.headers.get("content-security-policy")]).toEqual([
    200,
    expect.stringContaining("default-src 'self'"),
  ]);
});

describe("keys and limits", { timeout: 200_000 }, () => {
  const as = (name: string, method: string, path: string, body?: object) => {
    const headers = { Authorization: `Bearer ${keys[name]}`, ...(body && { "Content-Type": "application/json" }) };
    return service.fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  };
  const listed = async (name: string) =>
    ((await (await as(name, "GET", "/v1/sessions")).json()) as { sessions: { id: string }[] }).sessions;

  test("a key sees its own sessions alone, by every address, and no more of them than it may have", async () => {
    const own = (await (await as("alice", "POST", "/v1/sessions", endless)).json()) as SessionView;
    await service.until(own.id, ({ step }) => step >= 1);
    expect(await listed("bob")).toEqual([]);
    expect(await listed("alice")).toMatchObject([{ id: own.id }]);
    const foreign = operations.filter(({ path }) => path.includes("{id}"));
    expect(foreign.length).toBeGreaterThan(15);
    for (const { method, path } of foreign) {
      const address = path.replace("{id}", own.id).replace("{node}", "1").replace("{file}", "1.webp");
      const body = path === "/predictions/{id}" && method === "put" ? undefined : {};
      if (body === undefined) continue; // a prediction of bob's own may have any name
      const sent = ["get", "delete"].includes(method) ? undefined : body;
      expect(`${(await as("bob", method.toUpperCase(), address, sent)).status} ${method} ${path}`).toMatch(/^404/);
    }
    await service.send("DELETE", `/v1/sessions/${own.id}`);
    expect((await as("bob", "POST", `/v1/sessions/${own.id}/restore`)).status).toBe(404);
    expect((await as("alice", "POST", `/v1/sessions/${own.id}/restore`)).status).toBe(200);
    expect((await as("alice", "POST", `/v1/sessions/${own.id}/resume`)).status).toBe(200);

    // Of alice two may run and wait; bob has room.
    const waiting = (await (await as("alice", "POST", "/v1/sessions", endless)).json()) as SessionView;
    const third = await as("alice", "POST", "/v1/sessions", endless);
    expect([third.status, await third.json()]).toMatchObject([429, { code: "TOO_MANY" }]);
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    const bobs = (await (await as("bob", "POST", "/v1/sessions", endless)).json()) as SessionView;
    // Owners take turns: bob's comes before alice's second.
    expect((await service.session("GET", `/${bobs.id}`)).position).toBe(1);
    expect((await service.session("GET", `/${waiting.id}`)).position).toBe(2);
    await as("alice", "POST", `/v1/sessions/${waiting.id}/pause`);
    expect((await as("alice", "POST", `/v1/sessions/${waiting.id}/resume`)).status).toBe(200);
    for (const { id } of [own, waiting, bobs]) await service.send("DELETE", `/v1/sessions/${id}`);
  });

  test("scopes, and what only the launch's token sees", async () => {
    expect((await as("reader", "GET", "/v1/sessions")).status).toBe(200);
    expect((await as("reader", "POST", "/v1/sessions", small)).status).toBe(403);
    expect((await as("bob", "GET", "/metrics")).status).toBe(403);
    const stranger = await (await as("nobody", "GET", "/v1/sessions")).json();
    const silent = await (await fetch(`${service.origin}/v1/sessions`)).json();
    expect([stranger, silent]).toMatchObject([
      { status: 401, detail: expect.stringContaining("another one") },
      { status: 401, detail: "the request carries no token" },
    ]);
    const login = await service.send("POST", "/v1/token", { token: keys.bob });
    const cookie = login.headers.get("set-cookie")?.split(";")[0] as string;
    const host = new URL(service.origin).host;
    expect((await service.raw("GET", "/v1/sessions", { Host: host, Cookie: cookie })).status).toBe(200);
    expect((await service.raw("GET", "/metrics", { Host: host, Cookie: cookie })).status).toBe(403);
    expect((await service.raw("GET", "/metrics", { Host: host })).status).toBe(401);
    const metrics = await (await service.fetch("/metrics")).text();
    const value = (name: string) => Number(new RegExp(`^vqgan_clip_${name} (\\S+)$`, "m").exec(metrics)?.[1]);
    expect(value("steps_total")).toBeGreaterThanOrEqual(1);
    expect(value("step_seconds_count")).toBeLessThanOrEqual(value("steps_total"));
    expect(value("kept_bytes")).toBeGreaterThan(1000);
  });

  test("events of the list are those of one's own sessions", async () => {
    const { id } = (await (await as("alice", "POST", "/v1/sessions", { ...small, steps: 2 })).json()) as SessionView;
    await service.until(id, ({ status }) => status === "finished");
    const mine = (await (await as("bob", "POST", "/v1/sessions", { ...small, steps: 2 })).json()) as SessionView;
    await as("alice", "DELETE", `/v1/sessions/${id}`);
    await service.until(mine.id, ({ status }) => status === "finished");
    await as("bob", "DELETE", `/v1/sessions/${mine.id}`);
    const isLast = ({ type, data }: ServiceEvent) => type === "deleted" && data.id === mine.id;
    const bearer = { Authorization: `Bearer ${keys.bob}`, "Last-Event-ID": "0" };
    const heard = await service.events("/v1/events", (events) => events.some(isLast), bearer);
    expect(heard.some(({ data }) => data.id === mine.id)).toBe(true);
    expect(JSON.stringify(heard)).not.toContain(id);
  });

  test("no more wait than may, and none is larger than may be", async () => {
    const huge = { ...small, size: [512, 512], cutouts: 16, steps: 1_000_000 };
    for (const path of ["/v1/sessions", "/v1/plan"]) {
      const refused = await service.send("POST", path, huge);
      expect([refused.status, await refused.json()]).toMatchObject([422, { code: "OUT_OF_LIMITS" }]);
    }
    const made: string[] = [];
    for (let i = 0; i < 4; i++) made.push((await service.create(endless)).id);
    await service.until(made[0] as string, ({ status }) => status === "running");
    const full = await service.send("POST", "/v1/sessions", endless);
    expect([full.status, await full.json()]).toMatchObject([429, { detail: expect.stringContaining("3 may") }]);
    for (const id of made.reverse()) await service.send("DELETE", `/v1/sessions/${id}`);
  });
});

describe("predictions, by the client that Replicate publishes", { timeout: 200_000 }, () => {
  const client = () =>
    new Replicate({
      auth: keys.bob as string,
      baseUrl: service.origin,
      useFileOutput: false,
    });
  const version = "vqgan-clip";

  test("run to its end, with progress; a picture to edit comes as data", async () => {
    const logs: string[] = [];
    const input = {
      prompts: "a red apple",
      cutouts: 4,
      seed: 7,
      steps: 3,
      strength: 0.9,
      image: `data:image/png;base64,${(await plain("grey", 32)).toString("base64")}`,
    };
    const output = await client().run(`us/it:${version}`, { input }, ({ logs: log }) => logs.push(log ?? ""));
    const [head, base64] = String(output).split(",") as [string, string];
    expect(head).toBe("data:image/png;base64");
    expect(await sharp(Buffer.from(base64, "base64")).metadata()).toMatchObject({ format: "png", width: 32 });
    expect(logs.at(-1)).toContain("3/3");
  });

  test("made by a name of one's own, once; asked for, cancelled; others do not see it", async () => {
    const put = (body: object, name = "bob") => {
      const headers = {
        Authorization: `Bearer ${keys[name]}`,
        "Content-Type": "application/json",
        Prefer: "respond-async",
      };
      return service.fetch("/predictions/mine-1", { method: "PUT", headers, body: JSON.stringify(body) });
    };
    const made = await put({ input: endless });
    expect([made.status, await made.json()]).toMatchObject([202, { id: "mine-1", output: null }]);
    expect((await put({ input: endless })).status).toBe(202);
    const other = await put({ input: { ...endless, seed: 9 } });
    expect([other.status, await other.json()]).toMatchObject([
      422,
      { detail: expect.stringMatching(/^id: mine-1 came with/) },
    ]);
    expect((await client().predictions.get("mine-1")).status).toMatch(/starting|processing/);
    const alices = new Replicate({ auth: keys.alice as string, baseUrl: service.origin });
    await expect(alices.predictions.get("mine-1")).rejects.toThrow("404");
    await expect(alices.predictions.cancel("mine-1")).rejects.toThrow("404");
    expect((await client().predictions.cancel("mine-1")).status).toBe("canceled");
    expect(await client().predictions.get("mine-1")).toMatchObject({ status: "canceled", output: null });
  });

  test("addresses are never fetched, and unknown fields are told", async () => {
    const create = (input: object, more: object = {}) => client().predictions.create({ version, input, ...more });
    await expect(create({ ...small, image: "http://169.254.169.254/" })).rejects.toThrow("expected a data URL");
    await expect(create(small, { webhook: "https://example.org/" })).rejects.toThrow("webhook");
    await expect(create({ ...small, stepz: 1 })).rejects.toThrow("stepz");
    await expect(create({ ...small, strength: 0.5 })).rejects.toThrow("strength");
  });
});
