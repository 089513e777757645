/** Frames to a folder and to one file, to the end or to Ctrl-C: the loop of `video` and `style`. */
import { basename, dirname, extname, join, resolve } from "node:path";
import type { Command } from "commander";
import { requires } from "../core/errors.js";
import { requireWritable } from "../files/atomic-write.js";
import type { Settings } from "../guidance/settings.js";
import type { PictureRun } from "../picture-run.js";
import type { MetadataLevel } from "../sessions/metadata.js";
import { type EncodeOptions, type Encoding, encodedEndings, encodeVideo, planEncoding } from "../video/encode-video.js";
import { FrameFolder } from "../video/frame-folder.js";
import type { FrameOptions, VideoFrame } from "../video/moving-video.js";
import type { VqganClip } from "../vqgan-clip.js";
import { freePath } from "./default-names.js";
import { exitCodes } from "./exit-codes.js";
import { readingText } from "./notices.js";
import { numberBetween } from "./options.js";
import { checkOutputs } from "./outputs.js";
import { pauseOnSignals } from "./pause-on-signals.js";
import { clock, type Reporter } from "./reporter.js";
import { addReportOptions } from "./run-options.js";
import { commandLine } from "./run-to-files.js";
import { failureText } from "./writes.js";

export interface FramesFlags {
  readonly output?: string;
  readonly framesDir?: string;
  readonly fps?: number;
  readonly metadata: MetadataLevel;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** What `video` and `style` both write and say. */
export function addFramesOptions(
  command: Command,
  defaults: { readonly output: string; readonly fps: string },
): Command {
  command
    .option(
      "-o, --output <file>",
      `video to write: ${encodedEndings.join(", ")} (default: ${defaults.output}; .webp where there is no ffmpeg)`,
    )
    .option(
      "--frames-dir <dir>",
      "where the frames are kept, and a stopped run goes on from (default: the output's name with -frames)",
    )
    .option("--fps <x>", `frames a second (default: ${defaults.fps})`, (text) => numberBetween(text, 0.1, 240));
  return addReportOptions(command, "the frames say of themselves");
}

/** Where frames and video go. */
export interface Place {
  readonly folder: FrameFolder;
  readonly encoding: Encoding;
}

/** Checks the files and opens the folder, before the work. @throws BAD_ARGUMENT, IO_FAILED */
export async function openPlace(output: string, flags: FramesFlags, reporter: Reporter): Promise<Place> {
  await checkOutputs([{ flag: "-o", path: output, endings: encodedEndings }]);
  const planned = await planEncoding(output);
  const isNamed = flags.output !== undefined && planned.refused === undefined;
  const encoding = isNamed ? planned : { ...planned, path: await freePath(planned.path) };
  if (encoding.refused !== undefined) {
    await requireWritable(encoding.path);
    reporter.say(`note: no ffmpeg was found on PATH, so ${encoding.path} is written, not ${output}`);
  }
  const path = flags.framesDir ?? join(dirname(output), `${basename(output, extname(output))}-frames`);
  return { folder: await FrameFolder.open(path), encoding };
}

/**
 * The run that goes on behind the folder's last frame, or the fresh one where there is none.
 *
 * @throws BAD_ARGUMENT when the folder's frames were made with other settings
 */
export async function continued(vq: VqganClip, fresh: PictureRun, { folder }: Place): Promise<PictureRun> {
  if (folder.session === undefined) return fresh;
  const kept = await vq.open(folder.session);
  const other = differing(kept.settings, fresh.settings);
  requires(
    other === undefined,
    "BAD_ARGUMENT",
    () =>
      `${folder.path} holds ${folder.done} frames made with ${other} ${JSON.stringify(kept.settings[other as keyof Settings])}, asked for is ${JSON.stringify(fresh.settings[other as keyof Settings])}`,
    "ask for the same, or name another --frames-dir or -o",
  );
  return kept;
}

/** How the work is split has no part in the result. */
const immaterial: readonly string[] = ["microBatch", "recompute"] satisfies (keyof Settings)[];

function differing(a: Settings, b: Settings): string | undefined {
  return Object.keys(a).find(
    (name) =>
      !immaterial.includes(name) &&
      JSON.stringify(a[name as keyof Settings]) !== JSON.stringify(b[name as keyof Settings]),
  );
}

export interface FramesWork extends Place, EncodeOptions {
  readonly run: PictureRun;
  /** The frames that remain. */
  readonly frames: (options: FrameOptions) => AsyncIterable<VideoFrame>;
  /** In all. */
  readonly count: number;
  /** Steps done in all when the run's own count is at `step`, and the sum at the end. */
  readonly stepsAt: (step: number, frame: number) => number;
  readonly steps: number;
  readonly reporter: Reporter;
  readonly metadata: MetadataLevel;
  /** The command that goes on, without the program's name. */
  readonly again: readonly string[];
}

/** @returns the exit code */
export async function framesToFiles(work: FramesWork): Promise<number> {
  const { run, folder, encoding, count, reporter, metadata } = work;
  const pause = pauseOnSignals(() => reporter.say("pausing after this step; finished frames are kept"));
  const began = performance.now();
  try {
    if (folder.done < count) {
      const { beganFrom } = await run.state();
      const start = { frames: count, done: folder.done, settings: run.settings, beganFrom };
      reporter.event("start", { ...start, models: await run.models(), device: await run.device() });
      const reading = readingText(run.settings);
      if (reading !== undefined) reporter.say(reading);
      reporter.begin();
      const onStep: FrameOptions["onStep"] = ({ step, losses }) =>
        reporter.step(work.stepsAt(step, folder.done), work.steps, losses);
      let isUnsaved = false;
      for await (const frame of work.frames({ signal: pause.signal, whenAborted: "return", onStep })) {
        const { file, unsaved } = await folder.keep(frame, { metadata });
        reporter.event("frame", { frame: frame.number, file });
        if (unsaved && !isUnsaved)
          reporter.say(`note: the frame is written, its session is not: ${failureText(unsaved)}`);
        isUnsaved = unsaved !== undefined;
      }
      reporter.clear();
    }
    const seconds = (performance.now() - began) / 1000;
    const { seed } = run.settings;
    if (folder.done < count) {
      reporter.event("paused", { frames: folder.done, seed, folder: folder.path, seconds });
      reporter.say(`paused after ${folder.done} of ${count} frames, seed ${seed}, ${clock(seconds)}: ${folder.path}`);
      reporter.say(`go on: ${commandLine(work.again)}`);
      return exitCodes.paused;
    }
    await encodeVideo(folder, encoding, { rate: work.rate, sound: work.sound, soundEnds: work.soundEnds });
    const by = encoding.ffmpeg === undefined ? "animated WebP" : "ffmpeg";
    reporter.event("done", { frames: count, seed, files: [encoding.path], folder: folder.path, by, seconds });
    reporter.say(`${count} frames, seed ${seed}, ${clock(seconds)}: ${resolve(encoding.path)} (${by}), ${folder.path}`);
    if (encoding.refused !== undefined) {
      reporter.say(`for ${encoding.refused} install ffmpeg and give the command again; the frames are kept`);
    }
    return exitCodes.ok;
  } finally {
    pause.release();
    reporter.clear();
    await run.dispose();
  }
}
