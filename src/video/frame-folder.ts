/**
 * A folder of frames, `frame-00001.png` on, beside one session that stands at the last of them: whoever comes later
 * goes on behind it with the same bytes.
 */
import { access, mkdir, readdir, rm } from "node:fs/promises";
import { extname, join } from "node:path";
import { requires, VqganClipError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { requireWritable } from "../files/atomic-write.js";
import { readInput } from "../files/read-input.js";
import { decodePicture } from "../image/decode.js";
import type { PictureOptions } from "../pair/running-picture.js";
import type { VideoFrame } from "./moving-video.js";
import { naturalOrder } from "./natural-order.js";

const pictureEndings = [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif"];

/** Paths of the pictures in a folder, in natural order. @throws IO_FAILED, or BAD_ARGUMENT when it holds none */
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

/** A folder of finished frames, with the session of the run that made them. */
export class FrameFolder {
  private constructor(
    readonly path: string,
    private saved: number,
  ) {}

  /** What a folder holds; it is made with the first frame where there is none. @throws IO_FAILED when it cannot be */
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
    return new FrameFolder(path, Math.max(0, ...numbers));
  }

  /** How many frames are finished. */
  get done(): number {
    return this.saved;
  }

  /** The session that stands at the last finished frame. */
  get session(): string | undefined {
    return this.saved === 0 ? undefined : this.sessionOf(this.saved);
  }

  /** Where a frame is, from 1. */
  framePath(number: number): string {
    return join(this.path, `frame-${String(number).padStart(5, "0")}.png`);
  }

  /** Keeps a finished frame: its picture, then its session in the place of the former one. @throws IO_FAILED */
  async keep({ number, run }: Pick<VideoFrame, "number" | "run">, options: PictureOptions): Promise<string> {
    const path = this.framePath(number);
    await makeFolder(this.path);
    await run.toPNG(path, options);
    await run.save(this.sessionOf(number));
    if (this.saved > 0 && this.saved !== number) await rm(this.sessionOf(this.saved), { force: true });
    this.saved = number;
    return path;
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

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "no such folder" : code === "ENOTDIR" ? "it is no folder" : message;
    throw new VqganClipError("IO_FAILED", `cannot read ${folder}: ${reason}`, "check the path", { cause });
  }
}
