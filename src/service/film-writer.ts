/** Films on Node: an animated WebP by this package alone, MP4 and WebM by ffmpeg, where there is one. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requires, VqganClipError } from "../core/errors.js";
import { animation } from "../video/encode-video.js";
import { encodeArguments, findFfmpeg, runFfmpeg } from "../video/ffmpeg.js";
import { type FilmFormat, type FilmWriter, filmFormats } from "./platform.js";

/** Pixels of all frames of an animated WebP: they are in memory at once. */
const MOST_PIXELS = 150_000_000;

export const filmWriter: FilmWriter = {
  async formats() {
    return (await findFfmpeg()) === undefined ? ["webp"] : filmFormats;
  },
  async write(frames, format, fps) {
    return format === "webp" ? animated(frames, fps) : encoded(frames, format, fps);
  },
};

async function animated(frames: AsyncIterable<Uint8Array>, fps: number): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let pixels = 0;
  for await (const png of frames) {
    const header = new DataView(png.buffer, png.byteOffset);
    pixels += header.getUint32(16) * header.getUint32(20);
    requires(
      pixels <= MOST_PIXELS,
      "OUT_OF_LIMITS",
      () => `an animated WebP: its frames have more than ${MOST_PIXELS / 1e6} million pixels`,
      "take MP4, or the frames",
    );
    all.push(png);
  }
  return animation(all, fps);
}

async function encoded(frames: AsyncIterable<Uint8Array>, format: FilmFormat, fps: number): Promise<Uint8Array> {
  const ffmpeg = await findFfmpeg();
  if (ffmpeg === undefined) throw new VqganClipError("IO_FAILED", "ffmpeg: it is no more there", "install it again");
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-film-"));
  try {
    let count = 0;
    for await (const png of frames) await writeFile(join(folder, `frame-${String(++count).padStart(5, "0")}.png`), png);
    const [output, ending] = [join(folder, "film"), `.${format}`];
    await runFfmpeg(ffmpeg, encodeArguments({ folder, output, ending, rate: fps, count }), folder);
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
