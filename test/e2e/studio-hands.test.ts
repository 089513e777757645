/** The studio in a real Chromium against its real server, with tiny models: presets, masks, branches, weights and what comes back. */
import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { presetNames, presets, presetWords } from "../../src/guidance/presets.js";
import { encodePng } from "../../src/image/png.js";
import { readPngText } from "../../src/index.js";
import { ENDLESS, hasChromium, launchToKill, type TestStudio, type Visitor, visited } from "../support/studio.js";

describe.skipIf(!hasChromium)("the studio in people's hands (Chromium)", { timeout: 240_000 }, () => {
  const there = visited();
  let [studio, browser, person] = [] as unknown as [TestStudio, Browser, Visitor];
  beforeAll(() => {
    ({ studio, browser, visitor: person } = there);
  });

  const sessions = async () =>
    ((await (await studio.fetch("/v1/sessions")).json()) as { sessions: unknown[] }).sessions.length;

  test("a preset by its name brings its settings, and what is typed counts before it", async () => {
    const choice = person.page.getByRole("combobox", { name: "Preset", exact: true });
    const named = await choice.locator("option").allTextContents();
    expect(named).toEqual(["Recommended", ...presetNames]);
    await person.button("New").click();
    await person.field("Prompt 1").fill("a red apple");
    await choice.selectOption("codebook-sampling");
    await expect.poll(() => person.page.locator("#preset-words").textContent()).toBe(presetWords["codebook-sampling"]);
    await person.field("Steps").fill("2");
    await person.page.getByText("Advanced").click();
    await person.field("Cutouts").fill("2");
    await person.button("Create").click();
    await person.isNow("Finished");
    const { latent, learningRate, optimizer } = presets["codebook-sampling"];
    expect((await person.told()).settings).toMatchObject({ latent, learningRate, optimizer, steps: 2, cutouts: 2 });
    await person.button("New").click();
    expect(await choice.inputValue()).toBe("");
  });

  test("a weight that is dragged while it runs counts from the next step on, and is written into the lineage", async () => {
    await person.button("New").click();
    await person.field("Prompt 1").fill("a red apple");
    await person.button("Add a prompt").click();
    await person.field("Prompt 2").fill("fog");
    await person.field("Steps").fill(ENDLESS);
    await person.button("Create").click();
    await person.runsTo(2);
    const seen = await person.step();
    const before = (await person.told()).nodes.length;
    await person.page.getByLabel("Weight of prompt 2").fill("-1.5");
    await expect.poll(async () => (await person.told()).settings.prompts).toBe("a red apple | fog:-1.5");
    const changed = await person.step();
    await person.runsTo(changed + 3);
    await person.pause();
    const { nodes, losses } = await person.told();
    expect(nodes).toHaveLength(before + 1);
    const { from, settings } = nodes.at(-1) as (typeof nodes)[0];
    expect(settings.prompts).toBe("a red apple | fog:-1.5");
    expect(from).toBeGreaterThanOrEqual(seen);
    // Of a prompt to be far from, the loss is below 0: from the branch's first step on, and not before.
    const signs = losses.map(({ step, prompts }) => ({ step, isFar: (prompts[1] as number) < 0 }));
    expect(signs).toEqual(signs.map(({ step }) => ({ step, isFar: step > from })));
    expect(signs.some(({ isFar }) => isFar)).toBe(true);
  });

  test("the eraser takes paint away, in one layer and under the brush alone", async () => {
    await person.button("Paint or mask").click();
    await person.page.locator(".layers canvas").first().waitFor();
    await person.field("Colour").fill("#0000ff");
    await person.drag([0.2, 0.5], [0.8, 0.5]);
    await expect.poll(() => person.colour(0, 0.3, 0.5)).toEqual([0, 0, 255, 255]);
    await person.page.keyboard.press("e");
    await person.page.getByRole("radio", { name: "Eraser (E)", checked: true }).waitFor();
    await person.drag([0.6, 0.3], [0.6, 0.7]);
    await expect.poll(() => person.colour(0, 0.6, 0.5)).toEqual([0, 0, 0, 0]);
    expect(await person.colour(0, 0.3, 0.5)).toEqual([0, 0, 255, 255]);
    await person.page.keyboard.press("Control+z");
    await expect.poll(() => person.colour(0, 0.6, 0.5)).toEqual([0, 0, 255, 255]);
    await person.button("Clear both layers").click();
    await expect.poll(() => person.colour(0, 0.3, 0.5)).toEqual([0, 0, 0, 0]);
  });

  test("a mask by a phrase is what the service finds, shown before anything is made of it", async () => {
    const made = await sessions();
    await person.page.getByRole("radio", { name: "Mask", exact: true }).click();
    await person.field("What may change").fill("an apple");
    await person.button("Find").click();
    await person.button("Change only the red part").waitFor();
    const asked = { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"phrase":"an apple"}' };
    const png = await (await studio.fetch(`/v1/sessions/${person.id}/mask`, asked)).arrayBuffer();
    const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
    expect(Math.max(...data) - Math.min(...data)).toBeGreaterThan(100); // there is something to be seen
    const differences: number[] = [];
    for (const x of [1, 7, 13, 19, 25, 30]) {
      for (const y of [1, 7, 13, 19, 25, 30]) {
        const [, , , opacity] = await person.colour(1, (x + 0.5) / info.width, (y + 0.5) / info.height);
        differences.push(Math.abs((opacity as number) - (data[y * info.width + x] as number)));
      }
    }
    expect(differences.reduce((sum, each) => sum + each, 0) / differences.length).toBeLessThan(16);
    expect([await sessions(), (await person.told()).status]).toEqual([made, "paused"]);
    await person.button("Clear both layers").click();
  });

  test("a mask by a rectangle that is drawn: red there, and nothing else changes", async () => {
    await person.page.keyboard.press("r");
    await person.page.getByRole("radio", { name: "Rectangle (R)", checked: true }).waitFor();
    await person.drag([0.5, 0.05], [0.95, 0.45]);
    const [, , , inside] = await person.colour(1, 0.7, 0.25);
    expect(inside).toBe(255);
    for (const [x, y] of [
      [0.4, 0.25],
      [0.7, 0.6],
    ] as const)
      expect((await person.colour(1, x, y))[3]).toBe(0);
    const before = await rgb(await person.told());
    await person.field("Steps").fill("4");
    await person.button("Change only the red part").click();
    await person.isNow("Finished");
    const edited = await person.told();
    const after = await rgb(edited);
    const [width, height] = edited.settings.size as [number, number];
    const changes = { inside: 0, outside: 0 };
    for (let at = 0; at < after.length; at++) {
      const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
      const isInside = x >= 0.49 * width && x <= 0.96 * width && y >= 0.04 * height && y <= 0.46 * height;
      changes[isInside ? "inside" : "outside"] += Math.abs((after[at] as number) - (before[at] as number));
    }
    expect(changes.outside).toBe(0);
    expect(changes.inside).toBeGreaterThan(1000);
  });

  /** Of a session's picture. */
  async function rgb({ id }: { readonly id: string }): Promise<Uint8Array> {
    const png = await (await studio.fetch(`/v1/sessions/${id}/picture.png`)).arrayBuffer();
    return sharp(png).removeAlpha().raw().toBuffer();
  }

  test("a branch that is accepted is the session's picture from then on; the other one is not lost", async () => {
    await person.create("two boats", "10");
    await person.isNow("Finished");
    const first = await person.told();
    const whole = await rgb(first);
    const tree = person.page.getByRole("list", { name: "Branches of this picture" });
    await person.page.getByRole("slider", { name: "Look back over the steps" }).fill("0");
    await person.button(/^Go on from step/).click();
    await expect.poll(async () => (await person.told()).nodes.length).toBe(2);
    await person.isNow("Finished");
    const forked = await person.told();
    expect(forked.node).not.toBe(first.node);
    await tree.getByRole("button", { name: /^Accept Start/ }).click();
    await expect.poll(async () => (await person.told()).node).toBe(first.node);
    const accepted = await person.told();
    expect([accepted.step, accepted.nodes.length]).toEqual([first.step, 2]);
    expect(Buffer.from(await rgb(accepted)).equals(whole)).toBe(true);
    await tree.getByRole("button", { name: /^Accept Branch/ }).waitFor(); // it can be taken back
    await tree.getByRole("button", { name: /^Accept Start/ }).waitFor({ state: "detached" });
  });

  test("a picture of another program, with `parameters`, brings its words, seed and size into the form", async () => {
    const grey = NDArray.float32([3, 32, 48], new Float32Array(3 * 32 * 48).fill(0.5));
    const parameters =
      "a lighthouse, (storm:1.3)\nNegative prompt: text\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 4242, Size: 48x32";
    await person.button("New").click();
    await person.drop(encodePng(grey, { parameters }), "webui.png");
    await person.page.getByText("Settings of webui.png are in the form").waitFor();
    expect(await person.field("Prompt 1").inputValue()).toBe("a lighthouse, storm");
    expect(await person.field("Prompt 2").inputValue()).toBe("text");
    expect(await person.page.getByLabel("Weight of prompt 2").inputValue()).toBe("-0.5");
    expect(await person.field("Seed").inputValue()).toBe("4242");
    expect(await person.field("Width in pixels").inputValue()).toBe("48");
    expect(await person.field("Height in pixels").inputValue()).toBe("32");
    await person.field("Steps").fill("2");
    await person.button("Create").click();
    await person.isNow("Finished");
    expect((await person.told()).settings).toMatchObject({
      prompts: "a lighthouse, storm | text:-0.5",
      seed: 4242,
      size: [48, 32],
    });
  });

  test("a downloaded picture says by its metadata that an algorithm made it; an edited one, that it was changed", async () => {
    const typeOf = (png: Uint8Array) => {
      const xmp = readPngText(png)["XML:com.adobe.xmp"] ?? "";
      return /Iptc4xmpExt:DigitalSourceType="([^"]+)"/.exec(xmp)?.[1];
    };
    const types = "http://cv.iptc.org/newscodes/digitalsourcetype/";
    expect(typeOf(await readFile(await person.download("Picture (PNG)")))).toBe(`${types}trainedAlgorithmicMedia`);
    const photo = await sharp({ create: { width: 32, height: 32, channels: 3, background: "teal" } })
      .png()
      .toBuffer();
    await person.button("New").click();
    await person.field("Prompt 1").fill("a lamp");
    await person.field("Steps").fill("2");
    await person.drop(photo, "photo.png");
    await person.page.getByText("it is now the one to change").waitFor();
    await person.button("Create").click();
    await person.isNow("Finished");
    expect(typeOf(await readFile(await person.download("Picture (PNG)")))).toBe(
      `${types}compositeWithTrainedAlgorithmicMedia`,
    );
  });

  test("an address of a session that is gone is told, and the page is there to begin anew", async () => {
    const late = await studio.visit(browser, {}, `#/${"0".repeat(24)}`);
    await late.page.getByRole("alert").filter({ hasText: "There is no such session" }).waitFor();
    await late.page.getByRole("heading", { name: "Write what to see" }).waitFor();
    await late.page.waitForTimeout(1500); // in which a stream would be tried again
    expect(await late.page.getByRole("alert").allTextContents()).toEqual([expect.stringMatching(/^There is no such/)]);
    await late.create("a boat after all", "2");
    await late.isNow("Finished");
    await late.context.close();
  });

  test("at 1280 pixels the run's controls are one row, and at every width words stay in their buttons", async () => {
    await person.button("New").click();
    await person.create("a boat in a row", "6");
    await person.isNow("Finished");
    const rows = () =>
      person.page.getByRole("toolbar", { name: "The run" }).evaluate((bar) => {
        const middles = [...bar.children].map((each) => each.getBoundingClientRect());
        return new Set(middles.map(({ top, height }) => Math.round(top + height / 2))).size;
      });
    const tooNarrow = () =>
      person.page.evaluate(() =>
        [...document.querySelectorAll("button, summary, select, .entry .look > span")]
          .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1)
          .map((each) => each.textContent),
      );
    expect(await rows()).toBe(1);
    await person.button(/^Compare with Start/).click();
    await person.button("Stop comparing").waitFor();
    expect(await rows()).toBe(1);
    await person.button("Stop comparing").click();
    for (const width of [360, 390, 900, 1280, 1920]) {
      await person.page.setViewportSize({ width, height: 800 });
      expect([width, await tooNarrow()]).toEqual([width, []]);
    }
    await person.page.setViewportSize({ width: 1280, height: 800 });
  });

  test("who wishes for less motion sees none: nothing turns, shimmers or fades", async () => {
    /** Names and seconds of what would move of elements as the page has them. */
    const moves = (visitor: Visitor) =>
      visitor.page.evaluate(() => {
        const frame = document.createElement("div");
        frame.className = "frame";
        frame.innerHTML = '<p class="waiting"></p><span class="spinner"></span><button class="quiet">x</button>';
        document.body.append(frame);
        const found = [...frame.children].map((element) => {
          const { animationName, animationDuration, transitionDuration } = getComputedStyle(element);
          return { animationName, animationDuration, transitionDuration };
        });
        frame.remove();
        return found;
      });
    const still = await studio.visit(browser, { reducedMotion: "reduce" });
    for (const style of await moves(still)) {
      expect(style.animationName).toBe("none");
      expect(style.transitionDuration.split(", ").every((seconds) => seconds === "0s")).toBe(true);
    }
    const usual = (await moves(person)).map(({ animationName }) => animationName);
    expect(usual).toEqual(["shimmer", "turn", "none"]); // what is looked at does move for others
    await still.create("a slow boat", ENDLESS);
    await still.runsTo(2);
    const running = await still.page.evaluate(() => document.getAnimations().length);
    expect(running).toBe(0);
    await still.pause();
    await still.context.close();
  });

  test("a browser that is killed comes back to the same step, and what ran has gone on meanwhile", async () => {
    const first = await launchToKill();
    const before = await studio.visit(first.browser);
    await before.create("a boat that stays", ENDLESS);
    await before.runsTo(2);
    await before.pause();
    const [id, step] = [before.id, await before.step()];
    await first.kill();
    const second = await launchToKill();
    const rested = await studio.visit(second.browser, {}, `#/${id}`);
    await rested.isNow("Paused");
    expect(await rested.step()).toBe(step);
    expect(await rested.field("Prompt 1").inputValue()).toBe("a boat that stays");
    await rested.button("Resume").click();
    await rested.runsTo(step + 2);
    const seen = await rested.step();
    await second.kill();
    await expect.poll(async () => (await studio.session(id)).step).toBeGreaterThan(seen);
    // Who has no address of it finds it in the gallery.
    await person.page.getByRole("tab", { name: /Gallery/ }).click();
    await person
      .button(/^a boat that stays/)
      .first()
      .click();
    await person.isNow("Running");
    expect(await person.step()).toBeGreaterThan(seen);
    await person.pause();
  });
});
