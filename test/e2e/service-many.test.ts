/** `vqgan-clip serve --redis` and `vqgan-clip worker`: what is asked of one process is done by others, whoever is killed. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { inEmptyFolder, tinyModels } from "../support/cli.js";
import { build, cliProcess } from "../support/cli-process.js";
import { fixturePath } from "../support/fixtures.js";
import { Many } from "../support/many.js";
import { hasRedis } from "../support/redis.js";
import { formWith } from "../support/service.js";

type Package = typeof import("../../src/index.js");
let vq: import("../../src/index.js").VqganClip;
let many: Many;

beforeAll(async () => {
  const { VqganClip } = (await import(pathToFileURL(join(build, "index.js")).href)) as Package;
  const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
  vq = await VqganClip.fromPretrained({ ...tiny, isolate: true });
  if (hasRedis) many = await Many.start({ workers: 1, more: ["--lease", "3", "--checkpoint-every", "5"] });
  return async () => {
    await many?.end();
    vq.kill();
  };
}, 400_000);

const small = { prompts: "a red apple", size: [32, 32] as [number, number], cutouts: 4, seed: 7 };
const expected = async (request: object) => (await vq.create({ ...small, ...request }).toFinish()).toPNG();

/** Children of a process (Linux). */
function childrenOf(pid: number | undefined): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim())
    .join("").length;
}

describe.skipIf(!hasRedis)("a server without an engine, and workers (redis-server)", { timeout: 600_000 }, () => {
  test("a session is made by a worker; commands and events cross; the server starts no engine", async () => {
    const { service } = many;
    const created = await service.create({ ...small, steps: 1_000_000, keepEvery: 2 });
    const { id } = created;
    expect(created.status).toBe("queued");
    const heard = await service.events(
      `/v1/sessions/${id}/events`,
      (events) =>
        events.filter(({ type }) => type === "step").length > 5 && events.some(({ type }) => type === "preview"),
    );
    const steps = heard.filter(({ type }) => type === "step").map(({ data }) => data.step);
    expect(steps).toEqual(steps.map((_, i) => steps[0] + i)); // none twice, none left out
    const [url] = heard.flatMap(({ type, data }) => (type === "preview" ? [data.url as string] : []));
    expect(await sharp(await service.bytes(url as string)).metadata()).toMatchObject({ format: "webp", width: 32 });

    const changed = await service.session("PATCH", `/${id}`, { prompts: "a green apple" });
    expect(changed).toMatchObject({ node: 2, settings: { prompts: "a green apple" } });
    const paused = await service.session("POST", `/${id}/pause`);
    expect(paused.status).toBe("paused");
    const forked = await service.session("POST", `/${id}/fork`, { node: 1, at: 2, steps: 12, resume: false });
    expect(forked).toMatchObject({ node: 3, step: 2, status: "paused" });
    const picture = await service.bytes(`/v1/sessions/${id}/picture.png`);
    const red = { create: { width: 12, height: 12, channels: 3, background: "red" } } as const;
    const image = await sharp(picture)
      .composite([{ input: red, left: 0, top: 0 }])
      .png()
      .toBuffer();
    const painted = await service.session("POST", `/${id}/paint`, formWith({ resume: true }, { image }));
    expect(painted).toMatchObject({ node: 4, nodes: { length: 4 } });
    const done = await service.until(id, ({ status }) => status === "finished");
    expect(done.losses.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const mask = await service.send("POST", `/v1/sessions/${id}/mask`, { phrase: "an apple" });
    expect(await sharp(await mask.arrayBuffer()).metadata()).toMatchObject({ format: "png", width: 32 });
    await expect(service.session("POST", `/${id}/fork`, { node: 99 })).rejects.toThrow("it has no node 99");
    expect((await service.send("DELETE", `/v1/sessions/${id}`)).status).toBe(204);
    expect((await service.send("GET", `/v1/sessions/${id}`)).status).toBe(404);
    expect((await service.session("POST", `/${id}/restore`)).status).toBe("finished");
    expect(childrenOf(service.child.pid)).toBe(0);
    expect(await (await service.fetch("/metrics")).text()).toContain("vqgan_clip_engines 1\n");
  });

  test("worker, Redis and server are killed; the picture is the library's own, each step in it once", async () => {
    const { id } = await many.service.create({ ...small, steps: 1_000_000 });
    const begun = await many.service.until(id, ({ step }) => step > 20);
    const [worker] = many.workers;
    const next = many.startWorker();
    await many.kill(worker as (typeof many.workers)[0]);
    await next;
    await many.service.until(id, ({ step, status }) => status === "running" && step > begun.step + 10);
    await many.redis.kill();
    await many.service.end("SIGKILL");
    await many.redis.restart();
    await many.startServer();
    await many.service.until(id, ({ rate }) => rate !== null); // it hears of steps again
    const steps = (await many.service.session("POST", `/${id}/pause`)).step + 5;
    await many.service.session("PATCH", `/${id}`, { steps });
    await many.service.session("POST", `/${id}/resume`);
    const done = await many.service.until(id, ({ status }) => status === "finished");
    expect(done.losses.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    const png = await many.service.bytes(`/v1/sessions/${id}/picture.png`);
    expect(Buffer.from(png).equals(await expected({ steps }))).toBe(true);
  });

  test("a worker that is asked to end gives back what it has within 5 s; without one it waits", async () => {
    const { service } = many;
    const gone = await service.create({ ...small, steps: 1_000_000 });
    await service.until(gone.id, ({ step }) => step > 1);
    expect((await service.send("DELETE", `/v1/sessions/${gone.id}`)).status).toBe(204); // while a worker has it
    const { id } = await service.create({ ...small, steps: 1_000_000 });
    await service.until(id, ({ step }) => step > 3);
    const [worker] = many.workers.splice(0, 1);
    const asked = performance.now();
    expect(await worker?.end("SIGTERM")).toBe(0);
    expect(performance.now() - asked).toBeLessThan(3300); // it may take 4.1 s where a step is long or Redis away
    expect(await service.until(id, ({ status }) => status === "queued")).toMatchObject({ position: 1 });
    const forked = await service.send("POST", `/v1/sessions/${id}/fork`, {});
    expect([forked.status, ((await forked.json()) as { code: string }).code]).toEqual([503, "NO_WORKER"]);
    expect(await service.session("POST", `/${id}/cancel`)).toMatchObject({ status: "cancelled" });
  });
});

test("nobody at the address of Redis, and an address that is none, are told", { timeout: 120_000 }, async () => {
  await inEmptyFolder(async (folder) => {
    const started = (redis: string) => cliProcess(["worker", "--redis", redis, "--folder", folder, ...tinyModels]);
    expect((await started("redis://127.0.0.1:1")).stderr).toContain("nobody answers at redis://127.0.0.1:1");
    expect((await started("127.0.0.1:6379")).stderr).toContain("expected redis://HOST:PORT");
  });
});
