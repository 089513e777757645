/** In a real Chromium, from a page without the studio: drawings of strokes as on Node, and an exported step by the engine alone. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CreateRequest, VqganClip } from "../../src/index.js";
import { writeSafetensors } from "../../src/weights/safetensors.js";
import type { BrowserPage } from "../support/browser-page/main.js";
import { fixturePath } from "../support/fixtures.js";
import { type StaticServer, serveStatic } from "../support/static-server.js";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const title = existsSync(executablePath)
  ? "parts in a browser"
  : `parts in a browser (skipped: ${executablePath} is not installed)`;
const clip = fixturePath("clip-quick-gelu");

describe.skipIf(!existsSync(executablePath))(title, { timeout: 330_000 }, () => {
  let folder: string;
  let browser: Browser;
  let server: StaticServer;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vqgan-clip-parts-"));
    const root = fileURLToPath(new URL("../support/browser-page", import.meta.url));
    await build({ root, base: "./", logLevel: "error", configFile: false, build: { outDir: join(folder, "page") } });
    await mkdir(join(folder, "exported"));
    server = await serveStatic({ "/": join(folder, "page"), "/clip/": clip, "/exported/": join(folder, "exported") });
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    page = await browser.newPage();
    await page.goto(server.address);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("strokes: the losses that Node has, and curves", async () => {
    const generator = "strokes:count=6";
    const request = { prompts: "a castle", size: [48, 32], steps: 3, cutouts: 2, seed: 7 } satisfies CreateRequest;
    const vq = await VqganClip.fromPretrained({ generator, clip, threads: 1 });
    await using run = vq.create(request);
    const losses: number[] = [];
    for await (const event of run) losses.push(event.losses.total);
    const there = await page.evaluate(
      ([name, wanted]) => (globalThis as unknown as { page: BrowserPage }).page.drawn(name, "/clip/", wanted),
      [generator, request] as const,
    );
    expect(there.losses).toHaveLength(3);
    for (const [i, loss] of there.losses.entries()) expect(loss).toBeCloseTo(losses[i] as number, 3);
    expect(there.svg.match(/<path/g)).toHaveLength((await run.toSVG()).match(/<path/g)?.length as number);
  });

  test("an exported step has the gradient that the library goes by", async () => {
    const vq = await VqganClip.fromPretrained({ vqgan: fixturePath("vqgan"), clip, threads: 1 });
    const request: CreateRequest = { prompts: "a castle", preset: "paper", size: [32, 32], cutouts: 3, seed: 7, optimizer: "sgd", learningRate: 1, clampToCodebook: false, steps: 1 }; // biome-ignore format: one request
    await vq.export(join(folder, "exported/step.onnx"), "step", request);
    await using run = vq.create(request);
    await writeFile(join(folder, "exported/step.safetensors"), writeSafetensors(await run.feeds()));
    const before = (await run.state()).z.floats();
    await run.toFinish();
    const after = (await run.state()).z.floats();
    const taken = Array.from(before, (value, i) => value - (after[i] as number));
    const gradient = await page.evaluate(() =>
      (globalThis as unknown as { page: BrowserPage }).page.stepped("/exported"),
    );
    expect(gradient).toHaveLength(taken.length);
    const difference = Math.hypot(...taken.map((value, i) => value - (gradient[i] as number)));
    expect(difference / Math.hypot(...taken)).toBeLessThan(1e-4);
  });
});
