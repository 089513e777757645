/** `fromPretrained({ isolate: true })`: the same pictures, a free event loop, and an engine that can be killed. */
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { inEmptyFolder } from "../support/cli.js";
import { build } from "../support/cli-process.js";
import { fixturePath } from "../support/fixtures.js";

/** As it is shipped: the child process is plain JavaScript. */
type Package = typeof import("../../src/index.js");
let VqganClip: Package["VqganClip"];
beforeAll(async () => {
  ({ VqganClip } = (await import(pathToFileURL(join(build, "index.js")).href)) as Package);
}, 240_000);

const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const request = { prompts: "a red apple", size: [32, 32] as [number, number], steps: 4, seed: 7 };

/**
 * The longest time that a timer of 10 ms was late during `work`, in milliseconds, as far as this process is to blame: what
 * it computed meanwhile. Other processes may keep it from the CPU for any time.
 */
async function longestDelay(work: () => Promise<unknown>): Promise<number> {
  let [longest, time, used] = [0, performance.now(), process.cpuUsage()];
  const look = () => {
    const { user, system } = process.cpuUsage(used);
    longest = Math.max(longest, Math.min(performance.now() - time - 10, (user + system) / 1000 - 10));
    [time, used] = [performance.now(), process.cpuUsage()];
  };
  const timer = setInterval(look, 10);
  await work();
  look();
  clearInterval(timer);
  return longest;
}

describe("an isolated engine", { timeout: 400_000 }, () => {
  test("makes the same bytes", async () => {
    const [here, there] = [
      await VqganClip.fromPretrained(tiny),
      await VqganClip.fromPretrained({ ...tiny, isolate: true }),
    ];
    const pictures = [here, there].map(async (vq) => (await vq.create(request).toFinish()).toPNG());
    const [expected, got] = await Promise.all(pictures);
    expect(got).toEqual(expected);
    expect(await there.embedTexts(["an apple"])).toEqual(await here.embedTexts(["an apple"]));
    there.kill();
  });

  test("leaves the event loop free in steps: a timer of 10 ms is never late by more than 50 ms", async () => {
    const delay = async (vq: import("../../src/index.js").VqganClip) => {
      const run = vq.create({ prompts: "a red apple", steps: 3, seed: 7 });
      await run.device(); // its graph is built here
      const delayed = await longestDelay(() => run.toFinish());
      await run.dispose();
      return delayed;
    };
    expect(await delay(await VqganClip.fromPretrained())).toBeGreaterThan(50);
    const vq = await VqganClip.fromPretrained({ isolate: true });
    let best = Number.POSITIVE_INFINITY; // once is chance; what blocks, blocks each time
    for (let tries = 0; tries < 3 && best > 50; tries++) best = Math.min(best, await delay(vq));
    expect(best).toBeLessThanOrEqual(50);
    vq.kill();
  });

  test("can be killed in a step; the session goes on from the last finished one, to the same picture", () =>
    inEmptyFolder(async (folder) => {
      const vq = await VqganClip.fromPretrained({ ...tiny, isolate: true });
      const expected = await (await vq.create(request).toFinish()).toPNG();
      const run = vq.create(request);
      const onStep = ({ step }: { step: number }) => {
        if (step === 2) setImmediate(() => vq.kill());
      };
      await expect(run.toFinish({ onStep })).rejects.toMatchObject({ code: "ABORTED" });
      expect(run.status).toBe("failed");
      const session = join(folder, "killed.vqclip");
      await run.save(session, { picture: false });
      const again = await vq.open(session);
      expect((await again.state()).step).toBe(2);
      expect(await (await again.toFinish()).toPNG()).toEqual(expected);
      vq.kill();
    }));

  test("that falls is told in words, and started again when it is needed", async () => {
    const vq = await VqganClip.fromPretrained({ ...tiny, isolate: true });
    const engine = (): ChildProcess => Reflect.get(vq, "engine").current;
    const fallen = async (fells: () => void) => {
      const run = vq.create({ ...request, steps: 2 });
      const told = run.toFinish({ onStep: ({ step }) => void (step === 1 && fells()) });
      await expect(told).rejects.toMatchObject({
        code: "DEVICE_UNAVAILABLE",
        message: expect.stringMatching(/^engine: its process ended by itself \((SIGKILL|exit code 0)\)$/),
      });
      expect((await run.toPNG()).length).toBeGreaterThan(100);
    };
    await fallen(() => engine().kill("SIGKILL"));
    await fallen(() => engine().disconnect()); // it has ended, and that was not heard yet
    vq.kill();
  });
});
