/** The studio in a real Chromium, against its real server with tiny models: what a person does there, step by step. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPngText, readStory } from "../../src/index.js";
import { findings, hasChromium, ENDLESS as LONG, launch, TestStudio } from "../support/studio.js";

/** Where screenshots go, when somebody wants to look at them. */
const shots = process.env.STUDIO_SHOTS;

describe.skipIf(!hasChromium)("the studio (Chromium)", { timeout: 240_000 }, () => {
  let studio: TestStudio;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    studio = await TestStudio.start();
    browser = await launch();
    ({ context, page } = await open());
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await studio?.end();
  }, 60_000);

  async function open(options: Parameters<Browser["newContext"]>[0] = {}) {
    const made = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
      ...options,
    });
    made.setDefaultTimeout(60_000); // machines may be busy
    const opened = await made.newPage();
    opened.on("pageerror", (error) => complaints.push(error.message));
    opened.on("console", (message) => {
      if (message.type() === "error" && /Content Security Policy|React/.test(message.text()))
        complaints.push(message.text());
    });
    await opened.goto(studio.address);
    await opened.locator(".facts").waitFor({ state: "attached" });
    return { context: made, page: opened };
  }

  const button = (name: string | RegExp, on = page) =>
    on.getByRole("button", { name, exact: typeof name === "string" });
  const prompt = (number: number, on = page) => on.getByLabel(`Prompt ${number}`, { exact: true });
  const status = (on = page) => on.getByTestId("status");
  const isNow = (word: string | RegExp, on = page) => status(on).filter({ hasText: word }).waitFor();
  const picture = (on = page) => on.getByTestId("picture").first();
  const stepOf = async (on = page) =>
    Number(/step (\d+)/.exec((await on.getByTestId("step").textContent()) ?? "")?.[1]);
  const idOf = (on = page) => new URL(on.url()).hash.slice(2);
  const pixels = (at: Locator) =>
    at.evaluate(async (image: Element) => {
      const canvas = document.createElement("canvas");
      const source = image as HTMLImageElement;
      [canvas.width, canvas.height] = [source.naturalWidth, source.naturalHeight];
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.drawImage(source, 0, 0);
      return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
    });
  /** A picture of one colour, as somebody drags it over the page. */
  const dragged = (colour: string, on = page) =>
    on.evaluateHandle(async (fill) => {
      const canvas = new OffscreenCanvas(16, 16);
      const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
      context.fillStyle = fill;
      context.fillRect(0, 0, 16, 16);
      const transfer = new DataTransfer();
      transfer.items.add(new File([await canvas.convertToBlob()], "plain.png", { type: "image/png" }));
      return transfer;
    }, colour);
  /** Of the picture without loss, as it would be downloaded. */
  const exact = async (): Promise<number[]> => {
    await page.evaluate(async (source) => {
      const image = new Image();
      image.id = "exact";
      image.src = source;
      await image.decode();
      document.getElementById("exact")?.remove();
      document.body.append(image);
    }, `/v1/sessions/${idOf()}/picture.png?at=${Date.now()}`);
    const values = await pixels(page.locator("#exact"));
    await page.locator("#exact").evaluate((image) => image.remove());
    return values;
  };
  interface Told {
    readonly settings: { prompts: string; seed: number; steps: number; size: [number, number] };
    readonly status: string;
    readonly step: number;
    readonly nodes: readonly { id: number; kind: string; parent: number | null; from: number; keptSteps: number[] }[];
  }
  const told = async (id = idOf()): Promise<Told> => (await studio.session(id)) as unknown as Told;

  async function create(text: string, steps: string, on = page): Promise<void> {
    await button("New", on).click();
    await prompt(1, on).fill(text);
    await on.getByLabel("Steps", { exact: true }).fill(steps);
    await button("Create", on).click();
    await on.getByTestId("step").waitFor();
  }
  const runsTo = (step: number, on = page) => expect.poll(() => stepOf(on)).toBeGreaterThan(step);
  async function pauseIt(on = page): Promise<void> {
    await button("Pause", on).click();
    await isNow("Paused", on);
  }

  const shot = async (name: string, on = page) => {
    if (shots) await on.screenshot({ path: join(shots, `${name}.png`) });
  };

  test("opens by its link, is isolated, and axe finds nothing serious in light or dark", async () => {
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
    expect(page.url()).not.toContain(studio.address.split("token=")[1]);
    expect(await button("Create").isDisabled()).toBe(true);
    expect(await findings(page)).toEqual([]);
    for (const theme of ["dark", "light"]) {
      await page.getByLabel("Theme").selectOption(theme);
      expect(await findings(page)).toEqual([]);
    }
  });

  test("two weighted prompts become a picture that changes from step to step", async () => {
    await prompt(1).fill("a red apple");
    await button("Add a prompt").click();
    await prompt(2).fill("a watercolour painting");
    await page.getByLabel("Weight of prompt 2").fill("0.5");
    await button("Stop of prompt 2: never").click();
    await page.getByLabel("Stop of prompt 2").fill("0.1");
    await page.getByLabel("Steps", { exact: true }).fill(LONG);
    await button("Create").click();
    await isNow("Running");
    await runsTo(1);
    const before = await pixels(picture());
    await expect.poll(() => pixels(picture())).not.toEqual(before);
    expect((await told()).settings.prompts).toBe("a red apple | a watercolour painting:0.5:0.1");
    const figures = page.locator(".figures");
    await expect.poll(() => figures.textContent()).toMatch(/loss \d.*(steps\/s|s\/step).*left/);
    await page.getByRole("img", { name: /^Loss .* at step/ }).waitFor();
    expect(await findings(page)).toEqual([]);
    await shot("running");
  });

  test("words changed while it runs take effect at the next step and are written into the lineage", async () => {
    const seen = await stepOf();
    await prompt(1).fill("a green pear: ripe");
    await expect
      .poll(async () => (await told()).settings.prompts)
      .toBe("a green pear\\: ripe | a watercolour painting:0.5:0.1");
    await runsTo(seen);
    await isNow("Running");
  });

  test("a pause stops the step, and a reload comes back to it; space goes on", async () => {
    await pauseIt();
    const step = await stepOf();
    const rests = async () => {
      const before = await exact();
      await page.waitForTimeout(800);
      return JSON.stringify(await exact()) === JSON.stringify(before);
    };
    await expect.poll(rests).toBe(true); // its picture is written a little later than it is told
    expect(await stepOf()).toBe(step);
    await page.reload();
    await isNow("Paused");
    expect(await stepOf()).toBe(step);
    expect(await prompt(1).inputValue()).toBe("a green pear: ripe");
    await page.locator("#stage").focus();
    await page.keyboard.press("Space");
    await runsTo(step);
    await page.reload();
    await runsTo(step);
  });

  test("a second tab sees the same run", async () => {
    const second = await context.newPage();
    await second.goto(page.url());
    await isNow("Running", second);
    const step = await stepOf(second);
    await runsTo(step, second);
    await pauseIt(second);
    await page.bringToFront();
    await isNow("Paused");
    expect(await stepOf()).toBe(await stepOf(second));
    await second.close();
  });

  test("paint: red where the brush went, undone and redone, and a branch goes on from it", async () => {
    await button("Paint or mask").click();
    const board = page.getByTestId("board");
    await page.locator(".layers canvas").first().waitFor();
    await page.getByLabel("Colour", { exact: true }).fill("#ff0000");
    const box = (await board.boundingBox())!;
    /** Of a layer (0: paint, 1: mask) at a point given as shares of its sides. */
    const colour = (layer = 0, x = 0.5, y = 0.5) =>
      page
        .locator(".layers canvas")
        .nth(layer)
        .evaluate(
          (canvas, [left, top]) => {
            const { width, height } = canvas as HTMLCanvasElement;
            const context = (canvas as HTMLCanvasElement).getContext("2d") as CanvasRenderingContext2D;
            return [...context.getImageData(width * (left as number), height * (top as number), 1, 1).data];
          },
          [x, y],
        );
    /** A tool or a layer has been taken. */
    const chosen = (name: string) => page.getByRole("radio", { name, exact: true, checked: true }).waitFor();
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2, { steps: 6 });
    await page.mouse.up();
    await expect.poll(colour).toEqual([255, 0, 0, 255]);
    await page.keyboard.press("Control+z");
    await expect.poll(colour).toEqual([0, 0, 0, 0]);
    await page.keyboard.press("Control+Shift+z");
    await expect.poll(colour).toEqual([255, 0, 0, 255]);
    const brushSize = async () => Number(await page.locator(".brush-size output").textContent());
    const size = await brushSize();
    await page.keyboard.press("]");
    await expect.poll(brushSize).toBeGreaterThan(size);
    expect(await findings(page)).toEqual([]);
    await shot("painting");

    await page.getByLabel("Colour", { exact: true }).fill("#00ff00");
    await page.keyboard.press("i");
    await chosen("Take a colour (I)");
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await expect.poll(() => page.getByLabel("Colour", { exact: true }).inputValue()).toBe("#ff0000");

    const data = await dragged("#0000ff");
    await page.dispatchEvent(".page", "drop", { dataTransfer: data });
    await page.locator(".placed").waitFor();
    await expect.poll(() => colour()).toEqual([0, 0, 255, 255]);
    await board.focus();
    for (let i = 0; i < 8; i++) await page.keyboard.press("Shift+ArrowUp");
    await expect.poll(() => colour()).toEqual([255, 0, 0, 255]);
    for (let i = 0; i < 9; i++) await page.keyboard.press("Control+z");
    await expect.poll(() => colour()).toEqual([255, 0, 0, 255]);
    await page.locator(".placed").waitFor({ state: "detached" });

    await page.keyboard.press("m");
    await chosen("Mask");
    await page.keyboard.press("l");
    await chosen("Lasso (L)");
    await page.mouse.move(box.x + box.width * 0.1, box.y + box.height * 0.1);
    await page.mouse.down();
    for (const [x, y] of [
      [0.9, 0.1],
      [0.5, 0.4],
    ] as const)
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
    await page.mouse.up();
    const opacities = () => Promise.all([0.2, 0.9].map(async (y) => (await colour(1, 0.5, y))[3]));
    await expect.poll(opacities).toEqual([255, 0]);
    await page.keyboard.press("Shift+I");
    await expect.poll(opacities).toEqual([0, 255]);
    expect(await findings(page)).toEqual([]);
    for (let i = 0; i < 2; i++) await page.keyboard.press("Control+z");

    const before = (await told()).nodes.length;
    await button("Resume from paint").click();
    await isNow("Running");
    const { nodes } = await told();
    expect(nodes.length).toBe(before + 1);
    expect(nodes.at(-1)?.kind).toBe("paint");
    await pauseIt();
  });

  test("go back to a kept step, branch there, and compare two by a slider", async () => {
    await create("a blue boat", "15");
    await isNow("Finished");
    const slider = page.getByRole("slider", { name: "Look back over the steps" });
    await slider.fill("0");
    const goOn = button(/^Go on from step \d+$/);
    const from = Number(/\d+/.exec((await goOn.textContent()) ?? "")?.[0]);
    await goOn.click();
    await page.getByText(`A new branch from step ${from}`).waitFor();
    await isNow("Finished");
    const { nodes } = await told();
    expect(nodes.map(({ kind, from: at }) => [kind, at])).toEqual([
      ["start", 0],
      ["fork", from],
    ]);
    await page.getByRole("button", { name: /^Compare with Start/ }).click();
    const over = page.locator(".compare .over");
    await page.getByRole("slider", { name: "How much of the left picture shows" }).fill("25");
    expect(await over.evaluate((element) => getComputedStyle(element).clipPath)).toContain("75%");
    expect(await findings(page)).toEqual([]);
    await shot("comparing");
    await page.keyboard.press("Escape");
    await over.waitFor({ state: "detached" });
  });

  test("a mask: what is not red stays as it is", async () => {
    const before = await exact();
    await button("Paint or mask").click();
    await page.getByRole("radio", { name: "Mask" }).click();
    await page.getByText("Rectangle by numbers").click();
    await button("Add").click(); // the left half
    await button("Change only the red part").click();
    await isNow("Finished");
    const [after, width] = [await exact(), 32];
    expect(after.length).toBe(before.length);
    const change = (half: "left" | "right") => {
      const differences = after.flatMap((value, at) => {
        const x = Math.floor(at / 4) % width;
        const isOf = half === "left" ? x < width / 2 : x >= width / 2;
        return isOf ? [Math.abs(value - (before[at] as number))] : [];
      });
      return differences.reduce((sum, value) => sum + value, 0) / differences.length;
    };
    expect(change("right")).toBe(0);
    expect(change("left")).toBeGreaterThan(1);
  });

  test("the picture is downloaded with its story, and dropped on a fresh page it brings its settings back", async () => {
    await create("a castle:0.7 | text:-0.3", "12"); // becomes two rows
    await isNow("Finished");
    await button("Download").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Picture (PNG)" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("a-castle-text.png");
    const bytes = await readFile(await download.path());
    await button("Download").click();
    const [moving] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Timelapse (WebP)" }).click(),
    ]);
    expect((await sharp(await moving.path()).metadata()).pages).toBeGreaterThan(1);
    const { settings } = await told();
    const text = readPngText(bytes);
    expect(readStory(text)?.settings).toMatchObject({ prompts: settings.prompts, seed: settings.seed, steps: 12 });
    expect(JSON.stringify(text)).toContain("trainedAlgorithmicMedia");
    const fresh = await open();
    const data = await fresh.page.evaluateHandle(
      (values) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(values)], "castle.png", { type: "image/png" }));
        return transfer;
      },
      [...bytes],
    );
    await fresh.page.dispatchEvent(".page", "drop", { dataTransfer: data });
    await fresh.page.getByText("Settings of castle.png are in the form").waitFor();
    expect(await prompt(1, fresh.page).inputValue()).toBe("a castle");
    expect(await fresh.page.getByLabel("Weight of prompt 2").inputValue()).toBe("-0.3");
    expect(await fresh.page.getByLabel("Seed", { exact: true }).inputValue()).toBe(String(settings.seed));
    expect(await fresh.page.getByLabel("Steps", { exact: true }).inputValue()).toBe("12");
    await button("Create", fresh.page).click();
    await isNow("Finished", fresh.page);
    expect(await pixels(picture(fresh.page))).toEqual(await pixels(picture()));
    await fresh.context.close();
  });

  test("a grid: what differs makes pictures side by side, and the one that is liked goes on", async () => {
    await button("New").click();
    await prompt(1).fill("a boat");
    await button("Add a prompt").click();
    await prompt(2).fill("fog");
    await page.getByLabel("Steps", { exact: true }).fill("3");
    await page.getByText("Grid", { exact: true }).click();
    await page.getByLabel("Across", { exact: true }).selectOption({ label: "Seed" });
    await page.getByLabel("Values across").fill("5, 4");
    await page.getByLabel("Down", { exact: true }).selectOption({ label: "Weight of prompt 2" });
    await page.getByLabel("Values down").fill("0.5, nothing");
    expect(await button(/^Create/).isDisabled()).toBe(true);
    await page.getByLabel("Values down").fill("0.5, -0.5");
    await button("Create 4 pictures").click();
    await page.getByTestId("grid-state").filter({ hasText: "4 pictures" }).waitFor();
    await page.reload(); // its address is the page's
    const tiles = page.getByRole("list", { name: "Pictures of this grid" }).getByRole("button", { name: /^Continue/ });
    await expect.poll(() => tiles.count()).toBe(4);
    expect(await tiles.nth(3).getAttribute("aria-label")).toMatch(/Seed 4, Weight of prompt 2 -0.5, Finished$/);
    expect(await findings(page)).toEqual([]);
    await shot("grid");
    await page.locator("#stage").focus();
    await page.keyboard.press("2");
    await isNow("Finished");
    expect((await told()).settings).toMatchObject({ prompts: "a boat | fog:0.5", seed: 4, steps: 3 });
    await button("Its grid").click();
    await button("Delete the grid").click();
    await tiles.first().waitFor({ state: "detached" });
    await button("Undo").click();
    await expect.poll(() => tiles.count()).toBe(4);
  });

  test("a picture dropped on the prompts is one to be near; what it will need is said before", async () => {
    await button("New").click();
    await page.getByLabel("Steps", { exact: true }).fill("3");
    await page.dispatchEvent(".prompts", "drop", { dataTransfer: await dragged("#00ff00") });
    await page.getByLabel("Weight of picture 1").fill("0.5");
    await page
      .getByTestId("needs")
      .filter({ hasText: /\d+ MB/ })
      .waitFor();
    expect(await findings(page)).toEqual([]);
    await button("Create").click();
    await isNow("Finished");
    expect((await told()).settings).toMatchObject({ targets: [{ kind: "image", weight: 0.5 }] });
    await page.reload();
    await page.getByLabel("Weight of picture 1").waitFor();
    expect(await page.getByLabel("Weight of picture 1").inputValue()).toBe("0.5");
  });

  test("a video is made, plays, and is there as a file and as frames; another one's frames are restyled", async () => {
    await button("New").click();
    await prompt(1).fill("a wave");
    await page.getByLabel("Steps", { exact: true }).fill("4");
    await page.getByText("Video", { exact: true }).click();
    await page.getByLabel(/^Make a video/).check();
    await page.getByLabel("Frames", { exact: true }).fill("3");
    await page.getByLabel("Steps of each later frame").fill("2");
    expect(await findings(page)).toEqual([]);
    await button("Create").click();
    await page.getByTestId("film").waitFor({ timeout: 120_000 });
    await page.getByTestId("frames").filter({ hasText: "3 of 3 frames" }).waitFor();
    expect(await findings(page)).toEqual([]);
    await shot("video");
    const saved = page.waitForEvent("download");
    await button("Download").click();
    await page.getByRole("menuitem", { name: "All frames (ZIP)" }).click();
    const zip = unzipSync(await readFile(await (await saved).path()));
    expect(Object.keys(zip)).toEqual(["frame-00001.png", "frame-00002.png", "frame-00003.png"]);

    await button("New").click();
    await prompt(1).fill("a painting");
    await page.getByLabel("Steps", { exact: true }).fill("2");
    await page.dispatchEvent(".page", "drop", { dataTransfer: await recorded() });
    const count = page.locator(".fold .count").filter({ hasText: "frames" });
    await count.waitFor();
    await button("Create").click();
    await page.getByTestId("film").waitFor({ timeout: 120_000 });
    const { kind, film } = (await told()) as Told & { kind: string; film: { frames: number; done: number } };
    expect([kind, film.done]).toEqual(["style", film.frames]);
    expect(film.frames).toBeGreaterThan(1);
    await button("New").click();
  });

  /** A video of half a second that this browser has made, as somebody drags it over the page. */
  const recorded = () =>
    page.evaluateHandle(async () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [32, 32];
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm" });
      const parts: Blob[] = [];
      recorder.ondataavailable = ({ data }) => void parts.push(data);
      const ended = new Promise((done) => {
        recorder.onstop = done;
      });
      recorder.start();
      for (let x = 0; x < 12; x++) {
        context.fillStyle = x % 2 ? "teal" : "orange";
        context.fillRect(2 * x, 0, 8, 32);
        await new Promise((done) => setTimeout(done, 50));
      }
      recorder.stop();
      await ended;
      const transfer = new DataTransfer();
      transfer.items.add(new File(parts, "clip.webm", { type: "video/webm" }));
      return transfer;
    });

  test("a picture that is liked goes on larger, in a session of its own", async () => {
    await create("a small boat", "2");
    await isNow("Finished");
    const before = idOf();
    await button("Larger").click();
    await page.getByRole("menuitem", { name: /×/ }).first().click();
    await expect.poll(() => idOf()).not.toBe(before);
    await isNow("Finished");
    const [from, to] = [await told(before), await told()];
    expect(to.settings.size[0]).toBe(1.5 * from.settings.size[0]);
    expect(to.settings).toMatchObject({ prompts: "a small boat", seed: from.settings.seed });
  });

  test("prompts by keys: earlier ones come back, weights go up and down; a seed is kept or not", async () => {
    await button("New").click();
    await prompt(1).press("Alt+ArrowUp");
    await expect.poll(() => prompt(1).inputValue()).not.toBe("");
    await prompt(1).press("Alt+ArrowDown");
    await expect.poll(() => prompt(1).inputValue()).toBe("");
    await prompt(1).press("Control+ArrowDown");
    expect(await page.getByLabel("Weight of prompt 1").inputValue()).toBe("0.95");
    const seed = page.getByLabel("Seed", { exact: true });
    const lock = button("Keep the seed");
    await lock.click();
    expect(await seed.inputValue()).toMatch(/^\d+$/);
    expect(await lock.getAttribute("aria-pressed")).toBe("true");
    await lock.click();
    expect(await seed.inputValue()).toBe("");
  });

  test("what waits says its place in the line", async () => {
    await create("a long one", LONG);
    await isNow("Running");
    const running = page.url();
    await create("one that waits", "5");
    await isNow("Waiting: next in line");
    await page.goto(running);
    await button("Stop").click();
    await isNow("Stopped");
    await page.getByRole("tab", { name: /Gallery/ }).click();
    await page
      .getByRole("button", { name: /^one that waits/ })
      .first()
      .click();
    await isNow("Finished");
  });

  test("a picture is deleted, and comes back", async () => {
    await page.getByRole("tab", { name: /Gallery/ }).click();
    const remove = button("Delete one that waits");
    await remove.click();
    await remove.waitFor({ state: "detached" });
    await button("Undo").click();
    await isNow("Finished");
  });

  test("a lost connection is told, and the run is found again where it is", async () => {
    await create("a lost boat", LONG);
    await runsTo(2);
    await context.setOffline(true);
    const banner = page.getByRole("alert").filter({ hasText: "Connection lost" });
    await banner.waitFor();
    const step = await stepOf();
    await context.setOffline(false);
    await banner.waitFor({ state: "detached", timeout: 90_000 });
    await runsTo(step);
  });

  test("a killed engine: the run goes on, and it is said", async () => {
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(studio.pid)], { encoding: "utf8" });
    const engines = children
      .trim()
      .split(/\s+/)
      .map(Number)
      .filter((pid) => isNode(pid));
    expect(engines.length).toBeGreaterThan(0);
    const step = await stepOf();
    for (const engine of engines) process.kill(engine, "SIGKILL");
    await runsTo(step + 5);
    await page.getByRole("list", { name: "Notices of this run" }).waitFor();
    await pauseIt();
  });

  test("what is refused is told in words, with what would help", async () => {
    await button("New").click();
    await prompt(1).fill("too much");
    await page.getByText("Advanced").click();
    await page.getByLabel("Schedule", { exact: true }).fill('{"kind":"sideways"}');
    await page.getByLabel("Schedule", { exact: true }).blur();
    await button("Create").click();
    const alert = page.getByRole("alert").filter({ hasText: "schedule" });
    await alert.waitFor();
    expect(await findings(page)).toEqual([]);
    const paper = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["%PDF"], "x.pdf", { type: "application/pdf" }));
      return transfer;
    });
    await page.dispatchEvent(".page", "drop", { dataTransfer: paper });
    await page.getByText("There is no picture in x.pdf that this browser can show.").waitFor();
    expect(await page.getByText("How far it may change").count()).toBe(0);
    await button("Reset all").click();
    await page.getByLabel("Cutouts", { exact: true }).fill("2");
    await page.getByLabel("Steps", { exact: true }).fill("3");
    await button("Create").click();
    await isNow("Finished");
    expect((await told()).settings).toMatchObject({ cutouts: 2, steps: 3 });
  });

  test("all of it by keys alone", async () => {
    const { page: keys, context: own } = await open();
    const tabTo = async (name: RegExp) => {
      for (let presses = 0; presses < 80; presses++) {
        await keys.keyboard.press("Tab");
        const label = await keys.evaluate(() => {
          const at = document.activeElement as HTMLElement | null;
          const labels = [...((at as HTMLInputElement | null)?.labels ?? [])].map((label) => label.textContent);
          return `${at?.getAttribute("aria-label") ?? ""} ${labels.join(" ")} ${at?.textContent ?? ""}`.trim();
        });
        if (name.test(label)) return;
      }
      throw new Error(`no tab stop is named ${name}`);
    };
    await tabTo(/^Prompt 1/);
    await keys.keyboard.type("a tree");
    await tabTo(/^Steps/);
    await keys.keyboard.type(LONG);
    await keys.keyboard.press("Control+Enter");
    await runsTo(1, keys);
    await keys.locator("#stage").focus();
    await keys.keyboard.press("Space");
    await isNow("Paused", keys);
    await keys
      .getByTestId("live")
      .filter({ hasText: /Paused, step \d+/ })
      .waitFor({ state: "attached" });
    await button("Paint or mask", keys).waitFor(); // a pause is told before its picture is there
    await keys.keyboard.press("p");
    await keys.locator(".layers canvas").first().waitFor();
    await tabTo(/^Painting, at/);
    await keys.keyboard.press("Space");
    for (let i = 0; i < 4; i++) await keys.keyboard.press("ArrowRight");
    await keys.keyboard.press("Space");
    await tabTo(/^Resume from paint$/);
    await keys.keyboard.press("Enter");
    await isNow("Running", keys);
    expect((await told(idOf(keys))).nodes.at(-1)?.kind).toBe("paint");
    await tabTo(/^Stop$/);
    await keys.keyboard.press("Enter");
    await isNow("Stopped", keys);
    await own.close();
  });

  test("fits from 360 to 2560 pixels, in one column below 900", async () => {
    for (const [width, height] of [
      [360, 740],
      [899, 1000],
      [900, 700],
      [1280, 800],
      [2560, 1440],
    ] as const) {
      await page.setViewportSize({ width, height });
      const { scrollWidth, ...places } = await page.evaluate(() => {
        const place = (selector: string) =>
          document.querySelector(selector)?.getBoundingClientRect().toJSON() as DOMRect;
        const { scrollWidth } = document.documentElement;
        return { scrollWidth, prompts: place(".prompts"), stage: place(".stage"), settings: place(".fold") };
      });
      const { prompts, stage, settings } = places;
      expect(scrollWidth, `at ${width}`).toBeLessThanOrEqual(width);
      expect(stage.left >= prompts.right, `columns at ${width}`).toBe(width >= 900);
      if (width < 900)
        expect(prompts.bottom <= stage.top && stage.bottom <= settings.top, `order at ${width}`).toBe(true);
      await shot(`finished-${width}`);
    }
  });

  test("nothing was blocked, nothing was thrown", () => {
    expect(complaints).toEqual([]);
  });
});

/** Whether a process is one of Node: on Linux its command says so. */
function isNode(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("engine");
}
