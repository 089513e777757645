/** Sound from files: by this package where it is WAV, else by ffmpeg where there is one. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { weightAt, weightOf } from "../prompts/weight.js";
import { soundTracks } from "../sound/tracks.js";
import { findFfmpeg, runFfmpeg } from "../video/ffmpeg.js";
import { readSound } from "../video/read-sound.js";
import { FollowingSettings } from "./following.js";
import { musicOf } from "./music.js";

const chirp = fixturePath("sound/chirp.wav");
const ffmpeg = await findFfmpeg();

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sound-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test.skipIf(ffmpeg === undefined)("ffmpeg's sound is that of the WAV file it was made from", async () => {
  const folder = await emptyFolder();
  const flac = join(folder, "chirp.flac");
  await runFfmpeg(ffmpeg as string, ["-loglevel", "error", "-i", chirp, flac]);
  const [own, theirs] = [await readSound(chirp), await readSound(flac)];
  expect(own.samples.length).toBe(9600);
  expect(theirs).toEqual(own);
  const broken = join(folder, "broken.mp3");
  await writeFile(broken, "no sound at all");
  await expect(readSound(broken)).rejects.toThrow("broken.mp3: ffmpeg finds no sound in it");
  await expect(readSound(join(folder, "none.wav"))).rejects.toThrow("no such file");
});

test("a film is as long as its music, and follows it; lyrics alone need to be told how long", async () => {
  const music = await musicOf({ music: chirp }, 10);
  expect(music?.frames).toBe(6);
  const settings = new FollowingSettings();
  const asked = { targets: [], settings };
  expect(music?.sketch({ prompts: "fog:bass*0.8+0.2", ...asked })).toEqual({ prompts: ["fog:1"] });
  const [text] = music?.request({ prompts: ["fog:loudness"], ...asked }, 20, 5).prompts ?? [];
  expect(text).toMatch(/^fog:[\d.]+@0->.*@40$/);
  expect((await musicOf({ music: chirp, frames: 2 }, 10))?.frames).toBe(2);
  expect(await musicOf({}, 10)).toBeUndefined();
  const csv = join(await emptyFolder(), "lyrics.csv");
  await writeFile(csv, "0,a boat | red\n0.3,rain\n");
  await expect(musicOf({ lyrics: csv }, 10)).rejects.toThrow("nothing says how long the film is");
  const both = await musicOf({ music: chirp, lyrics: csv }, 10);
  expect(both?.request({ prompts: undefined, targets: [], settings: new FollowingSettings() }, 20, 5).prompts).toEqual(["a boat \\| red:1@0->1@25->0@30->0@40", "rain:0@0->0@25->1@30->1@40"]); // biome-ignore format: one thought
});

test("settings and targets follow it: the same numbers in the place of each formula", async () => {
  const settings = new FollowingSettings();
  expect(settings.read("courses", "zoom=1+loudness*0.1,learning-rate=0.2->0.1")).toEqual([
    { of: "zoom", values: "1" },
    { of: "learningRate", values: "0.2->0.1" },
  ]);
  expect(settings.read("pictureRegularizers", "tv:loudness+1,smoothness:2")).toMatchObject([
    { weight: 1 },
    { weight: 2 },
  ]);
  expect(settings.read("cutPower", "0.5")).toBe(0.5);
  const noise = { kind: "noise", seed: 3, weight: "loudness*2" } as const;
  const asked = { prompts: "fog", targets: [noise], settings };
  const music = await musicOf({ music: chirp }, 10);
  expect(music?.sketch(asked)).toMatchObject({ targets: [{ weight: "1" }], courses: [{ values: "1" }, {}] });
  const { courses, pictureRegularizers, targets } = music?.request(asked, 20, 5) ?? {};
  const { loudness } = soundTracks(await readSound(chirp), 6, 10);
  for (const [frame, loud] of loudness.entries()) {
    const at = (values: unknown) => weightAt(weightOf(values as string), frame === 0 ? 0 : 15 + 5 * frame, 45);
    expect(at(courses?.[0]?.values)).toBeCloseTo(1 + 0.1 * loud, 5);
    expect(at(pictureRegularizers?.[0]?.weight)).toBeCloseTo(1 + loud, 2);
    expect(at(targets?.[0]?.weight)).toBeCloseTo(2 * loud, 2);
  }
  expect(new Set(loudness).size).toBeGreaterThan(3);
  expect(courses?.[1]).toEqual({ of: "learningRate", values: "0.2->0.1" });
  expect(() => settings.requireNone([])).toThrow(
    '--course: "zoom=1+loudness*0.1,learning-rate=0.2->0.1" follows a sound',
  );
  expect(() => new FollowingSettings().requireNone([noise])).toThrow('"loudness*2" follows a sound, and there is none');
  expect(() => settings.read("courses", "zoom=1+bass*")).toThrow("it ends too early");
});
