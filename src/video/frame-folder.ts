/**
 * A folder of frames, `frame-00001.png` on, beside one session that stands at the last of them: whoever comes later
 * goes on behind it with the same bytes.
 */
import type { Dirent } from "node:fs";
import { access, mkdir, readdir, rm, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { requires, VqganClipError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { requireWritable } from "../files/atomic-write.js";
import { readInput } from "../files/read-input.js";
import { decodePicture } from "../image/decode.js";
import type { PictureOptions } from "../pair/picture-requests.js";
import type { VideoFrame } from "./moving-video.js";
import { naturalOrder } from "./natural-order.js";

const pictureEndings = [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif"];

/** Paths of the pictures in a folder, in natural order. @throws BAD_FILE, IO_FAILED, or BAD_ARGUMENT when it holds none */
export async function framePaths(folder: string): Promise<string[]> {
  const names = (await namesIn(folder)).filter(
    (name) => !name.startsWith(".") && pictureEndings.includes(extname(name).toLowerCase()),
  );
  requires(
    names.length > 0,
    "BAD_ARGUMENT",
    () => `${folder} holds no frames`,
    `it needs pictures: ${pictureEndings.join(" ")}`,
  );
  return naturalOrder(names).map((name) => join(folder, name));
}

/** The pictures of files, one after another: [3,H,W] in 0..1. @throws IO_FAILED, BAD_IMAGE naming the file */
export async function* readFrames(paths: readonly string[]): AsyncGenerator<NDArray, void, undefined> {
  for (const path of paths) yield await decodePicture(await readInput(path), path);
}

const PATTERN = /^frame-(\d{5,})\.(png|vqclip)$/;
/** As ffmpeg reads numbered files. */
export const FRAME_PATTERN = "frame-%05d.png";

/** A frame that was written. */
interface KeptFrame {
  readonly file: string;
  /** Why its session was not: who goes on later begins behind the last frame that has one. */
  readonly unsaved?: VqganClipError;
}

/** A folder of finished frames, with the session of the run that made them. */
export class FrameFolder {
  private finished: number;

  /** @param saved the last frame whose session is there; 0: none */
  private constructor(
    readonly path: string,
    private saved: number,
  ) {
    this.finished = saved;
  }

  /** What a folder holds; it is made with the first frame where there is none. @throws IO_FAILED when it cannot be; BAD_ARGUMENT when its frames are not ours to go on with */
  static async open(path: string): Promise<FrameFolder> {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    const names = exists ? await namesIn(path) : [];
    await requireWritable(exists ? join(path, "frame-00000.png") : path);
    const numbers = names.flatMap((name) => {
      const [, digits, ending] = PATTERN.exec(name) ?? [];
      return ending === "vqclip" ? [Number(digits)] : [];
    });
    const picture = names.find((name) => PATTERN.test(name));
    requires(
      picture === undefined || numbers.length > 0,
      "BAD_ARGUMENT",
      () => `${path} holds ${picture} and no session to go on from`,
      "name another --frames-dir or -o, or move the frames away",
    );
    return new FrameFolder(path, Math.max(0, ...numbers));
  }

  /** How many frames are finished. */
  get done(): number {
    return this.finished;
  }

  /** The session to go on from: it stands at the last finished frame, or at the last that could be saved. */
  get session(): string | undefined {
    return this.saved === 0 ? undefined : this.sessionOf(this.saved);
  }

  /** Where a frame is, from 1. */
  framePath(number: number): string {
    return join(this.path, `frame-${String(number).padStart(5, "0")}.png`);
  }

  /**
   * Keeps a finished frame: its picture, then its session in the place of the former one.
   *
   * @throws IO_FAILED when the picture cannot be written; a session that cannot be is told
   */
  async keep({ number, run }: Pick<VideoFrame, "number" | "run">, options: PictureOptions): Promise<KeptFrame> {
    const file = this.framePath(number);
    await makeFolder(this.path);
    await run.toPNG(file, options);
    this.finished = number;
    try {
      await run.save(this.sessionOf(number));
    } catch (error) {
      if (error instanceof VqganClipError && error.code === "IO_FAILED") return { file, unsaved: error };
      throw error;
    }
    if (this.saved > 0 && this.saved !== number) await rm(this.sessionOf(this.saved), { force: true });
    this.saved = number;
    return { file };
  }

  private sessionOf(number: number): string {
    return this.framePath(number).replace(/png$/, "vqclip");
  }
}

/** @throws IO_FAILED */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VqganClipError("IO_FAILED", `cannot make the folder ${path}: ${reason}`, "choose another place", {
      cause,
    });
  }
}

/** Names of the files in a folder: a folder within it is none, whatever it is called. @throws IO_FAILED */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    // a link counts as what it leads to; what it does not lead to is told when it is read
    const isFile = async (entry: Dirent) =>
      entry.isFile() ||
      (entry.isSymbolicLink() && !(await stat(join(folder, entry.name)).catch(() => undefined))?.isDirectory());
    const kept = await Promise.all(entries.map(async (entry) => ((await isFile(entry)) ? [entry.name] : [])));
    return kept.flat();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "no such folder" : code === "ENOTDIR" ? "it is no folder" : undefined;
    throw new VqganClipError(
      reason ? "BAD_FILE" : "IO_FAILED",
      `cannot read ${folder}: ${reason ?? message}`,
      "check the path",
      { cause },
    );
  }
}
