/** The studio with the models that come with the package, in a real Chromium: what a new user does first. */
import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPngText, readStory, VqganClip } from "../../src/index.js";
import { hasChromium, launch, TestStudio, type Visitor } from "../support/studio.js";

describe.skipIf(!hasChromium)("the studio with the bundled pair (Chromium)", { timeout: 400_000 }, () => {
  let studio: TestStudio;
  let browser: Browser;
  let person: Visitor;
  const foreign: string[] = [];

  beforeAll(async () => {
    studio = await TestStudio.start(["--threads", "1"]);
    browser = await launch();
    person = await studio.visit(browser);
    person.page.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol.startsWith("http") && hostname !== "127.0.0.1") foreign.push(request.url());
    });
  }, 400_000);

  afterAll(async () => {
    await browser?.close();
    await studio?.end();
  }, 60_000);

  test("a word that the models do not know is marked as it is typed, and one that they know takes its place", async () => {
    await person.field("Prompt 1").fill("a red aple");
    const mark = person.page.locator(".unread mark");
    await mark.waitFor();
    expect(await mark.textContent()).toBe("aple");
    await person.button("apple instead of aple").click();
    await mark.waitFor({ state: "detached" });
    expect(await person.field("Prompt 1").inputValue()).toBe("a red apple");
  });

  test("a prompt becomes a picture, through a pause on the way: the library's own, to the byte", async () => {
    await person.page
      .getByTestId("needs")
      .filter({ hasText: /\d+ MB/ })
      .waitFor();
    await person.field("Steps").fill("24");
    await person.field("Seed").fill("1"); // after 24 steps others may still be red to the border
    await person.button("Create").click();
    await person.runsTo(2);
    await person.pause();
    const paused = await person.told();
    expect(paused.step).toBeLessThan(24);
    await person.button("Resume").click();
    await person.isNow("Finished");
    const { settings, losses } = await person.told();
    expect(losses.map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(losses.at(-1)?.total).toBeLessThan((losses[0]?.total as number) - 0.05);

    const png = await readFile(await person.download("Picture (PNG)"));
    expect(await sharp(png).metadata()).toMatchObject({ format: "png", width: 128, height: 128 });
    expect(readStory(readPngText(png))?.settings).toMatchObject({ prompts: "a red apple", seed: settings.seed });
    const vq = await VqganClip.fromPretrained({ threads: 1 });
    const { seed } = settings as { seed: number };
    const run = await vq.create({ prompts: "a red apple", steps: 24, seed }).toFinish();
    const pixels = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();
    expect((await pixels(png)).equals(await pixels(await run.toPNG()))).toBe(true);
    await run.dispose();
  });

  // How well it covers the thing is what `npm run bench:self-mask` measures.
  test("what a phrase covers is shown before it is used, and is a part of the picture", async () => {
    await person.button("Paint or mask").click();
    await person.page.getByRole("radio", { name: "Mask", exact: true }).click();
    await person.field("What may change").fill("a red apple");
    await person.button("Find").click();
    await person.button("Change only the red part").waitFor();
    let covered = 0;
    for (let x = 4; x < 128; x += 8) {
      for (let y = 4; y < 128; y += 8) {
        const [, , , opacity] = await person.colour(1, (x + 0.5) / 128, (y + 0.5) / 128);
        if ((opacity as number) > 127) covered++;
      }
    }
    expect(covered).toBeGreaterThan(5);
    expect(covered).toBeLessThan(251);
    await person.button("Back to the picture").click();
  });

  test("nothing was asked of any other machine", () => {
    expect(foreign).toEqual([]);
  });
});
