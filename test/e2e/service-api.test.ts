/** What the service takes and tells beside the life of a session: image prompts, plans, its own document. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { VqganClip } from "../../src/index.js";
import type { SessionPlan } from "../../src/service/making.js";
import { compileCli } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";
import { formWith, Service } from "../support/service.js";

let folder: string;
let service: Service;

beforeAll(async () => {
  const remove = compileCli();
  folder = await mkdtemp(join(tmpdir(), "vqgan-clip-service-"));
  service = await Service.start(folder);
  return async () => {
    await service.end("SIGKILL");
    await rm(folder, { recursive: true, force: true });
    await remove();
  };
}, 240_000);

const small = { prompts: "a red apple", size: [32, 32] as [number, number], cutouts: 4, seed: 7 };
const endless = { ...small, steps: 1_000_000 };

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
    await service.end("SIGKILL");
    service = await Service.start(folder);
    await service.session("PATCH", `/${id}`, { prompts: "an apple" });
    await service.send("DELETE", `/v1/sessions/${first.id}`);
    const done = await service.until(id, ({ status }) => status === "finished");
    expect(done.losses[0]?.prompts).toHaveLength(3);

    const vq = await VqganClip.fromPretrained({
      vqgan: fixturePath("vqgan"),
      clip: fixturePath("clip-quick-gelu"),
      threads: 1,
    });
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
    const before = await readdir(join(folder, "sessions"));
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
    expect(await readdir(join(folder, "sessions"))).toEqual(before);
  });
});

describe("plans", { timeout: 200_000 }, () => {
  test("what a session would need, as it then is; nothing is made", async () => {
    const before = await readdir(join(folder, "sessions"));
    const long = "a red apple and a green apple ".repeat(20).trim();
    const form = formWith({ prompts: long, steps: 50, cutouts: 4 }, { image: await plain("red", 32) });
    const plan = (await (await service.send("POST", "/v1/plan", form)).json()) as SessionPlan;
    expect(plan).toMatchObject({ size: [32, 32], steps: 50, warnings: [{ kind: "truncated", text: long }] });
    expect(plan.warnings[0]?.message).toMatch(/^the prompt is longer than/);
    // Steps were taken before: what this one's would take is known.
    expect(plan.seconds).toBeCloseTo((plan.stepSeconds as number) * 50);
    const same = (await (await service.send("POST", "/v1/plan", { ...small, steps: 2 })).json()) as SessionPlan;
    expect(await readdir(join(folder, "sessions"))).toEqual(before);
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
