/** `vqgan-clip video`: a video from words, whose picture zooms, pans and turns from frame to frame. */
import { type Command, InvalidArgumentError } from "commander";
import { requestedPrompts } from "../guidance/resolve-settings.js";
import { noticeText } from "../pair/notice-text.js";
import {
  createVideo,
  frameCount,
  MAX_FRAMES,
  type VideoRequest,
  videoDefaults,
  videoFrames,
} from "../video/moving-video.js";
import type { VqganClip } from "../vqgan-clip.js";
import { slug } from "./default-names.js";
import { FollowingSettings } from "./following.js";
import { addFramesOptions, continued, type FramesFlags, framesToFiles, openPlace } from "./frames-to-files.js";
import { musicOf } from "./music.js";
import { addModelOptions, addSettingOptions, modelFrom, numberBetween, settingsFrom, wholeNumber } from "./options.js";
import { Reporter } from "./reporter.js";
import { addMemoryOptions } from "./run-options.js";
import { addTargetOptions, targetsFrom } from "./target-options.js";

interface VideoFlags extends FramesFlags, Readonly<Record<string, unknown>> {
  readonly frames?: number;
  readonly stepsPerFrame?: number;
  readonly zoom?: number;
  readonly pan?: readonly [number, number];
  readonly rotate?: number;
  readonly initImage?: string;
  readonly music?: string;
  readonly lyrics?: string;
}

const FPS = 12;

export function addVideo(program: Command, finish: (code: number) => void): void {
  const { frames, stepsPerFrame, zoom, pan, rotate } = videoDefaults;
  const following = new FollowingSettings();
  const command = program
    .command("video")
    .description(
      "Makes a picture, then moves it a little and works on it again, frame by frame. Scenes joined by ^ follow one " +
        "another. The same command again goes on behind the last finished frame.",
    )
    .argument("[prompts...]", 'what to see, such as "a castle ^ a castle in snow"')
    .option("--frames <n>", `how many (default: ${frames})`, (text) => wholeNumber(text, 1, MAX_FRAMES))
    .option("--steps-per-frame <n>", `steps of each frame after the first (default: ${stepsPerFrame})`, (text) =>
      wholeNumber(text, 1, 1_000_000),
    )
    .option("--zoom <x>", `the picture grows by this factor each frame, 0.1 to 10 (default: ${zoom})`, (text) =>
      numberBetween(text, 0.1, 10),
    )
    .option("--pan <x,y>", `it moves by pixels each frame, right and down (default: ${pan.join()})`, pixels)
    .option("--rotate <deg>", `it turns clockwise by degrees each frame (default: ${rotate})`, (text) =>
      numberBetween(text, -180, 180),
    )
    .option("--init-image <file>", "begin at this picture (default: as --start says)")
    .option(
      "--music <file>",
      "sound that goes into the film, which is as long (--frames for less); weights of prompts and what --course names may follow it, such as fog:bass*0.8+0.2 or zoom=1+beat*0.05 (default: none)",
    )
    .option("--lyrics <csv>", "prompts at their times: a line of time,text each (default: none)");
  addFramesOptions(command, { output: "named after the prompt and the seed, .mp4", fps: String(FPS) });
  addMemoryOptions(
    addModelOptions(
      addTargetOptions(
        addSettingOptions(command, "video", (name, text) => following.read(name, text)),
        true,
      ),
    ),
  ).action(async (positional: string[], flags) => finish(await video(positional, flags, following)));
}

async function video(positional: readonly string[], flags: VideoFlags, waiting: FollowingSettings): Promise<number> {
  const { stepsPerFrame, zoom, pan, rotate, initImage, fps = FPS } = flags;
  const reporter = new Reporter(flags);
  const targets = await targetsFrom(flags);
  const music = await musicOf(flags, fps);
  if (!music) waiting.requireNone(targets);
  const frames = music?.frames ?? flags.frames;
  const motion = { frames, stepsPerFrame, zoom, pan, rotate, initImage };
  const given = Object.fromEntries(Object.entries(motion).filter(([, value]) => value !== undefined));
  const named = settingsFrom(flags, positional);
  const asked = { ...named, ...(targets.length > 0 && { targets }), ...given };
  const following = { prompts: named.prompts, targets, settings: waiting };
  const sketch = { ...asked, ...music?.sketch(following) };
  requestedPrompts(sketch, undefined); // before the models are opened: typing errors are told at once
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await VqganClip.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => reporter.say(noticeText(notice)),
  });
  const request = {
    ...asked,
    ...music?.request(following, firstSteps(vq, sketch), stepsPerFrame ?? videoDefaults.stepsPerFrame),
  };
  let fresh = createVideo(vq, request);
  const output = flags.output ?? `${slug(fresh.settings.prompts)}-${fresh.settings.seed}.mp4`;
  const place = await openPlace(output, flags, reporter);
  // A seed that was drawn is the one of the frames that are there already.
  const drawn = request.seed === undefined && place.folder.session !== undefined;
  if (drawn)
    fresh = createVideo(vq, { ...request, seed: (await vq.open(place.folder.session as string)).settings.seed });
  const run = await continued(vq, fresh, place);
  const { settings } = run;
  return framesToFiles({
    ...place,
    run,
    frames: (options) => videoFrames(run, options),
    count: frameCount(settings),
    stepsAt: (step) => step,
    steps: settings.steps,
    rate: fps,
    sound: flags.music,
    soundEnds: true,
    reporter,
    metadata: flags.metadata,
    again: [...process.argv.slice(2), ...(flags.output === undefined ? ["-o", output] : [])],
  });
}

/** Steps of the first frame. */
function firstSteps(
  vq: VqganClip,
  {
    frames: _,
    stepsPerFrame: __,
    zoom: ___,
    pan: ____,
    rotate: _____,
    initImage: ______,
    courses: _______,
    ...settings
  }: VideoRequest,
): number {
  return vq.resolve(settings).settings.steps;
}

function pixels(text: string): [number, number] {
  const parts = text.split(",");
  if (parts.length !== 2) throw new InvalidArgumentError("expected x,y in pixels");
  return [numberBetween(parts[0] as string, -4096, 4096), numberBetween(parts[1] as string, -4096, 4096)];
}
