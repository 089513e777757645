/** `vqgan-clip style`: a folder of frames or a video file, changed by words, frame after frame alike. */
import { rename, rm, rmdir, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import type { Command } from "commander";
import { requires, VqganClipError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { requestedPrompts, USUAL_STRENGTH } from "../guidance/resolve-settings.js";
import { digestFile } from "../hub/checksum.js";
import { editSource, MAX_EDIT_SIDE } from "../masks/edit.js";
import { noticeText } from "../pair/notice-text.js";
import type { PictureRun } from "../picture-run.js";
import { decodeArguments, findFfmpeg, frameRate, runFfmpeg } from "../video/ffmpeg.js";
import { type FrameFolder, framePaths, makeFolder, readFrames } from "../video/frame-folder.js";
import { createStyle, styleFrames, temporalDefaults } from "../video/style-video.js";
import { addFramesOptions, continued, type FramesFlags, framesToFiles, openPlace } from "./frames-to-files.js";
import { addModelOptions, addSettingOptions, modelFrom, numberBetween, settingsFrom, wholeNumber } from "./options.js";
import { Reporter } from "./reporter.js";
import { addMemoryOptions } from "./run-options.js";
import { addTargetOptions, targetsFrom } from "./target-options.js";

interface StyleFlags extends FramesFlags, Readonly<Record<string, unknown>> {
  readonly strength?: number;
  readonly blend?: number;
  readonly smooth?: number;
  readonly maxSide?: number;
}

const FPS = 12;

export function addStyle(program: Command, finish: (code: number) => void): void {
  const { blend, smooth } = temporalDefaults;
  const command = program
    .command("style")
    .description(
      "Changes every frame of a folder, in the order of their numbers, or of a video file (by ffmpeg) towards the " +
        "prompts, each following the one before. The same command again goes on behind the last finished frame.",
    )
    .argument("<frames>", "folder of pictures, or a video file")
    .argument("[prompts...]", 'what to see, such as "a watercolour painting"')
    .option(
      "--strength <x>",
      `how far it may go, 0 to 1: steps, regulariser and structure together (default: as the models recommend, else ${USUAL_STRENGTH})`,
      share(1),
    )
    .option("--blend <x>", `share of the frame before in the start of each, 0 to 1 (default: ${blend})`, share(1))
    .option(
      "--smooth <x>",
      `share of the frames before in the latent shown, 0 to 0.99 (default: ${smooth})`,
      share(0.99),
    )
    .option("--max-side <n>", `work at no more pixels a side than this (default: ${MAX_EDIT_SIDE})`, (text) =>
      wholeNumber(text, 16, 4096),
    );
  addFramesOptions(command, { output: "the frames' name with -styled.mp4", fps: `a video's own, ${FPS} for a folder` });
  addMemoryOptions(addModelOptions(addTargetOptions(addSettingOptions(command, "style")))).action(
    async (frames: string, prompts: string[], flags) => finish(await style(frames, prompts, flags)),
  );
}

async function style(from: string, positional: readonly string[], flags: StyleFlags): Promise<number> {
  const { strength, blend, smooth, maxSide } = flags;
  const reporter = new Reporter(flags);
  const targets = await targetsFrom(flags);
  const request = {
    ...settingsFrom(flags, positional),
    ...(targets.length > 0 && { targets }),
    ...(strength !== undefined && { strength }),
    ...(maxSide !== undefined && { maxSide }),
    temporal: { ...(blend !== undefined && { blend }), ...(smooth !== undefined && { smooth }) },
  };
  requestedPrompts(request, undefined); // before the models are opened: typing errors are told at once
  const isFolder = await isDirectory(from);
  const ffmpeg = isFolder ? undefined : await decoder(from);
  const trimmed = from.replace(/[\\/]+$/, "");
  const output = flags.output ?? `${isFolder ? trimmed : trimmed.slice(0, -extname(trimmed).length)}-styled.mp4`;
  requires(resolve(output) !== resolve(from), "BAD_ARGUMENT", () => `-o: ${output} is the video that is read`);
  const place = await openPlace(output, flags, reporter);
  requires(
    !isFolder || resolve(place.folder.path) !== resolve(from),
    "BAD_ARGUMENT",
    () => `--frames-dir: ${from} is the folder that is read`,
  );
  const paths = await framePaths(ffmpeg === undefined ? from : await extracted(ffmpeg, from, place.folder, reporter));
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await VqganClip.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => reporter.say(noticeText(notice)),
  });
  const done = place.folder.done;
  requires(
    done <= paths.length,
    "BAD_ARGUMENT",
    () => `${place.folder.path} holds ${done} frames already, ${from} only ${paths.length}`,
    "name another --frames-dir or -o",
  );
  const kept = place.folder.session === undefined ? undefined : await vq.open(place.folder.session);
  const seed = request.seed ?? kept?.settings.seed;
  const first = await pictureOf(paths[0] as string);
  const fresh = await createStyle(vq, first, { ...request, ...(seed !== undefined && { seed }) });
  const run = await continued(vq, fresh, place);
  if (done > 0) await requireSameFrame(run, paths[done - 1] as string);
  const ownRate = ffmpeg === undefined ? undefined : await frameRate(ffmpeg, from);
  const { steps } = run.settings;
  return framesToFiles({
    ...place,
    run,
    frames: (options) => styleFrames(vq, run, readFrames(paths.slice(done)), { ...options, done }),
    count: paths.length,
    stepsAt: (step, frame) => frame * steps + step,
    steps: steps * paths.length,
    rate: flags.fps ?? ownRate ?? FPS,
    sound: ffmpeg !== undefined && flags.fps === undefined ? from : undefined,
    reporter,
    metadata: flags.metadata,
    again: process.argv.slice(2),
  });
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const reason = missing ? "no such file or folder" : (cause as Error).message;
    throw new VqganClipError(missing ? "BAD_FILE" : "IO_FAILED", `cannot read ${path}: ${reason}`, "check the path", {
      cause,
    });
  }
}

async function decoder(video: string): Promise<string> {
  const ffmpeg = await findFfmpeg();
  requires(
    ffmpeg !== undefined,
    "BAD_ARGUMENT",
    () => `${video}: a video file needs ffmpeg, which was not found on PATH`,
    "install it, or give a folder of frames",
  );
  return ffmpeg;
}

/** The folder of a video's frames, named by its bytes and made once: all of them or none. */
async function extracted(ffmpeg: string, video: string, { path }: FrameFolder, reporter: Reporter): Promise<string> {
  const folder = join(path, `source-${(await digestFile(video, "sha256")).slice(0, 12)}`);
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) return folder;
  const unfinished = join(path, "source-unfinished");
  await rm(unfinished, { recursive: true, force: true });
  await makeFolder(unfinished);
  try {
    await runFfmpeg(ffmpeg, decodeArguments(resolve(video)), unfinished);
    await rename(unfinished, folder);
    reporter.say(`note: the frames of ${video} are in ${folder}`);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    await rmdir(path).catch(() => undefined); // it stays when it holds anything
    if ((await frameRate(ffmpeg, video)) !== undefined) throw error; // no fault of the video
    throw new VqganClipError(
      "BAD_FILE",
      `${video}: ${(error as Error).message}`,
      "give a video that plays, or a folder",
    );
  }
  return folder;
}

async function pictureOf(path: string): Promise<NDArray> {
  const frame = await readFrames([path]).next();
  return frame.value as NDArray;
}

/** Whether the last finished frame was made from this file. */
async function requireSameFrame(run: PictureRun, path: string): Promise<void> {
  const { source } = await run.state();
  const { sha256 } = await editSource(await pictureOf(path));
  requires(
    source?.sha256 === sha256,
    "BAD_ARGUMENT",
    () => `${path} is not the frame that the last finished one was made from`,
    "give the same frames, or name another --frames-dir or -o",
  );
}

function share(most: number): (text: string) => number {
  return (text) => numberBetween(text, 0, most);
}
