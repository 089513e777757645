/** What goes wrong in people's hands: keys that slip, numbers out of range, words mistyped, a line that is cut. The studio keeps what they made, and says what it did not do. */
import { describe, expect, test } from "vitest";
import { ENDLESS, hasChromium, visited } from "../support/studio.js";

const phone = { viewport: { width: 390, height: 844 } };
/** Longer than the text encoder reads. */
const long = Array.from({ length: 90 }, (_, i) => `boat${i}`).join(" ");

describe.skipIf(!hasChromium)("slips in the studio (Chromium)", { timeout: 240_000 }, () => {
  const there = visited();

  test("what is painted outlives Escape and a look at another branch, and the browser asks before it goes", async () => {
    const { visitor } = there;
    const { page } = visitor;
    await visitor.create("a boat", ENDLESS);
    await visitor.runsTo(1);
    await visitor.pause();
    await visitor.button("Paint or mask").click();
    await visitor.field("Colour").fill("#0000ff");
    await visitor.drag([0.2, 0.5], [0.8, 0.5]);
    await expect.poll(() => visitor.colour(0, 0.5, 0.5)).toEqual([0, 0, 255, 255]);
    await page.keyboard.press("Escape");
    await visitor.button("Go on painting").click();
    await expect.poll(() => visitor.colour(0, 0.5, 0.5)).toEqual([0, 0, 255, 255]);
    await page.locator(".entry .look").first().click();
    await visitor.button("Go on painting").click();
    await page.keyboard.press("Control+z"); // its steps are kept too
    await expect.poll(() => visitor.colour(0, 0.5, 0.5)).toEqual([0, 0, 0, 0]);
    await page.keyboard.press("Control+Shift+z");
    const asked = page.waitForEvent("dialog");
    const left = page.goto("about:blank").catch(() => undefined); // it is refused below
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    await left;
    await visitor.button("Resume from paint").click();
    await visitor.isNow("Running");
    await visitor.pause();
    await visitor.button("Paint or mask").waitFor(); // what the service has is no longer asked about
    await page.reload();
    await visitor.isNow("Paused");
  });

  test("a number out of range in a closed part of the form is told by its name in the form", async () => {
    const visitor = await there.studio.visit(there.browser, phone);
    const { page } = visitor;
    const settings = page.getByText("Settings", { exact: true });
    await visitor.field("Prompt 1").fill("a boat");
    await settings.click();
    await visitor.field("Width in pixels").fill("99999");
    await settings.click();
    await visitor.button("Create").click();
    await page.getByRole("alert").filter({ hasText: "Width: expected at most 4096, got 99999" }).waitFor();
    await visitor.context.close();
  });

  test("on a phone, the picture that was begun comes into sight, whole", async () => {
    const visitor = await there.studio.visit(there.browser, phone);
    const { page } = visitor;
    await visitor.field("Prompt 1").fill(long);
    await page.locator(".unread").waitFor(); // it is gone as soon as the picture is begun
    await page.getByText("Settings", { exact: true }).click();
    await visitor.field("Steps").fill(ENDLESS);
    await visitor.button("Create").click();
    await visitor.runsTo(0);
    const { top, bottom } = await page.locator(".frame").evaluate((frame) => frame.getBoundingClientRect());
    expect(top).toBeGreaterThanOrEqual(0);
    expect(bottom).toBeLessThanOrEqual(phone.viewport.height);
    await visitor.pause();
    await visitor.context.close();
  });

  test("what was told of words that are asked for no longer is forgotten", async () => {
    const { visitor } = there;
    await visitor.create("a boat", ENDLESS);
    await visitor.runsTo(1);
    await visitor.field("Prompt 1").fill(long);
    await expect.poll(async () => (await visitor.told()).notices.join()).toContain("the prompt is longer");
    await visitor.field("Prompt 1").fill("a boat at sea");
    await expect.poll(async () => (await visitor.told()).settings.prompts).toBe("a boat at sea");
    expect((await visitor.told()).notices).toEqual([]);
    await visitor.page.locator(".entry", { hasText: "a boat at sea" }).waitFor(); // the history tells them apart
    await visitor.pause();
  });

  test("what is pressed while the line is cut is told, what is typed is sent once it is back, and the page stays in its window", async () => {
    const { visitor } = there;
    const { page, context } = visitor;
    await visitor.create("a boat", ENDLESS);
    await visitor.runsTo(1);
    await context.setOffline(true);
    await page.getByText("Connection lost, trying again.").waitFor();
    const height = () => page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    expect(await height()).toBeLessThanOrEqual(0);
    await visitor.button("Pause").click();
    await page.getByText("That was not done: there is no connection.").waitFor();
    await visitor.field("Prompt 1").fill("a boat in fog");
    await page.getByText("Sending the change…").waitFor();
    await page.waitForTimeout(1000); // sent, in vain
    await context.setOffline(false);
    await expect.poll(async () => (await visitor.told()).settings.prompts, { timeout: 30_000 }).toBe("a boat in fog");
    await visitor.pause();
  });

  test("words that are markup are shown as they were typed, and run nowhere", async () => {
    const { visitor } = there;
    const { page } = visitor;
    const markup = '<img src="x" onerror="document.title=1"><script>document.title=2</script>';
    await visitor.create(markup, "2");
    await visitor.isNow("Finished");
    await page.getByRole("tab", { name: /Gallery/ }).click();
    await visitor.button(/^<img src/).waitFor();
    expect(await page.title()).toContain("<img src");
    expect(await page.locator('img[src="x"], .page script').count()).toBe(0);
  });

  test("a saved session that is dropped is told how to be opened", async () => {
    const { visitor } = there;
    await visitor.drop(new Uint8Array([1, 2, 3]), "boat.vqclip", "");
    await visitor.page.getByRole("alert").filter({ hasText: "boat.vqclip is a session, not a picture" }).waitFor();
  });

  test("a prompt is seen whole at every width, and so is what a stop says of itself", async () => {
    const { visitor } = there;
    const { page } = visitor;
    await visitor.button("New").click();
    await visitor.field("Prompt 1").fill("a red apple on a wooden table, watercolour");
    await visitor.button(/^Stop of prompt 1/).click();
    const hidden = () => visitor.field("Prompt 1").evaluate((area) => area.scrollHeight - area.clientHeight);
    for (const width of [1280, 360, 900, 390, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      await expect.poll(hidden).toBeLessThanOrEqual(0);
    }
    const stop = page.getByLabel("Stop of prompt 1", { exact: true });
    expect(await stop.evaluate((field) => field.scrollWidth - field.clientWidth)).toBeLessThanOrEqual(0);
    const room = await stop.evaluate((element) => {
      const { paddingLeft, paddingRight, font } = getComputedStyle(element);
      const context = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
      context.font = font;
      return (
        element.clientWidth -
        Number.parseFloat(paddingLeft) -
        Number.parseFloat(paddingRight) -
        context.measureText("never").width
      );
    });
    expect(room).toBeGreaterThanOrEqual(0);
    await page.setViewportSize({ width: 1280, height: 800 });
  });
});
