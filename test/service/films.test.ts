/** Films as sessions: the frames are those that the library makes, whatever came between; files of them; what is refused. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodePicture } from "../../src/image/decode.js";
import { platformOn } from "../../src/service/on-node.js";
import { FolderStore } from "../../src/service/store.js";
import { Studio } from "../../src/service/studio.js";
import type { SessionView } from "../../src/service/views.js";
import { createVideo, videoFrames } from "../../src/video/moving-video.js";
import { createStyle, styleFrames } from "../../src/video/style-video.js";
import { VqganClip } from "../../src/vqgan-clip.js";
import { fixturePath } from "../support/fixtures.js";

const models = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const size: [number, number] = [32, 32];
const small = { prompts: "a castle", size, cutouts: 2, seed: 5 };
const moves = { frames: 4, stepsPerFrame: 3, rotate: 3 };
const styled = { prompts: "a painting", cutouts: 2, seed: 5, steps: 4, strength: 0.9 };

let vq: VqganClip;
let folder: string;
let frames: Uint8Array[];
const opened: Studio[] = [];

beforeAll(async () => {
  vq = await VqganClip.fromPretrained(models);
  folder = await mkdtemp(join(tmpdir(), "vqgan-clip-films-"));
  const pictures = [0, 6, 12].map((left) => ({
    create: { width: 10, height: 10, channels: 3, background: "red" },
    left,
  }));
  frames = await Promise.all(
    pictures.map(({ create, left }) =>
      sharp({ create: { width: 32, height: 32, channels: 3, background: "#808080" } })
        .composite([{ input: { create: { ...create, channels: 3 } }, left, top: 8 }])
        .png()
        .toBuffer(),
    ),
  );
}, 120_000);

afterAll(async () => {
  for (const studio of opened) await studio.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(name: string, limits = {}): Promise<Studio> {
  const studio = await Studio.open(platformOn(vq, await FolderStore.open(join(folder, name)), models), limits);
  opened.push(studio);
  return studio;
}

async function close(studio: Studio): Promise<void> {
  opened.splice(opened.indexOf(studio), 1);
  await studio.close();
}

/** The session once it is as wanted, told by its own events. */
function until(studio: Studio, id: string, wanted: (view: SessionView) => boolean): Promise<SessionView> {
  return new Promise((done, failed) => {
    const look = () => {
      const view = studio.view(id);
      if (view.error && !wanted(view)) failed(new Error(view.error.detail));
      if (!wanted(view)) return;
      end();
      done(view);
    };
    const end = studio.eventsOf(id).subscribe(look);
    look();
  });
}

const isOver = ({ status }: SessionView) => status === "finished";
const allFrames = (studio: Studio, id: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => studio.films.frame(id, i + 1).then(Buffer.from)));

async function expectedVideo(): Promise<Buffer[]> {
  const made: Buffer[] = [];
  const run = createVideo(vq, { ...small, ...moves, steps: 3 });
  for await (const frame of videoFrames(run)) made.push(Buffer.from(await frame.run.toPNG()));
  return made;
}

async function expectedStyle(): Promise<Buffer[]> {
  const sources = await Promise.all(frames.map((frame) => decodePicture(frame)));
  const made: Buffer[] = [];
  const run = await createStyle(vq, sources[0]!, styled);
  for await (const frame of styleFrames(vq, run, sources)) made.push(Buffer.from(await frame.run.toPNG()));
  return made;
}

describe("a video", { timeout: 120_000 }, () => {
  test("has the library's frames, after a copy of its folder was opened in the middle too", async () => {
    const wanted = await expectedVideo();
    const studio = await open("video");
    const { id, ...created } = await studio.making.create({ ...small, steps: 3, video: { ...moves, fps: 8 } });
    expect(created).toMatchObject({ kind: "video", steps: 12, film: { frames: 4, done: 0, fps: 8 } });
    await until(studio, id, ({ film }) => film?.done === 2);
    // as if the process had been killed now
    await cp(join(folder, "video"), join(folder, "copy"), {
      recursive: true,
      filter: (path) => !/\.(lock|tmp)$/.test(path), // of which some go while others are copied
    });
    const done = await until(studio, id, isOver);
    expect(done).toMatchObject({ step: 12, film: { done: 4 } });
    expect(await allFrames(studio, id, 4)).toEqual(wanted);
    const again = await open("copy");
    await until(again, id, isOver);
    expect(await allFrames(again, id, 4)).toEqual(wanted);
  });

  test("goes on from a kept step on a branch, whose frames are its own; more steps are more frames", async () => {
    const studio = await open("branch");
    const request = { ...small, steps: 3, keepEvery: 1, video: { ...moves, frames: 3 } };
    const { id } = await studio.making.create(request);
    await until(studio, id, isOver);
    const before = await allFrames(studio, id, 3);
    await studio.branches.fork(id, { at: 4, prompts: "fog", resume: true });
    await until(studio, id, (view) => isOver(view) && view.node === 2);
    const after = await allFrames(studio, id, 3);
    expect(after.map((png, i) => png.equals(before[i]!))).toEqual([true, false, false]);
    await studio.branches.switchTo(id, 1);
    expect(await allFrames(studio, id, 3)).toEqual(before);
    await studio.commands.change(id, { steps: 12 });
    await studio.commands.resume(id);
    expect(await until(studio, id, isOver)).toMatchObject({ film: { frames: 4, done: 4 } });
  });

  test("as files: all frames as a ZIP, an animated WebP; without ffmpeg no MP4, and what would help is said", async () => {
    const studio = await open("files");
    const { id } = await studio.making.create({ ...small, steps: 2, video: { ...moves, frames: 3, fps: 10 } });
    expect(() => studio.films.zip(id)).toThrow("there is no frame yet");
    await until(studio, id, isOver);
    const zip = unzipSync(new Uint8Array(await new Response(studio.films.zip(id)).arrayBuffer()));
    expect(Object.keys(zip)).toEqual(["frame-00001.png", "frame-00002.png", "frame-00003.png"]);
    expect(Buffer.from(zip["frame-00002.png"]!)).toEqual(Buffer.from(await studio.films.frame(id, 2)));
    const webp = await studio.films.video(id, "webp");
    expect(await sharp(webp, { animated: true }).metadata()).toMatchObject({ pages: 3, delay: [100, 100, 100] });
    expect(await studio.films.video(id, "webp")).toBe(webp); // written once
    const { PATH } = process.env;
    try {
      process.env.PATH = "/nowhere";
      expect((await studio.info()).films).toEqual(["webp"]);
      await expect(studio.films.video(id, "mp4")).rejects.toMatchObject({
        code: "CONFLICT",
        hint: expect.stringContaining("install ffmpeg"),
      });
    } finally {
      process.env.PATH = PATH;
    }
    const picture = await studio.making.create({ ...small, steps: 1 });
    await expect(studio.films.video(picture.id, "webp")).rejects.toThrow("of one picture");
    expect(picture.film).toBeNull();
  });
});

describe("styled frames", { timeout: 120_000 }, () => {
  test("are the library's, after a rest in the middle of one and another process too", async () => {
    const wanted = await expectedStyle();
    const studio = await open("style");
    const { id, steps, film } = await studio.making.create({ ...styled, style: { fps: 6 } }, { frames });
    expect(film).toEqual({ frames: 3, done: 0, fps: 6 });
    await until(studio, id, ({ step }) => step > steps / 3);
    const paused = await studio.commands.pause(id);
    expect(paused.status).toBe("paused");
    await close(studio);
    const again = await open("style");
    expect(again.view(id)).toMatchObject({ status: "paused", step: paused.step, film: { done: paused.film?.done } });
    await again.commands.resume(id);
    const done = await until(again, id, isOver);
    expect(done).toMatchObject({ kind: "style", step: steps, film: { done: 3 } });
    expect(done.losses.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    expect(await allFrames(again, id, 3)).toEqual(wanted);
  });

  test("take other words on the way, and nothing that would lead back", async () => {
    const studio = await open("changed");
    const { id, steps } = await studio.making.create(styled, { frames });
    await until(studio, id, ({ step }) => step > 0);
    await studio.commands.change(id, { prompts: "fog" });
    await expect(studio.commands.change(id, { steps: 9 })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(studio.branches.fork(id, { at: 1 })).rejects.toThrow("no branches");
    const done = await until(studio, id, isOver);
    expect(done).toMatchObject({ step: steps, settings: { prompts: "fog" }, film: { done: 3 } });
    expect(done.nodes.map(({ parent }) => parent)).toEqual([null, 1]);
    expect(done.losses.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
  });
});

test("what does not go together, and what is too much, is told before anything is made", async () => {
  const studio = await open("refused", { maxWork: 0.5 });
  const [first, second] = frames as [Uint8Array, Uint8Array];
  const wide = await sharp({ create: { width: 48, height: 32, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const video = { frames: 3 };
  const cases: readonly [request: object, uploads: object, message: string | RegExp][] = [
    [{ ...styled, style: { blend: 0 } }, {}, "style: there are no frames"],
    [{ ...small, video }, { image: first }, "video: an edit is held against its picture"],
    [{ ...styled, video }, { frames: [first, second] }, "video: frames are styled as they are"],
    [small, { start: first, frames: [first, second] }, "start, frame: a session begins at one of them"],
    [{ ...styled, rect: [0, 0, 8, 8] }, { frames: [first, second] }, "rect: frames are restyled whole"],
    [{ ...styled, keepEvery: 5 }, { frames: [first, second] }, "keepEvery: frames are restyled whole"],
    [{ ...styled, steps: 1 }, { frames: [first, wide] }, "frame 2 has 48x32 pixels, the first 32x32"],
    [{ ...styled, prompts: "a ^ b" }, { frames: [first, second] }, "scenes cannot change"],
    [{ ...small, steps: 3, video: { frames: 600 } }, {}, "are allowed"],
    [{ ...styled, steps: 100 }, { frames: [first, second, first] }, "are allowed"],
  ];
  for (const [request, uploads, message] of cases) {
    await expect(studio.making.create(request as never, uploads), String(message)).rejects.toThrow(message);
  }
  expect(studio.all()).toEqual([]);
  const plan = await studio.making.plan({ ...styled, steps: 4 } as never, { frames });
  expect(plan.steps % 3).toBe(0);
});

test("a picture that it begins at, of any size", async () => {
  const studio = await open("start");
  const large = await sharp(frames[0]).resize(48, 40).png().toBuffer();
  const { id } = await studio.making.create({ ...small, steps: 2 }, { start: large });
  const done = await until(studio, id, isOver);
  expect(done).toMatchObject({ kind: "create", settings: { size } });
  const wanted = await vq.create({ ...small, steps: 2, initImage: large }).toFinish();
  expect(Buffer.from(await studio.pictures.picture(id))).toEqual(Buffer.from(await wanted.toPNG()));
});
