/** Sound from files: WAV by this package, everything else, films included, by the system's ffmpeg. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requires, VqganClipError } from "../core/errors.js";
import { readInput } from "../files/read-input.js";
import { isWav, readWav, type Sound } from "../sound/wav.js";
import { findFfmpeg, runFfmpeg } from "./ffmpeg.js";

/** Seconds that ffmpeg is asked for; `readWav` refuses what is longer than an hour. */
const MOST_SECONDS = "3601";

/**
 * @param path of a file, or `-` for standard input
 * @throws BAD_FILE when it is no WAV file and there is no ffmpeg, or holds no sound; OUT_OF_LIMITS, IO_FAILED
 */
export async function readSound(path: string): Promise<Sound> {
  const bytes = await readInput(path);
  if (isWav(bytes)) return readWav(bytes, path);
  const ffmpeg = await findFfmpeg();
  requires(
    ffmpeg !== undefined,
    "BAD_FILE",
    () => `${path}: no WAV file`,
    "other sound is read where ffmpeg is installed; none was found on PATH",
  );
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-sound-"));
  try {
    await writeFile(join(folder, "in"), bytes);
    await runFfmpeg(ffmpeg, decodeSoundArguments(), folder).catch((cause: unknown) => {
      throw new VqganClipError("BAD_FILE", `${path}: ffmpeg finds no sound in it`, undefined, { cause });
    });
    return readWav(await readInput(join(folder, "out.wav")), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** From `in` to `out.wav` in the folder where ffmpeg runs: one channel of floats at the sound's own rate. */
function decodeSoundArguments(): string[] {
  return [
    ...["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", "file:in", "-map", "0:a:0"],
    ...["-t", MOST_SECONDS, "-ac", "1", "-c:a", "pcm_f32le", "-fflags", "+bitexact", "file:out.wav"],
  ];
}
