/** Sessions as trees: pictures painted by hand, forks at kept steps, statuses, and files that survive being killed. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { strToU8, unzipSync, zipSync } from "fflate";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type CreateRequest,
  encodePng,
  NDArray,
  type PictureRun,
  readPngText,
  readStory,
  VqganClip,
} from "../../src/index.js";
import { optimizerUnder } from "../../src/sessions/paint.js";
import { readSession, writeSession } from "../../src/sessions/session-file.js";
import { cli, inEmptyFolder, listing, tinyModels } from "../support/cli.js";
import { cliProcess } from "../support/cli-process.js";
import { fixturePath } from "../support/fixtures.js";
import { killedAgainAndAgain } from "../support/kill.js";

const tiny = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const request = { prompts: "a castle", size: [32, 32], cutouts: 2, steps: 6, seed: 7 } satisfies CreateRequest;

let vq: VqganClip;
beforeAll(async () => {
  vq = await VqganClip.fromPretrained(tiny);
});

async function upTo(run: PictureRun, last: number): Promise<PictureRun> {
  for await (const { step } of run) if (step === last) break;
  return run;
}

/** The picture with its upper left quarter black. */
function paintedOver(picture: NDArray): NDArray {
  const [, height, width] = picture.shape as [number, number, number];
  const values = picture.floats().slice();
  const inside = (i: number) => i % width < width / 2 && Math.floor(i / width) % height < height / 2;
  return NDArray.float32(
    picture.shape,
    values.map((value, i) => (inside(i) ? 0 : value)),
  );
}

describe("painting", () => {
  test("paint enters the latent where it was painted and nowhere else; the run becomes a child node", async () => {
    const run = await upTo(vq.create(request), 3);
    const before = (await run.state()).z;
    const [, , rows, columns] = before.shape as [number, number, number, number];
    const { share, positions } = await run.edit({ image: paintedOver(await run.render()) });
    const after = await run.state();
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThanOrEqual(0.25);
    expect(positions.floats().filter((position) => position === 1)).toHaveLength((rows * columns) / 4);
    before.floats().forEach((value, i) => {
      if (!positions.at(i % positions.size)) expect(after.z.floats()[i]).toBe(value);
    });
    expect(after.z.floats()).not.toEqual(before.floats());
    expect(run.status).toBe("paused");
    await run.toFinish();
    expect(run.status).toBe("finished");
    const story = readStory(readPngText(await run.toPNG()));
    expect(story).toMatchObject({ changed: true, lineage: [{ kind: "paint", step: 3, optimizer: "reset-in-mask" }] });
    await run.dispose();
  });

  test("the optimiser's averages are kept, begun anew, or begun anew where it was painted", async () => {
    const run = await upTo(vq.create(request), 3);
    const state = await run.state();
    const area = (state.z.shape[2] as number) * (state.z.shape[3] as number);
    const painted = Uint8Array.from({ length: area }, (_, i) => Number(i === 0));
    const positions = () => new NDArray("uint8", state.z.shape.slice(2), painted);
    expect(optimizerUnder("keep", state, positions)).toBe(state.optimizer);
    const anew = optimizerUnder("reset", state, positions);
    expect(anew.step).toBe(0);
    const partly = optimizerUnder("reset-in-mask", state, positions);
    expect(partly.step).toBe(3);
    for (const [name, array] of Object.entries(state.optimizer.arrays)) {
      expect(anew.arrays[name]?.floats().every((value) => value === 0)).toBe(true);
      partly.arrays[name]?.floats().forEach((value, i) => {
        expect(value).toBe(i % area === 0 ? 0 : array.floats()[i]);
      });
    }
    expect(() => run.resume({ optimizer: "reset-in-mask" })).toThrow(/nothing was painted/);
    await run.dispose();
  });

  test("a session remembers where it was painted: reset-in-mask works in another process, and in forks", () =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "run.vqclip");
      const run = await upTo(vq.create(request), 3);
      const { positions } = await run.edit({ image: paintedOver(await run.render()), optimizer: "keep" });
      await run.save(path);
      const resumed = (await vq.open(path)).resume({ optimizer: "reset-in-mask" });
      await resumed.save(path);
      const fork = await (await vq.open(path)).fork({ prompts: "fog" });
      fork.resume({ optimizer: "reset-in-mask" });
      for (const each of [resumed, fork]) {
        const { arrays } = (await each.state()).optimizer;
        for (const [name, array] of Object.entries((await run.state()).optimizer.arrays)) {
          const held = array.floats().map((value, i) => (positions.at(i % positions.size) ? 0 : value));
          expect(arrays[name]?.floats(), name).toEqual(held);
        }
      }
      const { tree } = await readSession(await readFile(path));
      expect(tree.nodes.map(({ painted }) => painted?.bytes)).toEqual([undefined, positions.bytes, positions.bytes]);
      const first = await vq.open(path, { node: 1 });
      expect(() => first.resume({ optimizer: "reset-in-mask" })).toThrow(/nothing was painted/);
      for (const each of [run, resumed, fork, first]) await each.dispose();
    }));

  test("a session saved without the places says so; painting again and resetting all of it work", () =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "old.vqclip");
      const run = await upTo(vq.create(request), 3);
      await run.edit({ image: paintedOver(await run.render()) });
      await run.save(path);
      const { tree, models } = await readSession(await readFile(path));
      const nodes = tree.nodes.map(({ painted: _, ...node }) => node);
      await writeFile(path, writeSession({ tree: { ...tree, nodes }, models }));
      const old = await vq.open(path);
      expect(() => old.resume({ optimizer: "reset-in-mask" })).toThrow(/does not say where it was painted/);
      expect((await old.resume({ optimizer: "reset" }).state()).optimizer.step).toBe(0);
      const white = NDArray.float32([3, 32, 32], new Float32Array(3 * 32 * 32).fill(1));
      await old.edit({ image: white, optimizer: "keep" });
      await old.resume({ optimizer: "reset-in-mask" }).toFinish();
      for (const each of [run, old]) await each.dispose();
    }));

  test("a session with damage in any of its entries is refused by the entry's name", () =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "run.vqclip");
      const run = await upTo(vq.create({ ...request, keepEvery: 1 }), 2);
      await run.save(path);
      await run.dispose();
      const whole = await readFile(path);
      const view = new DataView(whole.buffer, whole.byteOffset);
      const names = Object.keys(unzipSync(whole));
      expect(names.length).toBeGreaterThan(3);
      for (const name of names) {
        const at = whole.indexOf(name) + name.length + view.getUint16(whole.indexOf(name) - 2, true);
        const damaged = Uint8Array.from(whole);
        for (let i = at + 20; i < at + 40; i++) damaged[i] = 255 - (damaged[i] as number);
        await writeFile(path, damaged);
        await expect(vq.open(path), name).rejects.toMatchObject({
          code: "BAD_FILE",
          message: expect.stringContaining(`${name} is damaged`),
        });
      }
    }));

  test("a session of another format says what would work", () =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "other.vqclip");
      const written = (version: number) =>
        writeFile(path, zipSync({ "manifest.json": strToU8(JSON.stringify({ format: "vqclip", version })) }));
      await written(2);
      await expect(vq.open(path)).rejects.toMatchObject({
        message: "session: its format is 2, this version reads 4",
        hint: expect.stringContaining("begin at its image.png with --init-image"),
      });
      await written(5);
      await expect(vq.open(path)).rejects.toMatchObject({ code: "BAD_FILE", hint: "update vqgan-clip" });
    }));

  test("a mask says where; another size, and no paint at all, are refused and change nothing", async () => {
    const run = await upTo(vq.create(request), 2);
    const state = await run.state();
    const picture = await run.render();
    await expect(run.edit({ image: picture })).rejects.toThrow(/nothing of the picture was painted/);
    await expect(run.edit({ image: NDArray.zeros("float32", [3, 40, 32]) })).rejects.toThrow(/32x40 pixels/);
    expect(await run.state()).toBe(state);
    const mask = new NDArray("uint8", [32, 32], new Uint8Array(32 * 32).fill(255));
    expect((await run.edit({ image: picture, mask })).share).toBe(1);
    await run.dispose();
  });

  test.each(["ema", "codebook-sampling"] as const)("paint shows in the picture of preset %s", async (preset) => {
    const run = await upTo(vq.create({ ...request, preset, steps: 6 }), 3);
    const painted = paintedOver(await run.render());
    const { positions } = await run.edit({ image: painted });
    const corner = (picture: NDArray) => {
      const values = picture.floats();
      return [0, 1, 32, 33].map((i) => values[i] as number).reduce((sum, value) => sum + value);
    };
    const black = await vq.reconstruct(painted);
    expect(positions.at(0)).toBe(1);
    expect(corner(await run.render())).toBeCloseTo(corner(black.picture), 0);
    await run.toFinish();
    await run.dispose();
  });
});

describe("trees", () => {
  test("a fork at a kept step with nothing changed ends with the same bytes; with another seed, with others", () =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "run.vqclip");
      const run = await vq.create({ ...request, keepEvery: 2 }).toFinish();
      await run.save(path);
      const { tree } = await readSession(await readFile(path));
      expect(tree.nodes.map(({ states }) => states.map(({ step }) => step))).toEqual([[2, 4, 6]]);
      const same = await (await vq.open(path, { at: 2 })).toFinish();
      expect((await same.render()).bytes).toEqual((await run.render()).bytes);
      const fork = await run.fork({ at: 2, seed: 8 });
      expect((await fork.state()).step).toBe(2);
      await fork.toFinish();
      expect((await fork.state()).z.bytes).not.toEqual((await run.state()).z.bytes);
      await fork.save(path);
      const both = (await readSession(await readFile(path))).tree;
      expect(both.nodes.map(({ id, origin, status }) => [id, origin.kind, status])).toEqual([
        [1, "start", "finished"],
        [2, "fork", "finished"],
      ]);
      const first = await vq.open(path, { node: 1 });
      expect((await first.render()).bytes).toEqual((await run.render()).bytes);
      await expect(vq.open(path, { node: 3 })).rejects.toThrow(/no node 3/);
      await expect(vq.open(path, { node: 1, at: 3 })).rejects.toMatchObject({
        message: expect.stringContaining("step 3 of node 1 was not kept"),
        hint: expect.stringContaining("smaller keepEvery"),
      });
      for (const each of [run, same, fork, first]) await each.dispose();
    }));

  test("more steps go on in the same node, other prompts in a new one", async () => {
    const run = await vq.create({ ...request, steps: 2 }).toFinish();
    expect(() => run.resume({ steps: 1 })).toThrow("steps: 1 in all were asked for, 2 are done");
    expect(run.resume({ steps: 3 }).status).toBe("finished");
    await run.toFinish();
    expect(readStory(readPngText(await run.toPNG()))).toMatchObject({ step: 3, changed: false });
    await run.resume({ steps: 4, prompts: "fog" }).toFinish();
    const story = readStory(readPngText(await run.toPNG()));
    expect(story).toMatchObject({
      step: 4,
      changed: true,
      lineage: [{ kind: "fork", step: 3, settings: { prompts: "a castle", steps: 3 } }],
    });
    await run.dispose();
  });
});

describe("status", () => {
  test("queued, loading, paused, running, finished; cancelled ends it for good", async () => {
    const run = vq.create(request);
    expect(run.status).toBe("queued");
    const loading = run.state();
    expect(run.status).toBe("loading");
    await loading;
    expect(run.status).toBe("paused");
    for await (const { step } of run) {
      expect(run.status).toBe("running");
      expect(() => run.resume({ steps: 9 })).toThrow(/taking a step/);
      if (step === 2) break;
    }
    expect(run.status).toBe("paused");
    await run.cancel();
    expect(run.status).toBe("cancelled");
    await expect(run.toFinish()).rejects.toThrow(/cancelled cannot become/);
  });

  test("a loss that is no number ends it as failed", async () => {
    const run = vq.create({
      ...request,
      optimizer: "sgd",
      learningRate: 100,
      latent: "continuous",
      clampToCodebook: false,
      regularizer: { weight: 1000, decay: 0 },
      steps: 400,
    });
    await expect(run.toFinish()).rejects.toThrow(/the loss is/);
    expect(run.status).toBe("failed");
    await run.dispose();
  });
});

describe("the command line", () => {
  test("resume --image paints a child node into the session; inspect prints the tree", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const small = ["--size", "32", "--cutouts", "2", ...tinyModels];
      const made = await cli([
        "generate",
        "a castle",
        "-i",
        "4",
        "--keep-every",
        "2",
        "-o",
        path("a.png"),
        "--save-state",
        path("a.vqclip"),
        ...small,
      ]);
      expect(made.stderr, made.stderr).toContain("4 steps");
      const run = await vq.open(path("a.vqclip"));
      await writeFile(path("edited.png"), encodePng(paintedOver(await run.render()), {}));
      await run.dispose();
      const painted = await cli([
        "resume",
        path("a.vqclip"),
        "--image",
        path("edited.png"),
        "-i",
        "6",
        "--optimizer",
        "reset",
        ...tinyModels,
      ]);
      expect(painted.stderr).toContain("of the picture was painted");
      expect(painted.code).toBe(0);
      const forked = await cli(["resume", path("a.vqclip"), "--node", "1", "--at", "2", "-p", "fog", ...tinyModels]);
      expect(forked.code, forked.stderr).toBe(0);
      expect(await listing(folder)).toEqual(["a-2.png", "a-3.png", "a.png", "a.vqclip", "edited.png"]);
      const shown = (await cli(["inspect", path("a.vqclip")])).stdout.toString();
      expect(shown).toContain(
        "tree:\n1 finished 4/4, kept 2 4: a castle\n|- 2 finished 6/6 painted at step 4, kept 4 6: a castle\n`- 3* finished 4/4 from step 2, kept 2 4: fog\n",
      );
      const facts = JSON.parse((await cli(["inspect", path("a.vqclip"), "--json"])).stdout.toString());
      expect(facts).toMatchObject({
        node: 3,
        status: "finished",
        nodes: [{ id: 1, kept: [2, 4] }, { id: 2 }, { id: 3 }],
      });
      const nowhere = await cli(["resume", path("a.vqclip"), "--mask", path("edited.png"), ...tinyModels]);
      expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining("name --image too")]);
    }));

  test(
    "of two that resume one session at once, the later is refused and says who is at it",
    () =>
      inEmptyFolder(async (folder) => {
        const path = join(folder, "a.vqclip");
        const run = await upTo(vq.create(request), 1);
        await run.save(path);
        await run.dispose();
        let second: ReturnType<typeof cliProcess> | undefined;
        const first = await cliProcess(["resume", path, "-i", "100000", "--json", ...tinyModels], {
          onLine: (line, kill) => {
            if (second || !line.includes('"step"')) return;
            second = cliProcess(["resume", path, ...tinyModels]);
            second.finally(() => kill("SIGINT"));
          },
        });
        const refused = (await second) as Awaited<ReturnType<typeof cliProcess>>;
        expect(refused.stderr).toMatch(/^vqgan-clip: .*a\.vqclip: process \d+ is at work on this session.*\n$/);
        expect(refused.code).toBe(1);
        expect(first.code, first.stderr).toBe(130);
        expect(await listing(folder)).toEqual(["a.png", "a.vqclip"]);
      }),
    120_000,
  );

  test(
    "killed at random moments, a run loses no more than the steps since its last checkpoint",
    () =>
      inEmptyFolder(async (folder) => {
        const report = await killedAgainAndAgain(cliProcess, { folder, kills: 6, every: 3, seed: 1 });
        expect(report).toMatchObject({ unreadable: 0 });
        expect(report.leftovers).toBeLessThanOrEqual(1); // of the last kill; those before are cleared away
        expect(report.lost).toBeLessThanOrEqual(3);
        expect(report.reached).toBeGreaterThan(0);
      }),
    240_000,
  );
});
