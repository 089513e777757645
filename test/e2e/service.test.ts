/** `vqgan-clip serve` and `studio`: sessions over HTTP, from the first request to the bin, and what must not get in. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { decodePicture } from "../../src/image/decode.js";
import { readPngText } from "../../src/image/png-text.js";
import { readStory } from "../../src/sessions/metadata.js";
import { readSession } from "../../src/sessions/session-file.js";
import { inEmptyFolder } from "../support/cli.js";
import { build } from "../support/cli-process.js";
import { fixturePath } from "../support/fixtures.js";
import { formWith, Service } from "../support/service.js";

type Package = typeof import("../../src/index.js");
let vq: import("../../src/index.js").VqganClip;
let folder: string;
let service: Service;

beforeAll(async () => {
  const { VqganClip } = (await import(pathToFileURL(join(build, "index.js")).href)) as Package;
  const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
  vq = await VqganClip.fromPretrained({ ...tiny, isolate: true });
  folder = await mkdtemp(join(tmpdir(), "vqgan-clip-service-"));
  service = await Service.start(folder);
  return async () => {
    await service.end("SIGKILL");
    vq.kill();
    await rm(folder, { recursive: true, force: true });
  };
}, 240_000);

const small = { prompts: "a red apple", size: [32, 32] as [number, number], cutouts: 4, seed: 7 };
const endless = { ...small, steps: 1_000_000 };

/** The picture that the library makes of a request. */
const expected = async (request: object) => (await vq.create({ ...small, ...request }).toFinish()).toPNG();

/** A 32x32 picture with a red square in the corner. */
const painted = async (png: Uint8Array) =>
  sharp(png)
    .composite([{ input: { create: { width: 12, height: 12, channels: 3, background: "red" } }, left: 0, top: 0 }])
    .png()
    .toBuffer();

describe("the life of a session", { timeout: 400_000 }, () => {
  test("from a request to its picture: the library's own bytes, with their story", async () => {
    const created = await service.create({ ...small, steps: 6 });
    expect(created).toMatchObject({ title: "a red apple", kind: "create", steps: 6, settings: { seed: 7 } });
    expect(created.peakBytes).toBeGreaterThan(1e6);
    const done = await service.until(created.id, ({ status }) => status === "finished");
    expect(done).toMatchObject({ step: 6, node: 1, hasPicture: true, rate: null });
    expect(done.losses.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    const png = await service.bytes(`/v1/sessions/${created.id}/picture.png`);
    expect(Buffer.from(png).equals(await expected({ steps: 6 }))).toBe(true);
    expect(readStory(readPngText(png))?.settings.prompts).toBe("a red apple");
    const { tree } = await readSession(await service.bytes(`/v1/sessions/${created.id}/session.vqclip`));
    expect(tree.nodes.map(({ status, states }) => [status, states.at(-1)?.step])).toEqual([["finished", 6]]);
    const frame = done.frames.at(-1) as { url: string; step: number };
    expect(frame.step).toBe(6);
    const preview = await service.fetch(frame.url);
    expect(preview.headers.get("cache-control")).toContain("immutable");
    expect(await sharp(await preview.arrayBuffer()).metadata()).toMatchObject({ format: "webp", width: 32 });
    const useless = await service.send("PATCH", `/v1/sessions/${created.id}`, { prompts: "a green apple" });
    expect([useless.status, await useless.json()]).toMatchObject([
      409,
      { hint: expect.stringContaining("more steps") },
    ]);
    // More of it: the same as if it had been asked for at once.
    expect(await service.session("PATCH", `/${created.id}`, { steps: 9 })).toMatchObject({
      status: "paused",
      steps: 9,
    });
    await service.session("POST", `/${created.id}/resume`);
    await service.until(created.id, ({ status }) => status === "finished");
    const longer = await service.bytes(`/v1/sessions/${created.id}/picture.png`);
    expect(Buffer.from(longer).equals(await expected({ steps: 9 }))).toBe(true);
  });

  test("paused, changed while it runs, forked, painted on, switched, cancelled", async () => {
    const { id } = await service.create({ ...endless, keepEvery: 2 });
    await service.until(id, ({ step }) => step >= 5);
    const paused = await service.session("POST", `/${id}/pause`);
    expect(paused.status).toBe("paused");
    await new Promise((done) => setTimeout(done, 300));
    expect((await service.session("GET", `/${id}`)).step).toBe(paused.step);

    await service.session("POST", `/${id}/resume`);
    await service.until(id, ({ step, status }) => step > paused.step && status === "running");
    const changed = await service.session("PATCH", `/${id}`, { prompts: "a green apple:0.7" });
    expect(changed).toMatchObject({ status: "running", node: 2, settings: { prompts: "a green apple:0.7" } });
    expect(changed.nodes[1]).toMatchObject({ parent: 1, kind: "fork" });
    await service.until(id, ({ step }) => step > changed.step + 2);

    const forked = await service.session("POST", `/${id}/fork`, { node: 1, at: 4, learningRate: 0.05, resume: false });
    expect(forked).toMatchObject({ status: "paused", node: 3, step: 4, settings: { learningRate: 0.05 } });
    expect(forked.nodes[2]).toMatchObject({ parent: 1, from: 4, kind: "fork" });
    expect(forked.losses.map(({ step }) => step)).toEqual([1, 2, 3, 4]);

    const unpainted = await service.bytes(`/v1/sessions/${id}/picture.png`);
    const form = formWith({ resume: false }, { image: await painted(unpainted) });
    const after = await service.session("POST", `/${id}/paint`, form);
    expect(after).toMatchObject({ status: "paused", node: 4, step: 4 });
    expect(after.nodes[3]).toMatchObject({ parent: 3, kind: "paint" });
    const shown = await decodePicture(await service.bytes(`/v1/sessions/${id}/picture.png`));
    const corner = (picture: typeof shown) => [0, 5, 40, 165].map((i) => picture.at(i));
    expect(corner(shown)).not.toEqual(corner(await decodePicture(unpainted)));

    expect(await service.session("POST", `/${id}/switch`, { node: 3 })).toMatchObject({
      node: 3,
      nodes: { length: 4 },
    });
    const resumed = await service.session("POST", `/${id}/resume`);
    await service.until(id, ({ step }) => step > resumed.step);
    expect(await service.session("POST", `/${id}/cancel`)).toMatchObject({ status: "cancelled", node: 3 });
    expect((await service.send("POST", `/v1/sessions/${id}/resume`)).status).toBe(409);
    await service.send("DELETE", `/v1/sessions/${id}`);
  });

  test("an edit keeps what its mask holds; masks are shown before they are used", async () => {
    const source = await sharp({ create: { width: 32, height: 32, channels: 3, background: "#808080" } })
      .png()
      .toBuffer();
    const rect = await service.send("POST", "/v1/mask", formWith({ rect: [16, 0, 16, 32] }, { image: source }));
    const mask = new Uint8Array(await rect.arrayBuffer());
    const { prompts, cutouts, seed } = small;
    const request = { prompts, cutouts, seed, steps: 4, strength: 0.9, feather: 0 };
    const { id, kind } = await service.create(formWith(request, { image: source, mask }));
    expect(kind).toBe("edit");
    await service.until(id, ({ status }) => status === "finished");
    const picture = await decodePicture(await service.bytes(`/v1/sessions/${id}/picture.png`));
    const column = (x: number) => Array.from({ length: 32 }, (_, y) => picture.at(y * 32 + x));
    expect(column(3).every((value) => Math.abs(value - 128 / 255) < 1e-6)).toBe(true);
    expect(column(28).some((value) => Math.abs(value - 128 / 255) > 0.02)).toBe(true);
    const found = await service.send("POST", `/v1/sessions/${id}/mask`, { phrase: "an apple" });
    expect(await sharp(await found.arrayBuffer()).metadata()).toMatchObject({ format: "png", width: 32, height: 32 });
    const read = await service.fetch("/v1/read", {
      method: "POST",
      headers: { "Content-Type": "image/png" },
      body: (await service.bytes(`/v1/sessions/${id}/picture.png`)) as Uint8Array<ArrayBuffer>,
    });
    expect(await read.json()).toMatchObject({ source: "vqgan-clip", settings: { seed: 7, steps: expect.any(Number) } });
  });

  test("deleted into the bin, and out of it", async () => {
    const { id } = await service.create(endless);
    await service.until(id, ({ step }) => step >= 2);
    expect((await service.send("DELETE", `/v1/sessions/${id}`)).status).toBe(204);
    expect((await service.fetch(`/v1/sessions/${id}`)).status).toBe(404);
    expect(await readdir(join(folder, "bin"))).toContain(id);
    const restored = await service.session("POST", `/${id}/restore`);
    expect(restored.status).toBe("paused");
    expect(restored.step).toBeGreaterThanOrEqual(2);
    await service.session("POST", `/${id}/resume`);
    await service.until(id, ({ step }) => step > restored.step);
    await service.send("DELETE", `/v1/sessions/${id}`);
  });

  test("one runs, the others wait in their order", async () => {
    const [first, second, third] = [
      await service.create(endless),
      await service.create(endless),
      await service.create(endless),
    ];
    await service.until(first.id, ({ status }) => status === "running");
    expect((await service.session("GET", `/${second.id}`)).position).toBe(1);
    expect(await service.session("GET", `/${third.id}`)).toMatchObject({ status: "queued", position: 2 });
    await service.session("POST", `/${second.id}/pause`);
    expect((await service.session("GET", `/${third.id}`)).position).toBe(1);
    // What has not begun takes other settings whole.
    await service.session("PATCH", `/${third.id}`, { prompts: "a pear", steps: 3 });
    await service.session("POST", `/${first.id}/pause`);
    const done = await service.until(third.id, ({ status }) => status === "finished");
    expect(done).toMatchObject({ step: 3, title: "a pear", nodes: { length: 1 } });
    const png = await service.bytes(`/v1/sessions/${third.id}/picture.png`);
    expect(Buffer.from(png).equals(await expected({ prompts: "a pear", steps: 3 }))).toBe(true);
    for (const { id } of [first, second]) await service.send("DELETE", `/v1/sessions/${id}`);
  });
});

describe("events", { timeout: 200_000 }, () => {
  test("the whole state first, then steps and previews; a second reader sees the same, a returning one misses none", async () => {
    const { id } = await service.create(endless);
    const path = `/v1/sessions/${id}/events`;
    const steps = (events: readonly { type: string }[]) => events.filter(({ type }) => type === "step");
    const enough = (events: readonly { type: string }[]) =>
      steps(events).length >= 6 && events.some(({ type }) => type === "preview");
    const [one, other] = await Promise.all([service.events(path, enough), service.events(path, enough)]);
    for (const events of [one, other]) {
      expect(events[0]).toMatchObject({ type: "state", data: { id } });
      const ids = events.map((event) => event.id as number);
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
    }
    const shared = steps(one).filter((event) => other.some(({ id: same }) => same === (event as { id?: number }).id));
    expect(shared.length).toBeGreaterThan(0);
    const preview = one.find(({ type }) => type === "preview");
    expect(preview?.data).toMatchObject({ width: 32, height: 32 });
    expect((await service.fetch(preview?.data.url)).status).toBe(200);

    const last = one.findLast(({ type }) => type === "step")!;
    await service.until(id, ({ step }) => step > last.data.step + 5);
    const paused = await service.session("POST", `/${id}/pause`);
    const again = await service.events(path, (events) => steps(events).length >= paused.step - last.data.step, {
      "Last-Event-ID": String(last.id),
    });
    expect(again[0]).toMatchObject({ id: undefined, type: "state", data: { step: paused.step } });
    expect(steps(again).map((event) => (event as { data?: { step: number } }).data?.step)).toEqual(
      Array.from({ length: paused.step - last.data.step }, (_, i) => last.data.step + 1 + i),
    );
    expect(again[0]?.data.lastEventId).toBeGreaterThanOrEqual(again.at(-1)?.id as number); // it knew of all these
    const list = await service.events("/v1/events", (events) => events.length >= 1);
    expect(list[0]?.data.lastEventId).toBe(list[0]?.id);
    expect(list[0]?.data.sessions[0]).toMatchObject({ id, status: "paused" });
    await service.send("DELETE", `/v1/sessions/${id}`);
  });
});

describe("nothing is lost", { timeout: 400_000 }, () => {
  /** A run that goes on without end has five steps more: each is there once, and the picture is the library's own. */
  async function ended(by: Service, id: string): Promise<void> {
    const { step: at } = await by.session("POST", `/${id}/pause`);
    const steps = at + 5;
    await by.session("PATCH", `/${id}`, { steps });
    await by.session("POST", `/${id}/resume`);
    const done = await by.until(id, ({ status }) => status === "finished" || status === "failed");
    expect(done).toMatchObject({ status: "finished", step: steps });
    expect(done.losses.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    const png = await by.bytes(`/v1/sessions/${id}/picture.png`);
    expect(Buffer.from(png).equals(await expected({ steps }))).toBe(true);
  }

  test("an engine that is killed is started again, and the picture is the same", async () => {
    const { id } = await service.create(endless);
    await service.until(id, ({ step }) => step >= 5);
    process.kill(service.enginePid, "SIGKILL");
    await service.until(id, ({ notices }) => notices.join().includes("it goes on from step"));
    await ended(service, id);
  });

  test.each(["SIGINT", "SIGKILL"] as const)("a server that ends by %s comes back with its sessions", (signal) =>
    inEmptyFolder(async (place) => {
      const before = await Service.start(place);
      const running = await before.create(endless);
      const waiting = await before.create({ ...small, steps: 2 });
      const seen = await before.until(running.id, ({ step }) => step >= 8);
      expect(await before.end(signal)).toBe(signal === "SIGINT" ? 0 : "SIGKILL");
      const after = await Service.start(place);
      try {
        const found = await after.session("GET", `/${running.id}`);
        expect(["queued", "loading", "running"]).toContain(found.status);
        expect(found.step).toBeGreaterThanOrEqual(signal === "SIGINT" ? seen.step : 1);
        await after.until(running.id, ({ step, status }) => status === "running" && step > found.step);
        await ended(after, running.id);
        await after.until(waiting.id, ({ status }) => status === "finished");
      } finally {
        await after.end("SIGKILL");
      }
    }),
  );

  test("a damaged record is told of and left alone; a folder is served once", () =>
    inEmptyFolder(async (place) => {
      const first = await Service.start(place);
      await expect(Service.start(place)).rejects.toThrow(/exit code 1: .*serves this folder/s);
      const { id } = await first.create({ ...small, steps: 1 });
      await first.until(id, ({ status }) => status === "finished");
      await first.end();
      const record = join(place, "sessions", id, "record.json");
      await writeFile(record, "{");
      const second = await Service.start(place);
      expect(await (await second.fetch("/v1/sessions")).json()).toEqual({ sessions: [] });
      expect(second.remarks()).toContain("its record cannot be read");
      await second.end();
      expect(await readFile(record, "utf8")).toBe("{");
    }));
});

describe("what must not get in", { timeout: 200_000 }, () => {
  const host = () => new URL(service.origin).host;
  const bearer = () => ({ Authorization: `Bearer ${service.token}` });

  test("other hosts, other pages, nobody's token", async () => {
    const asked = async (headers: Record<string, string>, method = "GET", path = "/v1/sessions") =>
      (await service.raw(method, path, headers)).status;
    const good = { Host: host(), ...bearer() };
    expect(await asked(good)).toBe(200);
    expect(await asked({ ...good, Origin: service.origin })).toBe(200);
    expect(await asked({ ...good, Host: "evil.example" })).toBe(403);
    expect(await asked({ ...good, Host: "evil.example:80" })).toBe(403);
    expect(await asked({ ...good, Host: host().replace("127.0.0.1", "rebound.example") })).toBe(403);
    expect(await asked({ ...good, Host: host().replace("127.0.0.1", "localhost") })).toBe(200);
    expect(await asked({ ...good, Origin: "http://evil.example" })).toBe(403);
    expect(await asked({ ...good, Origin: "null" })).toBe(403);
    expect(await asked({ ...good, Origin: "http://127.0.0.1:1" })).toBe(403);
    expect(await asked({ ...good, "Sec-Fetch-Site": "cross-site" })).toBe(403);
    expect(await asked({ ...good, Host: "evil.example" }, "GET", "/")).toBe(403);
    expect(await asked({ Host: host() })).toBe(401);
    expect(await asked({ Host: host(), Authorization: "Bearer wrong" })).toBe(401);
    expect(await asked({ Host: host() }, "GET", "/v1/info")).toBe(401);
    expect(await asked({ Host: host() }, "GET", "/v1/events")).toBe(401);
    const preflight = await service.raw("OPTIONS", "/v1/sessions", { Host: host(), Origin: "http://evil.example" });
    expect(preflight.status).toBe(403);
    expect(preflight.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("the token becomes a cookie that neither scripts nor other sites have", async () => {
    const json = { Host: host(), "Content-Type": "application/json" };
    const wrong = await service.raw("POST", "/v1/token", json, JSON.stringify({ token: "wrong" }));
    expect([wrong.status, wrong.headers["set-cookie"]]).toEqual([401, undefined]);
    const right = await service.raw("POST", "/v1/token", json, JSON.stringify({ token: service.token }));
    expect(right.status).toBe(204);
    const cookie = right.headers["set-cookie"]?.[0] as string;
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    const name = cookie.split(";")[0] as string;
    expect((await service.raw("GET", "/v1/sessions", { Host: host(), Cookie: name })).status).toBe(200);
    expect((await service.raw("GET", "/v1/sessions", { Host: host(), Cookie: `${name}x` })).status).toBe(401);
  });

  test("every answer keeps to itself", async () => {
    for (const path of ["/", "/v1/sessions", "/health", "/v1/nothing"]) {
      const { headers } = await service.raw("GET", path, { Host: host(), ...bearer() });
      expect(headers).toMatchObject({
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "x-content-type-options": "nosniff",
        "content-security-policy": expect.stringContaining("default-src 'self'"),
      });
    }
  });

  test("bodies that are too large or of another kind", async () => {
    const post = (type: string, body: string) =>
      service.raw(
        "POST",
        "/v1/sessions",
        { Host: host(), ...bearer(), "Content-Type": type, "Content-Length": String(body.length) },
        body,
      );
    expect((await post("text/plain", '{"prompts":"a"}')).status).toBe(415);
    expect((await post("application/x-www-form-urlencoded", "prompts=a")).status).toBe(415);
    expect((await post("application/json", `"${"a".repeat(300_000)}"`)).status).toBe(413);
    const chunked = { Host: host(), ...bearer(), "Content-Type": "application/json", "Transfer-Encoding": "chunked" };
    expect((await service.raw("POST", "/v1/sessions", chunked, `"${"a".repeat(300_000)}"`)).status).toBe(413);
    const big = {
      Host: host(),
      ...bearer(),
      "Content-Type": "multipart/form-data; boundary=x",
      "Content-Length": String(2 ** 30),
    };
    expect((await service.raw("POST", "/v1/sessions", big).catch(() => ({ status: 413 }))).status).toBe(413);
  });

  test.each([
    "..",
    "../../etc",
    "..%2f..%2fetc",
    "%2e%2e",
    "con",
    "a".repeat(24),
    "0".repeat(24),
    `${"0".repeat(23)}%00`,
  ])("no path by the id %s", async (id) => {
    for (const rest of ["", "/picture.png", "/session.vqclip", "/preview/1/1.webp"]) {
      expect((await service.raw("GET", `/v1/sessions/${id}${rest}`, { Host: host(), ...bearer() })).status).toBe(404);
    }
    expect((await service.raw("POST", `/v1/sessions/${id}/restore`, { Host: host(), ...bearer() })).status).toBe(404);
    expect((await service.raw("DELETE", `/v1/sessions/${id}`, { Host: host(), ...bearer() })).status).toBe(404);
  });

  test("a session's folder that lies elsewhere is brought in by no id", async () => {
    const { id } = await service.create({ ...small, steps: 1 });
    await service.until(id, ({ status }) => status === "finished");
    const elsewhere = join(folder, "elsewhere");
    // What is being written is renamed into its place, under the copy's hands too.
    const copied = () => cp(join(folder, "sessions", id), elsewhere, { recursive: true }).then(() => "whole", String);
    await expect.poll(copied).toBe("whole");
    const before = await readdir(elsewhere);
    for (const way of ["..%2felsewhere", `..%2F..%2F${basename(folder)}%2Felsewhere`]) {
      const asked = async (method: string, rest = "") =>
        (await service.raw(method, `/v1/sessions/${way}${rest}`, { Host: host(), ...bearer() })).status;
      expect([await asked("POST", "/restore"), await asked("GET"), await asked("DELETE")]).toEqual([404, 404, 404]);
    }
    expect(await readdir(elsewhere)).toEqual(before);
    await rm(elsewhere, { recursive: true });
    await service.send("DELETE", `/v1/sessions/${id}`);
  });

  test("bad requests are told in words, and nothing is left of them", async () => {
    const before = await readdir(join(folder, "sessions"));
    const bomb = await sharp({ create: { width: 6000, height: 6000, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const cases: readonly [request: object | FormData, status: number, code: string, detail: RegExp][] = [
      [{}, 400, "BAD_ARGUMENT", /prompts/],
      [{ prompts: "" }, 400, "BAD_PROMPT", /prompt/],
      [{ prompts: "a:0" }, 400, "BAD_PROMPT", /weight/],
      [{ prompts: "a", stepz: 3 }, 400, "BAD_ARGUMENT", /stepz/],
      [{ prompts: "a", steps: -1 }, 400, "BAD_ARGUMENT", /steps: .*got -1/],
      [{ prompts: "a", steps: "many" }, 400, "BAD_ARGUMENT", /steps: expected a number/],
      [{ prompts: "a", size: [32, 99999] }, 400, "BAD_ARGUMENT", /size/],
      [{ prompts: "a", initImage: "/etc/passwd" }, 400, "BAD_ARGUMENT", /initImage/],
      [{ prompts: "a", targets: [{ kind: "image", image: "/etc/passwd" }] }, 400, "BAD_ARGUMENT", /targets/],
      [{ prompts: "a", image: "http://169.254.169.254/" }, 400, "BAD_ARGUMENT", /image/],
      [{ prompts: "a", strength: 0.5 }, 400, "BAD_ARGUMENT", /strength/],
      [formWith({ prompts: "a" }, { image: new Uint8Array([1, 2, 3]) }), 400, "BAD_IMAGE", /picture/],
      [formWith({ prompts: "a" }, { image: bomb }), 422, "OUT_OF_LIMITS", /6000x6000/],
      [formWith({ prompts: "a" }, { path: new Uint8Array(3) }), 400, "BAD_ARGUMENT", /path/],
    ];
    for (const [request, status, code, detail] of cases) {
      const answer = await service.send("POST", "/v1/sessions", request);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      const problem = (await answer.json()) as { detail: string };
      expect({ ...problem, answered: answer.status }).toMatchObject({
        answered: status,
        code,
        status,
        title: expect.any(String),
      });
      expect(problem.detail).toMatch(detail);
    }
    expect(await readdir(join(folder, "sessions"))).toEqual(before);
    const broken = { method: "POST", body: "{'a':1}", headers: { "Content-Type": "application/json" } };
    const refused = await service.fetch("/v1/sessions", broken);
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { hint: expect.stringContaining("double quotes") },
    ]);
  });
});
