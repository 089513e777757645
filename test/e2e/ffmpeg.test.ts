/** Videos through the system's own ffmpeg, where there is one: nothing else here needs it. */
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeArguments, encodeArguments, findFfmpeg, frameRate, runFfmpeg } from "../../src/video/ffmpeg.js";
import { framePaths } from "../../src/video/frame-folder.js";
import { readSound } from "../../src/video/read-sound.js";
import { cli, inEmptyFolder, listing, tinyModels } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const found = await findFfmpeg();
const ffmpeg = found as string;
const why = found === undefined ? " (skipped: there is no ffmpeg on PATH)" : "";

/** One colour for each frame, so that each tells its number. */
const colour = (number: number) => ({ r: 250 - 20 * number, g: 20 * number, b: 120 });
const [width, height, count] = [33, 20, 11];

async function writeFrames(folder: string, frames: number): Promise<void> {
  await mkdir(folder);
  for (let number = 1; number <= frames; number++) {
    const picture = sharp({ create: { width, height, channels: 3, background: colour(number) } });
    await picture.png().toFile(join(folder, `frame-${String(number).padStart(5, "0")}.png`));
  }
}

/** Mean colours of a picture, and of the column that makes its width even. */
async function coloursOf(path: string): Promise<number[][]> {
  const columns = [
    { left: 0, width },
    { left: width, width: 1 },
  ];
  return Promise.all(
    columns.map(async (column) => {
      const part = await sharp(path)
        .extract({ ...column, top: 0, height })
        .png()
        .toBuffer();
      return (await sharp(part).stats()).channels.slice(0, 3).map(({ mean }) => mean);
    }),
  );
}

/** How long a stream lasts, from what ffmpeg says last of its progress. */
function secondsOf(path: string, stream: "v" | "a"): number {
  const said = heard(["-i", `file:${path}`, "-map", `0:${stream}`, "-f", "null", "-"]);
  return Number([...said.matchAll(/time=00:00:([\d.]+)/g)].at(-1)?.[1]);
}

/** What ffmpeg says on its error output. */
function heard(args: readonly string[]): string {
  return execFileSync("sh", ["-c", 'exec "$@" 2>&1', "sh", ffmpeg, "-hide_banner", "-nostdin", ...args]).toString();
}

test.skipIf(!found).each([".mp4", ".webm"])(`frames to %s and back: count, order, colours, rate${why}`, (ending) =>
  inEmptyFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    await writeFrames(path("in %d"), count + 2); // two that are not finished
    const output = path(`a 'b'; %d${ending}`);
    const request = { folder: path("in %d"), output, ending, rate: 24000 / 1001, count };
    await runFfmpeg(ffmpeg, encodeArguments(request), request.folder);
    expect(await frameRate(ffmpeg, output)).toBeCloseTo(24000 / 1001, 9);
    expect(heard(["-i", `file:${output}`, "-f", "null", "-"])).toMatch(/Video: .*bt709.* 34x20/);
    await mkdir(path("out"));
    await runFfmpeg(ffmpeg, decodeArguments(output), path("out"));
    const frames = await framePaths(path("out"));
    expect(frames).toHaveLength(count);
    for (const [i, frame] of frames.entries()) {
      const { r, g, b } = colour(i + 1);
      for (const seen of await coloursOf(frame)) {
        [r, g, b].forEach((value, channel) => {
          expect(Math.abs((seen[channel] as number) - value), `frame ${i + 1}`).toBeLessThan(4);
        });
      }
    }
  }),
);

test.skipIf(!found)(`the whole sound of the source goes along${why}`, () =>
  inEmptyFolder(async (folder) => {
    const [source, output] = [join(folder, "source.mp4"), join(folder, "made.mp4")];
    const sine = ["-f", "lavfi", "-i", "sine=duration=2", "-f", "lavfi", "-i", "color=size=32x32:rate=10:duration=1"];
    heard([...sine, "-pix_fmt", "yuv420p", source]);
    await writeFrames(join(folder, "in"), 10);
    const request = { folder: join(folder, "in"), output, ending: ".mp4", rate: 10, count: 10, sound: source };
    await runFfmpeg(ffmpeg, encodeArguments(request), request.folder);
    expect(secondsOf(output, "a")).toBeCloseTo(2, 1);
    expect(secondsOf(output, "v")).toBeLessThan(1.01);
  }),
);

describe.skipIf(!found)(`the command line${why}`, () => {
  test("a video is styled with its rate and sound; another one of the same name does not take its frames", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const filmed = (name: string, picture: string) =>
        heard(["-y", "-f", "lavfi", "-i", `${picture}=size=32x32:rate=10:duration=0.2`, "-f", "lavfi", "-i", "sine=duration=1", "-pix_fmt", "yuv420p", path(name)]); // biome-ignore format: one command
      filmed("in.mp4", "testsrc");
      const style = ["style", path("in.mp4"), "fog", "--steps", "1", "--cutouts", "2", "--seed", "3", ...tinyModels];
      const made = await cli([...style, "-o", path("out.mp4")]);
      expect(made.code, made.stderr).toBe(0);
      expect(made.stderr).toMatch(/2 frames, seed 3, .*out\.mp4 \(ffmpeg\)/);
      expect(await frameRate(ffmpeg, path("out.mp4"))).toBe(10);
      expect(secondsOf(path("out.mp4"), "a")).toBeCloseTo(1, 1);
      filmed("in.mp4", "color");
      const other = await cli([...style, "-o", path("out.mp4")]);
      expect(other.stderr).toMatch(/source-[0-9a-f]{12}.* is not the frame that the last finished one was made from/);
      expect(other.code).toBe(2);
    }));

  test("a video from words", () =>
    inEmptyFolder(async (folder) => {
      const size = ["--size", "32", "--cutouts", "2", ...tinyModels];
      const steps = ["--frames", "3", "-i", "1", "--steps-per-frame", "1", "--fps", "8"];
      const output = join(folder, "a.webm");
      const made = await cli(["video", "a castle ^ fog", ...steps, ...size, "--rotate", "5", "-o", output]);
      expect(made.code, made.stderr).toBe(0);
      expect(await frameRate(ffmpeg, output)).toBe(8);
      expect(await listing(folder)).toHaveLength(6); // the folder, its three frames and session, the video
    }));

  test("music and its lines make a film in one command, as long as the music and with its sound", () =>
    inEmptyFolder(async (folder) => {
      const [lyrics, output] = [join(folder, "lyrics.csv"), join(folder, "song.mp4")];
      await writeFile(lyrics, "0,a castle\n0.3,fog\n");
      const size = ["--size", "32", "--cutouts", "2", "--seed", "1", ...tinyModels];
      const steps = ["-i", "1", "--steps-per-frame", "1", "--fps", "8"];
      const sung = ["--music", fixturePath("sound/chirp.wav"), "--lyrics", lyrics];
      const made = await cli(["video", "rain:loudness*0.5", ...sung, ...steps, ...size, "-o", output]);
      expect(made.code, made.stderr).toBe(0);
      expect(await framePaths(join(folder, "song-frames"))).toHaveLength(5); // .6 seconds
      const [played, given] = [await readSound(output), await readSound(fixturePath("sound/chirp.wav"))];
      expect(played.rate).toBe(given.rate);
      const alike = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
      const [both, own] = [alike(given.samples, played.samples), alike(given.samples, given.samples)];
      expect(both / Math.sqrt(own * alike(played.samples, played.samples))).toBeGreaterThan(0.95); // AAC is lossy
    }));
});

test.skipIf(!found)(`what is no video is told in one line${why}`, () =>
  inEmptyFolder(async (folder) => {
    await writeFile(join(folder, "in.mp4"), "x");
    await expect(runFfmpeg(ffmpeg, decodeArguments(join(folder, "in.mp4")), folder)).rejects.toMatchObject({
      code: "IO_FAILED",
      message: expect.stringMatching(/^ffmpeg: .*in\.mp4: Invalid data found[^\n]*$/),
    });
  }),
);
