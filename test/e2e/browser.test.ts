/** The studio's page as static files in a real Chromium, its engine in the browser: what a person does there, and the same pictures as on Node. */
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodePicture } from "../../src/image/decode.js";
import { type CreateRequest, type ModelIdentity, readPngText, readStory, VqganClip } from "../../src/index.js";
import { bundledModel } from "../../src/vqgan-clip.js";
import { fixturePath } from "../support/fixtures.js";
import { type StaticServer, serveStatic } from "../support/static-server.js";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const title = existsSync(executablePath)
  ? "the page without a server"
  : `the page without a server (skipped: ${executablePath} is not installed)`;
const hasBundled = existsSync(join(bundledModel, "clip", "model.safetensors"));
const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu") };
const studio = fileURLToPath(new URL("../../studio/static", import.meta.url));
/** Long enough not to end by itself while a test looks at it. */
const LONG = "100000";
/** Where screenshots go, when somebody wants to look at them. */
const shots = process.env.STUDIO_SHOTS;

/** A graphics adapter in software, so that WebGPU is there on any machine. */
const args = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

interface AxeFinding {
  readonly id: string;
  readonly impact: string | null;
}

describe.skipIf(!existsSync(executablePath))(title, { timeout: 330_000 }, () => {
  let folder: string;
  let browser: Browser;
  /** Of most tests: the tiny pair, copied so that its files can change. */
  let server: StaticServer;
  let context: BrowserContext;
  let page: Page;
  const servers: StaticServer[] = [];
  const complaints: string[] = [];
  /** Every address that pages and their workers have asked for. */
  const asked: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vqgan-clip-browser-"));
    // The models are served from where they are: only the page is built.
    await build({ root: studio, publicDir: false, logLevel: "error", build: { outDir: join(folder, "page") } });
    for (const part of ["vqgan", "clip"] as const) await cp(tiny[part], join(folder, part), { recursive: true });
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", ...args] });
    server = await serve({ vqgan: join(folder, "vqgan"), clip: join(folder, "clip") });
    ({ context, page } = await open(server));
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    for (const each of servers) await each.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  /** As on a host where the page is one of many: not at its root. */
  async function serve(
    models: Readonly<Record<string, string>>,
    how: Parameters<typeof serveStatic>[1] = {},
  ): Promise<StaticServer> {
    const named = Object.entries(models).map(([name, path]) => [`/pages/studio/compact/${name}`, path]);
    const made = await serveStatic({ "/pages/studio/": join(folder, "page"), ...Object.fromEntries(named) }, how);
    servers.push(made);
    return made;
  }

  async function open({ address }: StaticServer, width = 1280) {
    const made = await browser.newContext({ acceptDownloads: true, viewport: { width, height: 800 } });
    made.setDefaultTimeout(120_000); // machines may be busy
    made.on("request", (request) => asked.push(request.url()));
    return { context: made, page: await openIn(made, address) };
  }

  async function openIn(made: BrowserContext, address: string): Promise<Page> {
    const opened = await made.newPage();
    opened.on("pageerror", (error) => complaints.push(error.message));
    opened.on("console", (message) => {
      if (message.type() === "error" && /Content Security Policy|React/.test(message.text()))
        complaints.push(message.text());
    });
    await opened.goto(`${address}pages/studio/`);
    return opened;
  }

  const button = (name: string | RegExp, on = page) =>
    on.getByRole("button", { name, exact: typeof name === "string" });
  const prompt = (number: number, on = page) => on.getByLabel(`Prompt ${number}`, { exact: true });
  const isNow = (word: string | RegExp, on = page) => on.getByTestId("status").filter({ hasText: word }).waitFor();
  const picture = (on = page) => on.getByTestId("picture").first();
  const alert = (text: string | RegExp, on = page) => on.getByRole("alert").filter({ hasText: text });
  const stepOf = async (on = page) =>
    Number(/step (\d+)/.exec((await on.getByTestId("step").textContent()) ?? "")?.[1]);
  const runsTo = (step: number, on = page) => expect.poll(() => stepOf(on)).toBeGreaterThan(step);
  const pixels = (at: Locator) =>
    at.evaluate(async (image: Element) => {
      const canvas = document.createElement("canvas");
      const source = image as HTMLImageElement;
      await source.decode();
      [canvas.width, canvas.height] = [source.naturalWidth, source.naturalHeight];
      const drawn = canvas.getContext("2d") as CanvasRenderingContext2D;
      drawn.drawImage(source, 0, 0);
      return [...drawn.getImageData(0, 0, canvas.width, canvas.height).data];
    });
  const shot = async (name: string, on = page) => {
    if (shots) await on.screenshot({ path: join(shots, `browser-${name}.png`) });
  };

  interface Wish {
    readonly text: string;
    readonly steps: string;
    readonly cutouts: string;
    readonly side?: string;
    readonly start?: string;
  }
  async function create({ text, steps, cutouts, side, start }: Wish, on = page): Promise<void> {
    await on.locator(".facts").waitFor({ state: "attached" });
    await button("New", on).click();
    await prompt(1, on).fill(text);
    await on.locator("details.fold").evaluateAll((folds) => {
      for (const fold of folds) fold.setAttribute("open", "");
    });
    await on.getByLabel("Steps", { exact: true }).fill(steps);
    await on.getByLabel("Seed", { exact: true }).fill("7");
    if (side) for (const name of ["Width", "Height"]) await on.getByLabel(`${name} in pixels`).fill(side);
    await on.getByLabel("Cutouts", { exact: true }).fill(cutouts);
    if (start) await on.getByLabel("Start", { exact: true }).selectOption(start);
    await button("Create", on).click();
    await on.getByTestId("step").waitFor();
  }

  /** The file of "Download", and what it would be called. */
  async function download(item: string, on = page): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    await button("Download", on).click();
    const [file] = await Promise.all([on.waitForEvent("download"), on.getByRole("menuitem", { name: item }).click()]);
    return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
  }

  async function findings(on: Page): Promise<string[]> {
    await on.evaluate(axe.source);
    const { violations } = await on.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<{ violations: AxeFinding[] }> } }).axe.run(),
    );
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id }) => id);
  }

  /** Mean difference of two pictures' values, 0..1. */
  async function difference(one: Uint8Array, other: Uint8Array): Promise<number> {
    const [a, b] = [(await decodePicture(one)).floats(), (await decodePicture(other)).floats()];
    expect(a.length).toBe(b.length);
    return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;
  }

  async function onNode(pair: typeof tiny | undefined, request: CreateRequest) {
    const vq = await VqganClip.fromPretrained({ ...pair, threads: 1 });
    const run = vq.create(request);
    const losses: number[] = [];
    for await (const event of run) losses.push(event.losses.total);
    return { losses, png: await run.toPNG(), models: await vq.identities() };
  }

  /** The first and the last loss of the plot. */
  async function lossesOf(on: Page): Promise<readonly number[]> {
    const words = (await on.getByRole("img", { name: /^Loss .* at step/ }).getAttribute("aria-label")) ?? "";
    return [...words.matchAll(/([\d.]+) at step/g)].map(([, loss]) => Number(loss));
  }

  test("the bundled pair: bytes as they come, its own settings, and the picture that Node makes", async () => {
    const pair = hasBundled ? undefined : tiny;
    let send = () => {};
    const hold = new Promise<void>((done) => {
      send = done;
    });
    const models = hasBundled ? { "": bundledModel } : { "vqgan/": tiny.vqgan, "clip/": tiny.clip };
    const served = await serve(models, { hold });
    const { page: own, context: its } = await open(served);
    await own
      .getByTestId("loading")
      .filter({ hasText: /\d of \d+\.\d MB/ })
      .waitFor();
    send();
    await create({ text: "a red apple", steps: "6", cutouts: "4", side: "64" }, own);
    await isNow("Finished", own);
    expect(await own.locator(".facts").textContent()).toMatch(/WASM · \d+ thread/);
    const { name, bytes } = await download("Picture (PNG)", own);
    expect(name).toBe("a-red-apple.png");
    const request: CreateRequest = { prompts: "a red apple", size: [64, 64], steps: 6, cutouts: 4, seed: 7 };
    const { losses, png, models: used } = await onNode(pair, request);
    const story = readStory(readPngText(bytes));
    const here = readStory(readPngText(png));
    expect(story).toMatchObject({ step: 6, device: "wasm" });
    expect(story?.settings).toEqual(here?.settings); // what the pair recommends included
    const hashes = (identities: readonly ModelIdentity[] = []) => identities.map(({ sha256 }) => sha256);
    expect(hashes(story?.models)).toEqual(hashes(used));
    const [first, last] = await lossesOf(own);
    expect(Math.abs((first as number) - (losses[0] as number))).toBeLessThan(0.01);
    expect(Math.abs((last as number) - (losses[5] as number))).toBeLessThan(0.01);
    expect(await difference(bytes, png)).toBeLessThan(0.005);
    await shot("bundled", own);
    await its.close();
  });

  test("it can be typed in at once, and axe finds nothing serious", async () => {
    await prompt(1).fill("a castle");
    await page.locator(".facts").waitFor({ state: "attached" });
    expect(await findings(page)).toEqual([]);
    await page.locator("summary", { hasText: "Engine" }).click();
    expect(await findings(page)).toEqual([]);
  });

  test("live, other words on the way, paused; a reload comes back to the same step and fetches no model again", async () => {
    await create({ text: "a castle", steps: LONG, cutouts: "2" });
    await runsTo(1);
    const before = await pixels(picture());
    await expect.poll(() => pixels(picture())).not.toEqual(before);
    await prompt(1).fill("a green pear");
    const story = async () => readStory(readPngText((await download("Picture (PNG)")).bytes))?.settings.prompts;
    await expect.poll(story).toBe("a green pear");
    await button("Pause").click();
    await isNow("Paused");
    const [step, seen] = [await stepOf(), (await download("Picture (PNG)")).bytes];
    const sent = server.sent.length;
    const engines = (put: boolean) =>
      page.evaluate(async (isPut) => {
        const cache = await caches.open("vqgan-clip-models");
        if (isPut) await cache.put("./assets/of-a-former-build.wasm", new Response("old"));
        return (await cache.keys()).map(({ url }) => url).filter((url) => url.endsWith(".wasm"));
      }, put);
    const kept = (await engines(false)).length;
    expect((await engines(true)).length).toBe(kept + 1);
    await page.reload();
    await isNow("Paused");
    expect((await engines(false)).length).toBe(kept);
    expect(await stepOf()).toBe(step);
    expect((await pixels(picture())).length).toBeGreaterThan(0);
    expect((await download("Picture (PNG)")).bytes).toEqual(seen);
    expect(await prompt(1).inputValue()).toBe("a green pear");
    expect(server.sent.slice(sent).filter((path) => path.endsWith("model.safetensors"))).toEqual([]);
    await button("Resume").click();
    await runsTo(step);
  });

  test("left while it runs, it goes on; a model that changed meanwhile is fetched again", async () => {
    const step = await stepOf();
    await utimes(join(folder, "clip", "model.safetensors"), 1e9, 1e9);
    const sent = server.sent.length;
    await page.reload();
    await isNow("Running");
    await runsTo(step - 1);
    expect(server.sent.slice(sent).filter((path) => path.endsWith("model.safetensors"))).toEqual([
      "/pages/studio/compact/clip/model.safetensors",
    ]);
  });

  test("a second tab says where the pictures are", async () => {
    const second = await openIn(context, server.address);
    await second.getByText("The studio is open in another tab.").waitFor();
    await second.close();
    await button("Pause").click();
    await isNow("Paused");
  });

  test("painted on by the mouse, it goes on from there on a branch", async () => {
    await button("Paint or mask").click();
    const board = page.getByTestId("board");
    await page.locator(".layers canvas").first().waitFor();
    const { x, y, width, height } = (await board.boundingBox())!;
    await page.mouse.move(x + width * 0.3, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.7, y + height / 2, { steps: 4 });
    await page.mouse.up();
    await button("Resume from paint").click();
    await isNow("Running");
    await page.getByRole("button", { name: /^Painted/ }).waitFor();
    await button("Stop").click();
    await isNow("Stopped");
  });

  test("go back to a kept step; the session's file goes on on Node", async () => {
    await create({ text: "a blue boat", steps: "12", cutouts: "2" });
    await isNow("Finished");
    await page.getByRole("slider", { name: "Look back over the steps" }).fill("0");
    await button(/^Go on from step \d+$/).click();
    await page.getByText(/A new branch from step \d+/).waitFor();
    await isNow("Finished");
    const { name, bytes } = await download("Session (.vqclip)");
    expect(name).toBe("a-blue-boat.vqclip");
    const path = join(folder, "boat.vqclip");
    await writeFile(path, bytes);
    const run = await (await VqganClip.fromPretrained({ ...tiny, threads: 1 })).open(path, { steps: 13 });
    expect(run.history?.nodes.map(({ origin }) => origin.kind)).toEqual(["start", "fork"]);
    await run.toFinish();
    expect((await run.state()).step).toBe(13);
  });

  test("a mask: what is not red stays as it is, to the bit", async () => {
    const before = await decodePicture((await download("Picture (PNG)")).bytes);
    await button("Paint or mask").click();
    await page.getByRole("radio", { name: "Mask" }).click();
    await page.getByText("Rectangle by numbers").click();
    await button("Add").click(); // the left half
    await button("Change only the red part").click();
    await isNow("Finished");
    const after = await decodePicture((await download("Picture (PNG)")).bytes);
    const [, height, width] = after.shape as [number, number, number];
    const changed = (isOf: (x: number) => boolean) =>
      after.floats().filter((value, i) => isOf(i % width) && value !== before.floats()[i]).length /
      (3 * height * width);
    expect(changed((x) => x >= width / 2)).toBe(0);
    expect(changed((x) => x < width / 2)).toBeGreaterThan(0.1);
  });

  test("a picture of ours brings its settings back; a deleted one comes back too", async () => {
    const { bytes } = await download("Picture (PNG)");
    await button("New").click();
    await page.getByTestId("picture-file").setInputFiles({ name: "boat.png", mimeType: "image/png", buffer: bytes });
    await page.getByText("Settings of boat.png are in the form").waitFor();
    expect(await prompt(1).inputValue()).toBe("a blue boat");
    const { seed } = readStory(readPngText(bytes))?.settings ?? {};
    expect(await page.getByLabel("Seed", { exact: true }).inputValue()).toBe(String(seed));
    const count = async () => Number(await page.locator(".tabs .count").textContent());
    const all = await count();
    await button(/^Delete a blue boat/)
      .first()
      .click();
    await expect.poll(count).toBe(all - 1);
    await button("Undo").click();
    await isNow("Finished");
    expect(await count()).toBe(all);
  });

  test("what would not fit is refused before it starts, with a size that would", async () => {
    await page.getByRole("tab", { name: /Gallery/ }).click();
    await button("New").click();
    await prompt(1).fill("much too large");
    for (const name of ["Width", "Height"]) await page.getByLabel(`${name} in pixels`).fill("512");
    await button("Create").click();
    await alert(/^Memory: this run needs about .* are allowed\. \d+x\d+ would fit\.$/).waitFor();
    await shot("refused");
  });

  test("fits a phone; without isolation there is one thread, and it says why", async () => {
    const { page: phone, context: its } = await open(
      await serve({ "vqgan/": tiny.vqgan, "clip/": tiny.clip }, { isolated: false }),
      390,
    );
    await phone.locator("summary", { hasText: "WebAssembly, 1 thread" }).click();
    await phone.getByText(/one thread: the page is not cross-origin isolated/).waitFor();
    expect(await findings(phone)).toEqual([]);
    await create({ text: "a tree", steps: "1", cutouts: "2" }, phone);
    await isNow("Finished", phone);
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await shot("phone", phone);
    await its.close();
  });

  test("models that are not there: where they were looked for, and what to do", async () => {
    const { page: lost, context: its } = await open(await serve({}));
    await alert(/^The models were not loaded from http.*\/pages\/studio\/compact\/.*models\/compact/, lost).waitFor();
    await shot("no-models", lost);
    await its.close();
  });

  test("an engine that is not there is named, and taken once it is", async () => {
    const assets = join(folder, "page", "assets");
    const engine = (await readdir(assets)).find((name) => name.endsWith(".wasm")) as string;
    await rename(join(assets, engine), join(folder, engine));
    const { page: lost, context: its } = await open(server);
    try {
      await alert(
        /^http\S+\.wasm: no such file; the engine is made of it\. Put all files of the build/,
        lost,
      ).waitFor();
    } finally {
      await rename(join(folder, engine), join(assets, engine));
    }
    await lost.locator(".facts", { hasText: "WASM" }).waitFor();
    await its.close();
  });

  test("opened as a file of a disk, it says what it needs", async () => {
    const lost = await browser.newPage();
    await lost.goto(pathToFileURL(join(folder, "page", "index.html")).href);
    await lost.getByText("It has to come from a web server").waitFor();
    await lost.close();
  });

  test.skipIf(!hasBundled)("memory that runs out on the way: said in words, and the next one is made", async () => {
    const flags = ["--js-flags=--wasm-max-mem-pages=4200"]; // of 64 KiB: less than 256x256 takes
    const narrow = await chromium.launch({ executablePath, args: ["--no-sandbox", ...flags] });
    try {
      const { address } = await serve({ "": bundledModel });
      const own = await openIn(await narrow.newContext(), address);
      own.setDefaultTimeout(120_000);
      await create({ text: "a red apple", steps: "2", cutouts: "4", side: "256" }, own);
      await alert(/^Memory: the browser gives this page no more .* A smaller size, fewer cutouts/, own).waitFor();
      await isNow("Failed", own);
      await create({ text: "a red apple", steps: "1", cutouts: "1", side: "64" }, own);
      await isNow("Finished", own);
    } finally {
      await narrow.close();
    }
  });

  test("a browser without SIMD is told which ones have it", async () => {
    const old = await browser.newContext();
    await old.addInitScript(() => {
      WebAssembly.validate = () => false;
    });
    const lost = await openIn(old, server.address);
    await alert(/no WebAssembly with SIMD.*Firefox from 89/, lost).waitFor();
    await old.close();
  });

  // A minute in software; a machine with a graphics adapter proves more.
  const inSoftware = process.env.SOFTWARE_WEBGPU === "1";
  const when = inSoftware ? "" : " (skipped: slow, asked for by SOFTWARE_WEBGPU=1)";
  test.skipIf(!inSoftware)(`on WebGPU, when chosen, the picture of Node's CPU${when}`, async () => {
    const { page: own, context: its } = await open(server);
    await own.locator("summary", { hasText: "Engine" }).click();
    await own.getByText("WebGPU is not taken by itself: its only adapter is software").waitFor(); // said, not hidden
    await own.getByLabel("Runs on").selectOption("webgpu");
    await own.locator(".facts", { hasText: "WEBGPU" }).waitFor();
    await create({ text: "a castle", steps: "1", cutouts: "1", start: "codes" }, own); // the fewest shaders to compile
    await own.getByTestId("status").filter({ hasText: "Finished" }).waitFor({ timeout: 300_000 });
    const { bytes } = await download("Picture (PNG)", own);
    expect(readStory(readPngText(bytes))).toMatchObject({ step: 1, device: "webgpu" });
    const { png } = await onNode(tiny, { prompts: "a castle", steps: 1, cutouts: 1, start: "codes", seed: 7 });
    expect(await difference(bytes, png)).toBeLessThan(0.005);
    await its.close();
  });

  test("nothing was asked of any other host, nothing was blocked, nothing was thrown", () => {
    expect(asked.filter((address) => address.endsWith(".wasm"))).not.toEqual([]);
    expect(asked.filter((address) => !/^(http:\/\/127\.0\.0\.1:|blob:|data:)/.test(address))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
