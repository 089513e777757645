/** The system's ffmpeg, where there is one: arguments as a list, never through a shell. */
import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { FRAME_PATTERN } from "./frame-folder.js";

/** The program's path, from PATH; undefined where there is none. */
export async function findFfmpeg(path: string = process.env.PATH ?? ""): Promise<string | undefined> {
  const names = process.platform === "win32" ? ["ffmpeg.exe"] : ["ffmpeg"];
  for (const folder of path.split(delimiter).filter((part) => part !== "")) {
    for (const name of names) {
      const candidate = join(folder, name);
      if (
        await access(candidate, constants.X_OK).then(
          () => true,
          () => false,
        )
      )
        return candidate;
    }
  }
  return undefined;
}

/**
 * H.264 wants even sides: the picture lies on one stretched to them, so that an odd side ends with its edge repeated.
 * Untold, players take a video's colours for BT.601 or BT.709 by its size.
 */
const toVideo =
  "split[a][b];[a]scale=ceil(iw/2)*2:ceil(ih/2)*2[c];[c][b]overlay=format=gbrp," +
  "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p";
const colours = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"];

/** What ffmpeg is asked to write, by ending. */
const codecs: Readonly<Record<string, readonly string[]>> = {
  ".mp4": ["-f", "mp4", "-c:v", "libx264", "-crf", "16", "-preset", "slow", "-movflags", "+faststart", "-c:a", "aac"],
  ".webm": ["-f", "webm", "-c:v", "libvpx-vp9", "-crf", "24", "-b:v", "0", "-c:a", "libopus"],
};
export const videoEndings = Object.keys(codecs);

export interface EncodeRequest {
  /** The folder of `frame-00001.png` and so on; ffmpeg runs inside it, so that its path may hold a `%`. */
  readonly folder: string;
  /** Absolute path to write. */
  readonly output: string;
  /** Of `videoEndings`, whatever the path's own: the format. */
  readonly ending: string;
  /** Frames a second. */
  readonly rate: number;
  /** How many frames. */
  readonly count: number;
  /** Absolute path of a video whose sound, if any, goes along. */
  readonly sound?: string | undefined;
  /** Sound that is longer ends with the frames (default: it goes on). */
  readonly soundEnds?: boolean | undefined;
}

/**
 * Arguments that turn numbered frames into a video: bit-exact muxing, no metadata of the source. A filter counts the
 * frames: `-frames:v` would end the sound long before them.
 */
export function encodeArguments({ output, ending, rate, count, sound, soundEnds }: EncodeRequest): string[] {
  return [
    ...["-hide_banner", "-loglevel", "error", "-nostdin", "-y"],
    ...["-framerate", String(rate), "-start_number", "1", "-i", FRAME_PATTERN],
    ...(sound === undefined ? [] : ["-i", `file:${sound}`, "-map", "0:v", "-map", "1:a?"]),
    ...["-vf", `trim=end_frame=${count},${toVideo}`, ...colours],
    ...(codecs[ending] as readonly string[]),
    ...(soundEnds && sound !== undefined ? ["-t", String(count / rate)] : []),
    ...["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", `file:${output}`],
  ];
}

/** Arguments that write a video's frames as numbered PNGs into the folder where ffmpeg runs, one for each it holds. */
export function decodeArguments(video: string): string[] {
  return [
    ...["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", `file:${video}`],
    ...["-map", "0:v:0", "-fps_mode", "passthrough", "-start_number", "1", FRAME_PATTERN],
  ];
}

/** Runs ffmpeg to its end. @throws IO_FAILED with the first line it says of its own, not of a part in brackets */
export async function runFfmpeg(program: string, args: readonly string[], folder?: string): Promise<void> {
  const { code, stderr } = await finished(program, args, folder);
  if (code !== 0) {
    const lines = stderr.trim().split("\n");
    const reason = (lines.find((line) => !line.startsWith("[")) ?? lines[0]) || `it ended with code ${code}`;
    throw new VqganClipError("IO_FAILED", `ffmpeg: ${reason}`, "finished frames are kept");
  }
}

/** Frames a second of a video, as ffmpeg tells them; undefined when it does not. */
export async function frameRate(program: string, video: string): Promise<number | undefined> {
  const { stderr } = await finished(program, ["-hide_banner", "-nostdin", "-i", `file:${video}`]);
  const told = /Video:.*?([\d.]+) fps/.exec(stderr)?.[1];
  const rate = Number(told);
  if (!(rate > 0)) return undefined;
  const broadcast = (Math.ceil(rate) * 1000) / 1001; // told as 23.98: rounded, the sound would run away over an hour
  return broadcast.toFixed(2) === told ? broadcast : rate;
}

function finished(
  program: string,
  args: readonly string[],
  cwd?: string,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], ...(cwd !== undefined && { cwd }) });
    let stderr = "";
    child.stderr.on("data", (part: Buffer) => {
      stderr = (stderr + part.toString()).slice(-65_536);
    });
    child.on("error", (cause) =>
      failed(new VqganClipError("IO_FAILED", `ffmpeg: ${cause.message}`, undefined, { cause })),
    );
    child.on("close", (code) => done({ code, stderr }));
  });
}
