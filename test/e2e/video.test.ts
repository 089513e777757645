/** Videos as users make them: frames that move, styles that follow, folders that go on where they stopped. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createStyle,
  createVideo,
  NDArray,
  readPngText,
  readStory,
  styleFrames,
  type VideoRequest,
  type VqganClip,
  videoFrames,
} from "../../src/index.js";
import { cli, inEmptyFolder, listing, tinyModels } from "../support/cli.js";
import { cliProcess } from "../support/cli-process.js";
import { tinyPair } from "../support/tiny-pair.js";

const noFfmpeg = { env: { PATH: "/nowhere" } };
const small = ["--size", "32", "--cutouts", "2", ...tinyModels];
/** Steps that take their time: a signal has to come before the last of them. */
const SLOW = ["--cutouts", "32"];
const request = {
  prompts: "a castle ^ fog",
  size: [32, 32],
  cutouts: 2,
  seed: 5,
  frames: 3,
  steps: 3,
  stepsPerFrame: 2,
  rotate: 3,
} satisfies VideoRequest;

let vq: VqganClip;
beforeAll(async () => {
  vq = await tinyPair();
});

describe("videoFrames", () => {
  test("one run makes all frames; a session between two of them, or within one, goes on with the same pictures", () =>
    inEmptyFolder(async (folder) => {
      const run = createVideo(vq, request);
      expect(run.settings).toMatchObject({
        steps: 7,
        motion: { first: 3, every: 2, zoom: 1.02, pan: [0, 0], rotate: 3 },
      });
      const pictures = [];
      for await (const { number, picture } of videoFrames(run)) {
        pictures.push(picture);
        await run.save(join(folder, `${number}.vqclip`));
        expect((await run.state()).optimizer.step).toBe(2 * number + 1); // never a fresh optimiser
      }
      expect(pictures).toHaveLength(3);
      expect(pictures[1]).not.toEqual(pictures[0]);
      const rest = [];
      for await (const { number, picture } of videoFrames(await vq.open(join(folder, "1.vqclip"))))
        rest.push([number, picture]);
      expect(rest).toEqual([[2, pictures[1]], [3, pictures[2]]]); // biome-ignore format: two frames
      const stop = new AbortController();
      const stopped = createVideo(vq, request);
      const onStep = ({ step }: { step: number }) => step === 4 && stop.abort();
      for await (const _ of videoFrames(stopped, { signal: stop.signal, whenAborted: "return", onStep }));
      expect((await stopped.state()).step).toBe(4);
      await stopped.save(join(folder, "middle.vqclip"));
      const late = [];
      for await (const { picture } of videoFrames(await vq.open(join(folder, "middle.vqclip")))) late.push(picture);
      expect(late).toEqual(pictures.slice(1));
    }));

  test("settings with a course change from frame to frame, as if each frame had its own; sessions go on with them", () =>
    inEmptyFolder(async (folder) => {
      const framesOf = async (change: Partial<VideoRequest>) => {
        const pictures = [];
        for await (const { picture } of videoFrames(createVideo(vq, { ...request, ...change }))) pictures.push(picture);
        return pictures as [NDArray, NDArray, NDArray];
      };
      const plain = await framesOf({ zoom: 1.3, learningRate: 0.2 });
      const steady = [{ of: "zoom", values: "1.3" }, { of: "learningRate", values: "0.2" }] as const; // biome-ignore format: one thought
      expect(await framesOf({ courses: [...steady] })).toEqual(plain);
      const courses = [{ of: "zoom", values: "1.3@3->0.8@5" }, { of: "learningRate", values: "0.2@4->0.5@5" }] as const; // biome-ignore format: one thought
      const moved = await framesOf({ courses: [...courses] });
      expect(moved.slice(0, 2)).toEqual(plain.slice(0, 2));
      expect(moved[2]).not.toEqual(plain[2]);
      const session = join(folder, "a.vqclip");
      for await (const { number, run } of videoFrames(createVideo(vq, { ...request, courses: [...courses] }))) {
        if (number === 2) await run.save(session);
      }
      for await (const { picture } of videoFrames(await vq.open(session))) expect(picture).toEqual(moved[2]);
    }));

  test("a video that stands still still encodes its picture anew; one that moves shows it elsewhere", async () => {
    const last = async (change: Partial<VideoRequest>) => {
      let picture: NDArray | undefined;
      for await (const frame of videoFrames(createVideo(vq, { ...request, frames: 2, ...change })))
        picture = frame.picture;
      return picture as NDArray;
    };
    expect(await last({ zoom: 1, rotate: 0 })).not.toEqual(await last({ zoom: 1, rotate: 0, pan: [8, 0] }));
  });

  test("what cannot go together is said", async () => {
    expect(() => createVideo(vq, { ...request, frames: 0 })).toThrow("frames: expected a whole number from 1");
    expect(() => createVideo(vq, { ...request, zoom: 99 })).toThrow("motion.zoom: ");
    expect(() => createVideo(vq, { ...request, plateau: { patience: 3 } })).toThrow("plateau: a video");
    await expect(videoFrames(vq.create({ prompts: "fog", size: [32, 32] })).next()).rejects.toThrow(
      "of a single picture",
    );
  });
});

const frame = (shift: number, [width, height] = [33, 20]) =>
  NDArray.float32(
    [3, height as number, width as number],
    Float32Array.from(
      { length: 3 * (width as number) * (height as number) },
      (_, i) => (((i + shift) * 37) % 256) / 255,
    ),
  );

describe("styleFrames", () => {
  const styled = async (temporal: object, steps = 2) => {
    const run = await createStyle(vq, frame(0), { prompts: "fog", cutouts: 2, seed: 3, steps, temporal });
    const states = [];
    for await (const { picture } of styleFrames(vq, run, [frame(0), frame(1)])) {
      states.push({ picture, state: await run.state() });
    }
    await run.dispose();
    return states;
  };

  test("the latent shown is the average over time", async () => {
    const [plain, smooth] = [await styled({ blend: 0, smooth: 0 }), await styled({ blend: 0, smooth: 0.25 })];
    expect(smooth[0]).toEqual({ ...plain[0], state: { ...plain[0]?.state, settings: smooth[0]?.state.settings } });
    const [before, alone, mixed] = [plain[0], plain[1], smooth[1]].map(
      (made) => made?.state.z.floats() as Float32Array,
    );
    for (let i = 0; i < (mixed as Float32Array).length; i += 7) {
      expect(mixed?.[i]).toBeCloseTo(0.25 * (before?.[i] as number) + 0.75 * (alone?.[i] as number), 5);
    }
    expect(smooth[1]?.state.optimizer.step).toBe(2);
    expect(smooth[1]?.picture.shape).toEqual([3, 20, 33]);
  });

  test("blended wholly, a frame begins where the one before ended", async () => {
    const still = await createStyle(vq, frame(0), {
      prompts: "fog",
      cutouts: 2,
      seed: 3,
      steps: 1,
      temporal: { blend: 1, smooth: 0 },
    });
    const starts: NDArray[] = [];
    let former: NDArray | undefined;
    for await (const { picture } of styleFrames(vq, still, [frame(0), frame(90)], {
      onStep: ({ image }) => void starts.push(image),
    })) {
      former ??= picture;
    }
    const again = await vq.reconstruct(former as NDArray);
    const difference = (starts[1] as NDArray).floats().reduce((most, value, i) => {
      const [y, x] = [Math.floor((i % (34 * 20)) / 34), i % 34];
      const channel = Math.floor(i / (34 * 20));
      return x > 32 ? most : Math.max(most, Math.abs(value - again.picture.at((channel * 20 + y) * 33 + x)));
    }, 0);
    expect(difference).toBeLessThan(1e-4);
    await still.dispose();
  });

  test("frames of other sizes and prompts that change over a run are refused", async () => {
    const run = await createStyle(vq, frame(0), { prompts: "fog", cutouts: 2, steps: 1 });
    const frames = styleFrames(vq, run, [frame(0), frame(0, [20, 20])]);
    await frames.next();
    await expect(frames.next()).rejects.toThrow("frame 2 has 20x20 pixels, the first 33x20");
    const story = createStyle(vq, frame(0), { prompts: "fog ^ a castle", cutouts: 2, steps: 1 });
    await expect(story).rejects.toThrow("weights and scenes cannot change");
  });
});

describe("vqgan-clip video", { timeout: 300_000 }, () => {
  test("frames with their story, an animated WebP where there is no ffmpeg, and the same command goes on to the byte", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const args = (frames: number, out: string) =>
        ["video", "a castle ^ fog", "--frames", `${frames}`, "--steps-per-frame", "2", "-i", "2", "--pan", "-1,2", "-o", path(out), ...small, ...SLOW]; // biome-ignore format: one command
      const whole = await cli([...args(3, "a.mp4"), "--json", "--seed", "4", "--fps", "8"], noFfmpeg);
      expect(whole.stderr).toMatch(/note: no ffmpeg was found on PATH, so .*a\.webp is written/);
      expect(whole.code).toBe(0);
      const events = whole.stdout.toString().trimEnd().split("\n").map((line) => JSON.parse(line)); // biome-ignore format: short
      expect(events[0]).toMatchObject({
        type: "start",
        frames: 3,
        done: 0,
        settings: { steps: 6, motion: { pan: [-1, 2] } },
      });
      expect(events.filter(({ type }) => type === "step")).toHaveLength(6);
      expect(events.at(-1)).toMatchObject({ type: "done", frames: 3, by: "animated WebP" });
      const kept = ["a-frames", "a-frames/frame-00001.png", "a-frames/frame-00002.png", "a-frames/frame-00003.png", "a-frames/frame-00003.vqclip"]; // biome-ignore format: files
      expect(await listing(folder)).toEqual([...kept, "a.webp"]);
      expect(await sharp(await readFile(path("a.webp"))).metadata()).toMatchObject({
        pages: 3,
        width: 32,
        delay: [125, 125, 125],
      });
      const story = readStory(readPngText(await readFile(path("a-frames/frame-00002.png"))));
      expect(story).toMatchObject({
        step: 4,
        settings: { prompts: expect.stringMatching(/a castle +\^ +fog/), motion: { zoom: 1.02, every: 2 } },
      });

      const stopped = await cliProcess([...args(3, "b.webp"), "--json", "--seed", "4"], {
        onLine: (line, kill) => JSON.parse(line).type === "frame" && kill("SIGINT"),
      });
      expect(stopped.stderr).toMatch(
        /paused after \d of 3 frames, seed 4.*\ngo on: vqgan-clip video 'a castle \^ fog'/,
      );
      expect(stopped.code).toBe(130);
      const other = await cli([...args(3, "b.webp"), "--zoom", "1.5"]);
      expect(other.stderr).toMatch(/b-frames holds \d frames made with motion \{.*"zoom":1.02.*ask for the same/);
      expect(other.code).toBe(2);
      expect((await cli(args(3, "b.webp"))).code).toBe(0); // the seed is the one of the frames that are there
      for (const number of [1, 2, 3]) {
        const name = `frame-0000${number}.png`;
        expect(await readFile(path(`b-frames/${name}`))).toEqual(await readFile(path(`a-frames/${name}`)));
      }
    }));
});

describe("vqgan-clip style", { timeout: 300_000 }, () => {
  test("a folder in natural order, stopped and gone on with, ends with the bytes of one that never stopped", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      await mkdir(path("in"));
      for (const number of [10, 9, 2]) {
        const pixels = Buffer.from(frame(number).floats().map((value) => 255 * value)); // biome-ignore format: short
        await sharp(pixels, { raw: { width: 33, height: 20, channels: 3 } }).png().toFile(path(`in/f${number}.png`)); // biome-ignore format: short
      }
      await writeFile(path("in/notes.txt"), "no frame");
      const args = ["style", path("in"), "fog", "--steps", "4", "--seed", "3", ...tinyModels, ...SLOW];
      const stopped = await cliProcess([...args, "--json", "-o", path("a.webp")], {
        onLine: (line, kill) => JSON.parse(line).type === "frame" && kill("SIGINT"),
      });
      expect(stopped.code).toBe(130);
      const more = await cli([...args, "-o", path("a.webp")]);
      expect(more.code).toBe(0);
      expect((await cli([...args, "-o", path("b.webp")])).code).toBe(0);
      for (const number of [1, 2, 3]) {
        const name = `frame-0000${number}.png`;
        expect(await readFile(path(`a-frames/${name}`))).toEqual(await readFile(path(`b-frames/${name}`)));
        const { width, height } = await sharp(await readFile(path(`a-frames/${name}`))).metadata();
        expect([width, height]).toEqual([33, 20]);
      }
      // The last frame was made from the file that comes last in natural order.
      await rm(path("in/f10.png"));
      const fewer = await cli([...args, "-o", path("a.webp")]);
      expect(fewer.stderr).toMatch(/a-frames holds 3 frames already, .*in only 2/);
      const third = await readFile(path("in/f9.png"));
      await writeFile(path("in/f10.png"), third);
      expect((await cli([...args, "-o", path("a.webp")])).stderr).toMatch(/f10.png is not the frame that the last/);
    }));

  test("bad input gets one line and leaves nothing behind", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      await writeFile(path("in.mp4"), "x");
      await mkdir(path("empty"));
      const complaint = async (...args: string[]) => {
        const { code, stderr } = await cli([...args, ...tinyModels], noFfmpeg);
        expect(stderr.trimEnd().split("\n").filter((line) => !line.startsWith("note:"))).toHaveLength(1); // biome-ignore format: short
        expect(code).toBeGreaterThan(0);
        return stderr;
      };
      expect(await complaint("style", path("in.mp4"), "fog")).toContain("needs ffmpeg, which was not found on PATH");
      expect(await complaint("style", path("empty"), "fog")).toContain("holds no frames");
      expect(await complaint("style", path("nowhere"), "fog")).toContain("no such file or folder");
      expect(await complaint("video", "fog", "--pan", "1")).toContain("expected x,y in pixels");
      expect(await complaint("video", "fog", "-o", path("a.avi"))).toContain("must end in .mp4 or .webm or .webp");
      expect(await listing(folder)).toEqual(["empty", "in.mp4"]);
    }));
});
