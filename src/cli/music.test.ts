/** Sound from files: by this package where it is WAV, else by ffmpeg where there is one. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { findFfmpeg, runFfmpeg } from "../video/ffmpeg.js";
import { readSound } from "../video/read-sound.js";
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
  await expect(readSound(broken)).rejects.toThrow(/^ffmpeg: /);
  await expect(readSound(join(folder, "none.wav"))).rejects.toThrow("no such file");
});

test("a film is as long as its music, and follows it; lyrics alone need to be told how long", async () => {
  const music = await musicOf({ music: chirp }, 10);
  expect(music?.frames).toBe(6);
  expect(music?.sketch("fog:bass*0.8+0.2")).toEqual({ prompts: ["fog:1"] });
  const [text] = music?.prompts(["fog:loudness"], 20, 5).prompts ?? [];
  expect(text).toMatch(/^fog:[\d.]+@0->.*@40$/);
  expect((await musicOf({ music: chirp, frames: 2 }, 10))?.frames).toBe(2);
  expect(await musicOf({}, 10)).toBeUndefined();
  const csv = join(await emptyFolder(), "lyrics.csv");
  await writeFile(csv, "0,a boat | red\n0.3,rain\n");
  await expect(musicOf({ lyrics: csv }, 10)).rejects.toThrow("nothing says how long the film is");
  const both = await musicOf({ music: chirp, lyrics: csv }, 10);
  expect(both?.prompts(undefined, 20, 5).prompts).toEqual(["a boat \\| red:1@0->1@25->0@30->0@40", "rain:0@0->0@25->1@30->1@40"]); // biome-ignore format: one thought
});
