/** What was deleted, and what is given to others, from the page in a real Chromium; by keys. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { findings, hasChromium, visited } from "../support/studio.js";

const shots = process.env.STUDIO_SHOTS;

describe.skipIf(!hasChromium)("the bin and links for others (Chromium)", { timeout: 240_000 }, () => {
  const there = visited();
  beforeAll(async () => {
    await there.visitor.create("a red boat", "2");
    await there.visitor.isNow("Finished");
  }, 240_000);

  const shot = async (name: string) => {
    if (shots) await there.visitor.page.screenshot({ path: join(shots, `${name}.png`) });
  };
  const bin = async () =>
    (await there.studio.fetch("/v1/bin")).json() as Promise<{ sessions: unknown[]; bytes: number }>;
  const sheet = (name: string) => there.visitor.page.getByRole("dialog", { name });
  /** What the keys would press now. */
  const focused = () => there.visitor.page.evaluate(() => document.activeElement?.textContent?.trim());

  test("a link shows the picture to whoever has it, for as long as was chosen", async () => {
    const { studio, visitor } = there;
    const { page } = visitor;
    await visitor.button("Download").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "A link for others…" }).press("Enter");
    await sheet("A link for others").getByLabel("It ends after").selectOption("1 hour");
    await visitor.button("Make the link").press("Enter");
    const field = sheet("A link for others").getByLabel("The link");
    const address = await field.inputValue();
    expect(await findings(page)).toEqual([]);
    await shot("link");
    const picture = await fetch(address); // without the cookie, and without the token
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/png"]);
    const own = await studio.fetch(`/v1/sessions/${visitor.id}/picture.png`);
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(Buffer.from(await own.arrayBuffer()));
    const left = Number(new URL(address).searchParams.get("until")) - Date.now() / 1000;
    expect(left).toBeGreaterThan(3400);
    expect(left).toBeLessThan(3601);
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "detached" });
    expect(await focused()).toBe("Download");
  });

  test("a picture that was deleted long ago is put back from the bin", async () => {
    const { visitor } = there;
    const { page } = visitor;
    const { id } = visitor;
    expect(await visitor.button(/deleted ·/).count()).toBe(0);
    await page.getByRole("tab", { name: /Gallery/ }).click();
    await visitor.button("Delete a red boat").press("Enter");
    await page.reload(); // there is no undo any more
    await visitor.button(/^1 deleted · \d+ kB$/).press("Enter");
    expect(await findings(page)).toEqual([]);
    await shot("bin");
    await visitor.button("Put back a red boat").press("Enter");
    await visitor.button("Show it").press("Enter");
    await visitor.isNow("Finished");
    expect(visitor.id).toBe(id);
    expect((await bin()).sessions).toEqual([]);
    await visitor.button(/deleted ·/).waitFor({ state: "detached" });
  });

  test("the bin is emptied only by whoever says so twice", async () => {
    const { studio, visitor } = there;
    const { page } = visitor;
    const { id } = visitor;
    await page.getByRole("tab", { name: /Gallery/ }).click();
    await visitor.button("Delete a red boat").press("Enter");
    await visitor.button(/^1 deleted/).press("Enter");
    await visitor.button("Empty the bin…").press("Enter");
    const asks = page.getByRole("alertdialog", { name: /^This picture is gone for good then/ });
    await asks.waitFor();
    await expect.poll(focused).toBe("Keep it");
    expect(await findings(page)).toEqual([]);
    await shot("bin-asks");
    await page.keyboard.press("Enter");
    await asks.waitFor({ state: "detached" });
    await expect.poll(focused).toBe("Empty the bin…");
    await page.keyboard.press("Escape");
    expect((await bin()).sessions).toHaveLength(1);

    await visitor.button(/^1 deleted/).press("Enter");
    await visitor.button("Empty the bin…").press("Enter");
    await visitor.button("Delete for good").press("Enter");
    await page
      .getByRole("status")
      .filter({ hasText: /^The bin is empty, \d+ kB are free again\./ })
      .waitFor();
    await visitor.button(/deleted ·/).waitFor({ state: "detached" });
    expect(await bin()).toEqual({ sessions: [], bytes: 0 });
    expect((await studio.fetch(`/v1/sessions/${id}/restore`, { method: "POST" })).status).toBe(404);
    expect(await visitor.button("Undo").count()).toBe(0);
  });
});
