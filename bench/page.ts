/**
 * The studio as a person meets it, with the bundled pair: from the command to the page, from a prompt to its first
 * picture, and how far a run goes on after Pause.
 *
 *     npm run bench:page -- --repeat 3     needs Chromium (CHROMIUM names another one)
 *
 * Prompts are typed at ten letters a second, which is fast for a person: what loads meanwhile is part of the matter.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values } = parseArgs({ options: { repeat: { type: "string", default: "3" } } });
const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

interface Times {
  /** Seconds from the command to a page that may be typed into */
  readonly page: number;
  /** Seconds from Create to the first picture, of the first prompt of a new server */
  readonly first: number;
  /** The same of a second prompt */
  readonly second: number;
  /** Steps shown after Pause was pressed */
  readonly late: number;
}

async function visit(): Promise<Times> {
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-page-"));
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const begun = performance.now();
  const server = spawn(process.execPath, [cli, "studio", "--no-open", "--folder", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const address = await new Promise<string>((found) => {
      createInterface({ input: server.stdout }).on("line", (line) => {
        const link = /https?:\S+/.exec(line);
        if (link) found(link[0]);
      });
    });
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(address);
    const prompt = page.getByLabel("Prompt 1", { exact: true });
    await prompt.fill("a");
    const opened = performance.now();
    const picture = page.getByTestId("picture").first();
    const create = async (text: string): Promise<number> => {
      await prompt.fill("");
      await prompt.pressSequentially(text, { delay: 100 });
      const asked = performance.now();
      await page.getByRole("button", { name: "Create", exact: true }).click();
      await page.getByTestId("step").waitFor();
      while (
        !(await picture.evaluate(
          (image) => (image as HTMLImageElement).complete && (image as HTMLImageElement).naturalWidth > 0,
        ))
      )
        await page.waitForTimeout(5);
      return (performance.now() - asked) / 1000;
    };
    const stepOf = async () => Number(/step (\d+)/.exec((await page.getByTestId("step").textContent()) ?? "")?.[1]);
    const first = await create("a red apple");
    while ((await stepOf()) < 10) await page.waitForTimeout(20);
    const at = await stepOf();
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByTestId("status").filter({ hasText: "Paused" }).waitFor();
    const late = (await stepOf()) - at;
    await page.getByRole("button", { name: "New", exact: true }).click();
    return { page: (opened - begun) / 1000, first, second: await create("a blue house"), late };
  } finally {
    await browser.close();
    const ended = new Promise((done) => server.once("exit", done));
    if (server.kill("SIGTERM")) await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}\n`);
console.log("| visit | command to page (s) | prompt to picture (s) | a second prompt (s) | steps after Pause |");
console.log("| --- | --- | --- | --- | --- |");
for (let number = 1; number <= Number(values.repeat); number++) {
  const { page, first, second, late } = await visit();
  console.log(`| ${number} | ${page.toFixed(2)} | ${first.toFixed(2)} | ${second.toFixed(2)} | ${late} |`);
}
