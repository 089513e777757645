/** The example page in a real Chromium: a picture in the making, the same numbers as on Node, and its saved file. */
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelIdentity, readPngText, readStory, VqganClip } from "../../src/index.js";
import { bundledModel } from "../../src/vqgan-clip.js";
import { cli, compileCli } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";
import { type StaticServer, serveStatic } from "../support/static-server.js";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const title = existsSync(executablePath) ? "in Chromium" : `in Chromium (skipped: ${executablePath} is not installed)`;
const hasBundled = existsSync(join(bundledModel, "vqgan", "model.safetensors"));
const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu") };
const models = hasBundled ? { vqgan: join(bundledModel, "vqgan"), clip: join(bundledModel, "clip") } : tiny;
const example = fileURLToPath(new URL("../../examples/browser", import.meta.url));

/** A graphics adapter in software, so that WebGPU is there on any machine. */
const args = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

interface Wish {
  readonly prompt?: string;
  readonly side: number;
  readonly steps: number;
  readonly cutouts: number;
  readonly device?: "auto" | "webgpu" | "wasm";
}

describe.skipIf(!existsSync(executablePath))(title, { timeout: 330_000 }, () => {
  let folder: string;
  let browser: Browser;
  const servers: StaticServer[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vqgan-clip-browser-"));
    // The models are served from where they are: only the page is built.
    await build({ root: example, publicDir: false, logLevel: "warn", build: { outDir: join(folder, "page") } });
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", ...args] });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    for (const server of servers) await server.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  async function serve({ vqgan, clip }: typeof tiny, isolated = true): Promise<StaticServer> {
    const folders = { "/": join(folder, "page"), "/compact/vqgan/": vqgan, "/compact/clip/": clip };
    const server = await serveStatic(folders, { isolated });
    servers.push(server);
    return server;
  }

  /** Every address that pages and their workers have asked for. */
  const asked: string[] = [];

  async function open(address: string): Promise<Page> {
    const context = await browser.newContext({ acceptDownloads: true });
    context.on("request", (request) => asked.push(request.url()));
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(`page: ${error.message}`));
    await page.goto(address);
    return page;
  }

  async function create(page: Page, { prompt = "a castle", side, steps, cutouts, device = "auto" }: Wish) {
    await page.getByLabel("What to see").fill(prompt);
    await page.getByText("Settings").evaluate((summary) => summary.closest("details")?.setAttribute("open", ""));
    await page.getByLabel("Side").fill(String(side));
    await page.getByLabel("Steps").fill(String(steps));
    await page.getByLabel("Cutouts").fill(String(cutouts));
    await page.getByLabel("Seed").fill("7");
    await page.getByLabel("Device").selectOption(device);
    await page.getByRole("button", { name: "Create" }).click();
  }

  const status = (page: Page) => page.getByRole("status");
  const isOver = (page: Page, word: string) =>
    status(page).filter({ hasText: word }).waitFor({ state: "attached", timeout: 300_000 });
  const losses = async (page: Page) => (await page.locator("#losses li").allTextContents()).map(Number);
  const picture = (page: Page) =>
    page.locator("canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

  /** The first losses of the same run on Node's CPU. */
  async function onNode(pair: typeof tiny, { prompt = "a castle", side, steps, cutouts }: Wish): Promise<number[]> {
    const vq = await VqganClip.fromPretrained({ ...pair, threads: 1 });
    const run = vq.create({ prompts: prompt, size: [side, side], steps, cutouts, seed: 7 });
    const totals: number[] = [];
    for await (const event of run) totals.push(event.losses.total);
    await run.dispose();
    return totals;
  }

  function expectEqual(actual: readonly number[], expected: readonly number[]): void {
    expect(actual.length).toBeGreaterThanOrEqual(expected.length);
    for (const [i, loss] of expected.entries()) {
      expect(Math.abs(actual[i]! - loss), `step ${i + 1}`).toBeLessThan(1e-3);
    }
  }

  test("a prompt becomes a picture: live, stopped, saved, and equal to Node's", async () => {
    const wish = { prompt: "a red apple", side: 64, steps: 1000, cutouts: 8, device: "auto" } as const;
    const page = await open((await serve(models)).address);
    await create(page, wish);
    const seen = new Set<string>();
    await page.locator("#losses li:nth-child(5)").waitFor({ state: "attached", timeout: 300_000 });
    seen.add(await picture(page));
    await page.locator("#losses li:nth-child(20)").waitFor({ state: "attached", timeout: 300_000 });
    seen.add(await picture(page));
    await page.getByRole("button", { name: "Stop" }).click();
    await isOver(page, "Stopped after");
    seen.add(await picture(page));
    expect(seen.size).toBe(3);

    const made = await losses(page);
    console.log(`wasm: ${(await page.locator("#device").textContent())?.trim()} ${made.length} steps`);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(mean(made.slice(-5))).toBeLessThan(mean(made.slice(0, 5)));
    expectEqual(made, await onNode(models, { ...wish, steps: 5 }));
    expect(await page.locator("#device").textContent()).toMatch(/Runs on wasm with \d+ thread/);
    expect(await page.locator("#notices").textContent()).toMatch(/Not on webgpu: .+/); // software only: said, not hidden

    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save PNG" }).click();
    const path = join(folder, "saved.png");
    await (await download).saveAs(path);
    expect((await download).suggestedFilename()).toBe("a-red-apple.png");
    const story = readStory(readPngText(await readFile(path)));
    expect(story).toMatchObject({ step: made.length, device: "wasm", settings: { prompts: "a red apple", seed: 7 } });
    const node = await VqganClip.fromPretrained(models);
    const hashes = (identities: readonly ModelIdentity[] = []) => identities.map(({ sha256 }) => sha256);
    expect(hashes(story?.models)).toEqual(hashes(await node.identities()));

    const removeBuild = compileCli();
    try {
      const { code, stdout } = await cli(["inspect", path, "--json"]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout.toString())).toMatchObject({
        kind: "picture",
        width: 64,
        story: { settings: { seed: 7 } },
      });
    } finally {
      await removeBuild();
    }
    await page.context().close();
  });

  test("files of models are fetched once, and again when they have changed", async () => {
    const pair = { vqgan: join(folder, "vqgan"), clip: join(folder, "clip") };
    await cp(tiny.vqgan, pair.vqgan, { recursive: true });
    await cp(tiny.clip, pair.clip, { recursive: true });
    const server = await serve(pair);
    const page = await open(server.address);
    const fetched = async () => {
      await page.goto(server.address);
      const before = server.sent.length;
      await create(page, { side: 32, steps: 1, cutouts: 2, device: "wasm" });
      await isOver(page, "Done after");
      return server.sent.slice(before).filter((path) => path.endsWith("model.safetensors"));
    };
    expect(await fetched()).toEqual(["/compact/vqgan/model.safetensors", "/compact/clip/model.safetensors"]);
    expect(await fetched()).toEqual([]);
    await utimes(join(pair.clip, "model.safetensors"), 1e9, 1e9);
    expect(await fetched()).toEqual(["/compact/clip/model.safetensors"]);
    await page.context().close();
  });

  test("without isolation there is one thread, and the page says why", async () => {
    const page = await open((await serve(tiny, false)).address);
    await create(page, { side: 32, steps: 1, cutouts: 2, device: "wasm" });
    await isOver(page, "Done after");
    expect(await page.locator("#device").textContent()).toMatch(/1 thread: the page is not cross-origin isolated/);
    await page.context().close();
  });

  // A minute in software; a machine with a graphics adapter proves more.
  const inSoftware = process.env.SOFTWARE_WEBGPU === "1";
  const when = inSoftware ? "" : " (skipped: slow, asked for by SOFTWARE_WEBGPU=1)";
  test.skipIf(!inSoftware)(`WebGPU gives the numbers of Node's CPU${when}`, async () => {
    const wish = { side: 32, steps: 3, cutouts: 2, device: "webgpu" } as const;
    const page = await open((await serve(tiny)).address);
    await create(page, wish);
    await isOver(page, "Done after");
    expect(await page.locator("#device").textContent()).toBe("Runs on webgpu.");
    expectEqual(await losses(page), await onNode(tiny, wish));
    await page.context().close();
  });

  test("what goes wrong is told in words", async () => {
    const page = await open((await serve({ vqgan: folder, clip: folder })).address);
    await create(page, { side: 32, steps: 1, cutouts: 2 });
    await isOver(page, "holds none of model.safetensors, model.ckpt, last.ckpt");
    await page.context().close();
  });

  test("nothing was asked of any other host", () => {
    expect(asked.filter((address) => address.endsWith(".wasm"))).not.toEqual([]);
    expect(asked.filter((address) => !/^(http:\/\/127\.0\.0\.1:|blob:|data:)/.test(address))).toEqual([]);
  });
});
