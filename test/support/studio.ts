/** `vqgan-clip studio` with its page built, and what a person does there in a real Chromium. */
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { build as bundle } from "vite";
import { afterAll, beforeAll, expect } from "vitest";
import type { SessionView } from "../../src/service/views.js";
import { tinyModels } from "./cli.js";
import { build } from "./cli-process.js";
import { ended } from "./ended.js";
import { RunningCli } from "./running-cli.js";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const hasChromium = existsSync(executablePath);
/** Steps that do not end by themselves while a test looks at them. */
export const ENDLESS = "100000";

/** A browser's process of its own. */
export const launch = (): Promise<Browser> => chromium.launch({ executablePath, args: ["--no-sandbox"] });

/** One whose process may be killed. */
export async function launchToKill(): Promise<{ readonly browser: Browser; kill(): Promise<void> }> {
  const server = await chromium.launchServer({ executablePath, args: ["--no-sandbox"] });
  return { browser: await chromium.connect(server.wsEndpoint()), kill: () => server.kill() };
}

interface AxeFinding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe finds serious or critical, in words. */
export async function findings(on: Page): Promise<string[]> {
  await on.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished))); // colours fade
  await on.evaluate(axe.source);
  const { violations } = await on.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<{ violations: AxeFinding[] }> } }).axe.run(),
  );
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** The command line's build with the page in it, one for each process of the tests: others test what is said without one. */
const withPage = `${build}-page-${process.pid}`;

export class TestStudio {
  private constructor(
    private readonly running: RunningCli,
    private readonly folder: string,
    private readonly origin: string,
    private readonly token: string,
  ) {}

  /** @param models options of the command (default: the tiny ones) */
  static async start(models: readonly string[] = tinyModels): Promise<TestStudio> {
    const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-studio-"));
    await cp(build, withPage, { recursive: true });
    const root = fileURLToPath(new URL("../../studio", import.meta.url));
    await bundle({ root, logLevel: "error", build: { outDir: join(withPage, "studio"), emptyOutDir: true } });
    const args = ["studio", "--no-open", "--folder", join(folder, "sessions"), ...models];
    const running = await RunningCli.start(args, /^(http:\S+)\/#token=(\S+)\n/m, {}, join(withPage, "cli", "main.js"));
    const [, origin, token] = running.said;
    return new TestStudio(running, folder, origin as string, token as string);
  }

  /** With the token in its fragment. */
  get address(): string {
    return `${this.origin}/#token=${this.token}`;
  }

  /** Of the server's process. */
  get pid(): number | undefined {
    return this.running.child.pid;
  }

  /** A visitor with a profile of its own; its page stands open. @param path behind the address */
  async visit(browser: Browser, options: Parameters<Browser["newContext"]>[0] = {}, path = ""): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(60_000); // machines may be busy
    const page = await context.newPage();
    await page.goto(this.address);
    await page.locator(".facts").waitFor({ state: "attached" });
    if (path !== "") await page.goto(`${this.origin}/${path}`);
    return new Visitor(context, page, this);
  }

  /** What the service says of a session. */
  async session(id: string): Promise<SessionView> {
    return (await (await this.fetch(`/v1/sessions/${id}`)).json()) as SessionView;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      ...init,
      headers: { ...init.headers, Authorization: `Bearer ${this.token}` },
    });
  }

  async end(): Promise<void> {
    await ended(this.running.child, "SIGTERM"); // it saves what runs
    for (const made of [this.folder, withPage]) await rm(made, { recursive: true, force: true });
  }
}

/** A studio, a browser and a visitor whose page stands open, from before the first test of a suite to after its last. */
export function visited(): { studio: TestStudio; browser: Browser; visitor: Visitor } {
  const there = {} as ReturnType<typeof visited>;
  beforeAll(async () => {
    there.studio = await TestStudio.start();
    there.browser = await launch();
    there.visitor = await there.studio.visit(there.browser);
  }, 240_000);
  afterAll(async () => {
    await there.browser?.close();
    await there.studio?.end();
  }, 60_000);
  return there;
}

export class Visitor {
  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly studio: TestStudio,
  ) {}

  button(name: string | RegExp) {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  field(name: string) {
    return this.page.getByLabel(name, { exact: true });
  }

  /** Of the session on the stage. */
  get id(): string {
    return new URL(this.page.url()).hash.slice(2);
  }

  told(): Promise<SessionView> {
    return this.studio.session(this.id);
  }

  /** Waits until the session on the stage says so of itself. */
  isNow(word: string): Promise<void> {
    return this.page.getByTestId("status").filter({ hasText: word }).waitFor();
  }

  async step(): Promise<number> {
    return Number(/step (\d+)/.exec((await this.page.getByTestId("step").textContent()) ?? "")?.[1]);
  }

  runsTo(step: number): Promise<void> {
    return expect.poll(() => this.step()).toBeGreaterThan(step);
  }

  async create(text: string, steps: string): Promise<void> {
    await this.button("New").click();
    await this.field("Prompt 1").fill(text);
    await this.field("Steps").fill(steps);
    await this.button("Create").click();
    await this.page.getByTestId("step").waitFor();
  }

  async pause(): Promise<void> {
    await this.button("Pause").click();
    await this.isNow("Paused");
  }

  /** Drops a file on the page, as somebody drags it there. */
  async drop(bytes: Uint8Array, name: string, type = "image/png"): Promise<void> {
    const dataTransfer = await this.page.evaluateHandle(
      ([values, called, media]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(values)], called, { type: media }));
        return transfer;
      },
      [[...bytes], name, type] as const,
    );
    await this.page.dispatchEvent(".page", "drop", { dataTransfer });
  }

  /** The file behind an entry of the menu "Download". */
  async download(entry: string): Promise<string> {
    await this.button("Download").click();
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.page.getByRole("menuitem", { name: entry }).click(),
    ]);
    return download.path();
  }

  /** RGBA of a layer of the painting (0: paint, 1: mask) at a point given as shares of its sides. */
  colour(layer: 0 | 1, x: number, y: number): Promise<number[]> {
    return this.page
      .locator(".layers canvas")
      .nth(layer)
      .evaluate(
        (element, [left, top]) => {
          const canvas = element as HTMLCanvasElement;
          const context = canvas.getContext("2d") as CanvasRenderingContext2D;
          return [...context.getImageData(canvas.width * left, canvas.height * top, 1, 1).data];
        },
        [x, y] as const,
      );
  }

  /** Draws over the painting from one point to another, given as shares of its sides. */
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const box = (await this.page.getByTestId("board").boundingBox()) as NonNullable<
      Awaited<ReturnType<ReturnType<Page["getByTestId"]>["boundingBox"]>>
    >;
    const at = ([x, y]: readonly [number, number]) => [box.x + box.width * x, box.y + box.height * y] as const;
    await this.page.mouse.move(...at(from));
    await this.page.mouse.down();
    await this.page.mouse.move(...at(to), { steps: 8 });
    await this.page.mouse.up();
  }
}
