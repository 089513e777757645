/** Frames to one file: by ffmpeg, or as an animated WebP, which needs nothing but this package. */
import { readFile, rename, rm } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { requires, VqganClipError } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import { temporaryBeside } from "../files/temporary.js";
import { animatedWebp } from "../image/webp.js";
import { encodeArguments, findFfmpeg, runFfmpeg, videoEndings } from "./ffmpeg.js";
import type { FrameFolder } from "./frame-folder.js";

export const encodedEndings = [...videoEndings, ".webp"];

/** Where a video can be written here, and by what. */
export interface Encoding {
  readonly path: string;
  /** The program that writes it; without one, an animated WebP is written. */
  readonly ffmpeg: string | undefined;
  /** What was asked for but cannot be made here. */
  readonly refused?: string;
}

/** Decides before the work: a video asked for where there is no ffmpeg becomes a WebP, which `refused` says. */
export async function planEncoding(path: string): Promise<Encoding> {
  if (extname(path).toLowerCase() === ".webp") return { path, ffmpeg: undefined };
  const ffmpeg = await findFfmpeg();
  if (ffmpeg !== undefined) return { path, ffmpeg };
  return { path: `${path.slice(0, -extname(path).length)}.webp`, ffmpeg, refused: path };
}

export interface EncodeOptions {
  /** Frames a second. */
  readonly rate: number;
  /** A video or a sound that goes along, where ffmpeg writes. */
  readonly sound?: string | undefined;
  /** Whether sound that is longer ends with the frames (default: it goes on). */
  readonly soundEnds?: boolean | undefined;
}

/** Writes the folder's finished frames as one file, whole or not at all. @throws IO_FAILED; the frames stay */
export async function encodeVideo(
  folder: FrameFolder,
  { path, ffmpeg }: Encoding,
  options: EncodeOptions,
): Promise<void> {
  requireKnown("encodeVideo()", options, { rate: true, sound: true, soundEnds: true });
  const { rate, sound, soundEnds } = options;
  const count = folder.done;
  requires(count > 0, "BAD_ARGUMENT", () => "encodeVideo(): there are no frames");
  if (ffmpeg === undefined) {
    await writeFileAtomically(path, await animationOf(folder, rate));
    return;
  }
  const output = resolve(path);
  const unfinished = await temporaryBeside(output);
  const ending = extname(output).toLowerCase();
  const request = {
    folder: folder.path,
    output: unfinished,
    ending,
    rate,
    count,
    sound: sound && resolve(sound),
    soundEnds,
  };
  try {
    await runFfmpeg(ffmpeg, encodeArguments(request), folder.path);
    await rename(unfinished, output);
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function animationOf(folder: FrameFolder, rate: number): Promise<Uint8Array> {
  const frames: Buffer[] = [];
  for (let number = 1; number <= folder.done; number++) frames.push(await readFile(folder.framePath(number)));
  return animation(frames, rate);
}

/** Pictures of one size as an animated WebP that repeats for ever. @param rate frames a second @throws IO_FAILED */
export async function animation(frames: readonly Uint8Array[], rate: number): Promise<Uint8Array> {
  try {
    // Milliseconds are whole: delays that sum to the exact time keep the rate.
    const at = (frame: number) => Math.round((1000 * frame) / rate);
    const delays = frames.map((_, i) => at(i + 1) - at(i));
    return await animatedWebp(frames, delays, 90);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VqganClipError("IO_FAILED", `animated WebP: ${reason}`, "the frames are kept", { cause });
  }
}
