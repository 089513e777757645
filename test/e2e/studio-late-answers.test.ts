/** Answers that are held back on their way in a real Chromium, until the stream has told of what came after them. */
import type { Page, Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import { ENDLESS, hasChromium, visited } from "../support/studio.js";

describe.skipIf(!hasChromium)("answers that come late (Chromium)", { timeout: 240_000 }, () => {
  const there = visited();

  /** Holds back the first answer to such a request. @returns what it says, and lets it go */
  async function hold(page: Page, method: string, path: string) {
    let release = () => {};
    const released = new Promise<void>((done) => {
      release = done;
    });
    const said = new Promise<{ status: string }>((done) => {
      let isHeld = false;
      const first = async (route: Route) => {
        if (isHeld || route.request().method() !== method) return route.fallback();
        isHeld = true;
        const answer = await route.fetch();
        done(await answer.json());
        await released;
        await route.fulfill({ response: answer });
      };
      void page.route(path, first);
    });
    return {
      said,
      async letGo() {
        const arrived = page.waitForEvent(
          "requestfinished",
          (request) => new URL(request.url()).pathname === path.slice(2),
        );
        release();
        await arrived;
        await page.evaluate(() => new Promise((done) => setTimeout(done, 200))); // what it does is done
      },
    };
  }

  async function asked(path: string, body: object = {}): Promise<{ id: string }> {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    return (await there.studio.fetch(`/v1/sessions${path}`, init)).json() as Promise<{ id: string }>;
  }
  const small = { prompts: "a boat", size: [32, 32], cutouts: 4 };
  const status = () => there.visitor.page.getByTestId("status").textContent();

  test("a session that waited when it was asked for, and has finished since, is finished", async () => {
    const { visitor } = there;
    const before = await asked("", { ...small, steps: Number(ENDLESS) });
    const { id } = await asked("", { ...small, steps: 2 });
    const held = await hold(visitor.page, "GET", `**/v1/sessions/${id}`);
    await visitor.page.evaluate((hash) => {
      location.hash = hash;
    }, `#/${id}`);
    expect((await held.said).status).toBe("queued");
    await asked(`/${before.id}/cancel`);
    await visitor.isNow("Finished");
    await held.letGo();
    expect(await status()).toContain("Finished");
  });

  test("one that was resumed, and has finished before the answer came, is finished", async () => {
    const { visitor } = there;
    await visitor.create("a boat", ENDLESS);
    await visitor.runsTo(1);
    await visitor.pause();
    const { id } = visitor;
    const steps = (await visitor.step()) + 2;
    const init = { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ steps }) };
    expect((await there.studio.fetch(`/v1/sessions/${id}`, init)).status).toBe(200);
    const held = await hold(visitor.page, "POST", `**/v1/sessions/${id}/resume`);
    await visitor.button("Resume").click();
    expect((await held.said).status).not.toBe("finished");
    await visitor.isNow("Finished");
    await held.letGo();
    expect(await status()).toContain("Finished");
  });
});
