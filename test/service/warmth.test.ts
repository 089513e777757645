/** What the next picture needs is loaded before it is asked for, by the real engine: asked for, nothing is opened any more. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { ownEngine } from "../../src/runtime/own-engine.js";
import { platformOn } from "../../src/service/on-node.js";
import { FolderStore } from "../../src/service/store.js";
import { Studio } from "../../src/service/studio.js";
import { Warmth } from "../../src/service/warmth.js";
import { VqganClip } from "../../src/vqgan-clip.js";
import { fixturePath } from "../support/fixtures.js";

const models = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const request = { prompts: "a castle", cutouts: 2, steps: 1, size: [32, 32] as [number, number] };

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function opened(warm: boolean, availableBytes = () => 1e12): Promise<Studio> {
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-warm-"));
  const vq = await VqganClip.fromPretrained(models);
  const platform = { ...platformOn(vq, await FolderStore.open(folder), models), availableBytes };
  const studio = await Studio.open(platform, {}, { warm });
  ends.push(async () => {
    await studio.close();
    await rm(folder, { recursive: true, force: true });
  });
  return studio;
}

async function finished(studio: Studio): Promise<void> {
  const { id } = await studio.making.create(request);
  await vi.waitFor(() => expect(studio.view(id).status).toBe("finished"), 60_000);
}

test("a form that rests has its programs opened, a picture that is asked for then opens none; without it, it does", {
  timeout: 300_000,
}, async () => {
  const opens = vi.spyOn(ownEngine, "open");
  const cold = await opened(false);
  const { peakBytes } = await cold.making.plan(request);
  expect(opens).toHaveBeenCalledTimes(0);
  await finished(cold);
  const needed = opens.mock.calls.length;
  expect(needed).toBeGreaterThan(0);

  opens.mockClear();
  const warm = await opened(true);
  await warm.making.plan(request);
  await vi.waitFor(() => expect(opens).toHaveBeenCalledTimes(needed), 60_000);
  await finished(warm);
  expect(opens).toHaveBeenCalledTimes(needed);

  const offer = vi.spyOn(Warmth.prototype, "offer");
  const narrow = await opened(true, () => 1.9 * peakBytes);
  await narrow.making.plan(request);
  expect(offer).not.toHaveBeenCalled();

  for (const [studio, times] of [
    [cold, 0],
    [warm, 1],
  ] as const) {
    const plan = vi.spyOn(studio.making, "plan").mockRejectedValue(new Error("not now"));
    await studio.info(); // a page opens
    expect(plan).toHaveBeenCalledTimes(times);
  }
});
