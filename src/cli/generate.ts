/** `vqgan-clip generate`: pictures from words. */
import { type Command, Option } from "commander";
import { requires, VqganClipError } from "../core/errors.js";
import { seedAfter } from "../core/seed.js";
import { readTextInput } from "../files/read-input.js";
import { requestedPrompts } from "../guidance/resolve-settings.js";
import { noticeText } from "../pair/notice-text.js";
import type { PictureRun } from "../picture-run.js";
import type { CreateRequest } from "../vqgan-clip.js";
import { freePath, freeStem, slug, withoutEnding } from "./default-names.js";
import { exitCodes } from "./exit-codes.js";
import {
  addFileOptions,
  addKeepOption,
  addShapeOptions,
  type FileFlags,
  outputsOf,
  requireShapes,
  sessionFiles,
  shapeFiles,
} from "./file-options.js";
import { likenessOf, tellDifferences } from "./like.js";
import { addModelOptions, addSettingOptions, modelArguments, modelFrom, settingsFrom, wholeNumber } from "./options.js";
import { checkOutputs } from "./outputs.js";
import { tellPlan } from "./plan.js";
import { remade } from "./remake.js";
import { Reporter } from "./reporter.js";
import { addRunOptions } from "./run-options.js";
import { type RunReport, runToFiles } from "./run-to-files.js";
import { whileLocked } from "./session-lock.js";
import { addTargetOptions, targetsFrom } from "./target-options.js";

/** Pictures of one command. */
const MOST = 1000;

export function addGenerate(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("generate", { isDefault: true })
    .description(
      "Makes a picture that fits the prompts: text:weight:stop each, several joined by | or as several arguments. The word generate may be left out.",
    )
    .argument("[prompts...]", 'what to see, such as "a castle | oil painting:0.5 | text:-0.3"')
    .option("-o, --output <file>", "PNG to write, - for stdout (default: named after the prompt and the seed)")
    .addOption(
      new Option("-n, --number <n>", "how many pictures, each with the next seed; --output gets the seed as its end")
        .argParser((text) => wholeNumber(text, 1, MOST))
        .default(1, "1"),
    )
    .option(
      "--prompts-file <file>",
      "text with the prompts of a picture in each line; prompts named beside it join all (default: none)",
    )
    .option(
      "--init-image <file>",
      "begin at this picture (default: as --start says); with --like what it was made from",
    )
    .option("--init-codes <file>", "begin at these codes: a JSON list, row by row (default: as --start says)")
    .option("--plan", "say what the run will need, memory and time a step, and end there (default: run)")
    .option("--like <png>", "make this picture again from its metadata; other options change what they name")
    .addOption(
      new Option(
        "--image <png>",
        "with --like, a picture that was painted by hand on its way (default: none)",
      ).argParser((text, others: readonly string[] = []) => [...others, text]),
    );
  addRunOptions(addModelOptions(addTargetOptions(addSettingOptions(command))));
  addFileOptions(addKeepOption(addShapeOptions(command))).action(async (positional: string[], options) =>
    finish(await generate(positional, options)),
  );
}

interface GenerateFlags extends FileFlags, Readonly<Record<string, unknown>> {
  readonly number: number;
  readonly promptsFile?: string;
  readonly initImage?: string;
  readonly initCodes?: string;
  readonly like?: string;
  readonly plan?: boolean;
  readonly image?: readonly string[];
}

async function generate(positional: readonly string[], flags: GenerateFlags): Promise<number> {
  const { number, promptsFile, initImage, like, output, image: images = [] } = flags;
  const reporter = new Reporter({ ...flags, pictureOnStdout: output === "-" });
  const targets = await targetsFrom(flags);
  requires(like !== undefined || images.length === 0, "BAD_ARGUMENT", () => "--image: only --like asks for it");
  const initCodes = flags.initCodes === undefined ? undefined : await codesOf(flags.initCodes);
  const lines = promptsFile === undefined ? [undefined] : await promptLines(promptsFile);
  const requests = lines.map((line) => ({
    ...settingsFrom(flags, line === undefined ? positional : [line, ...positional]),
    ...(targets.length > 0 && like === undefined && { targets }),
  }));
  const likeness = like === undefined ? undefined : await likenessOf(like, { initImage, initCodes, images, targets });
  for (const request of requests) requestedPrompts(request, likeness?.story.settings); // typing errors are told at once
  const isOne = requests.length * number === 1;
  requires(
    isOne || like === undefined,
    "BAD_ARGUMENT",
    () => "--like: it makes one picture",
    "leave -n and --prompts-file out",
  );
  requires(isOne || output !== "-", "BAD_ARGUMENT", () => "-o: stdout takes one picture", "name a file");
  await checkOutputs(outputsOf(flags));
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const { rewards: reward, judgeReward } = likeness?.story.settings ?? {};
  const vq = await VqganClip.fromPretrained({
    ...modelFrom({ ...(likeness && { reward, judgeReward }), ...flags }),
    onNotice: (notice) => reporter.say(noticeText(notice)),
  });
  requireShapes(vq.generator, flags);
  if (likeness) await tellDifferences(likeness.story, vq, reporter);
  const begun: Partial<CreateRequest> = {
    ...(flags.keepEvery !== undefined && { keepEvery: flags.keepEvery }),
    ...(initImage !== undefined && { initImage }),
    ...(initCodes && { initCodes }),
  };
  if (flags.plan) {
    const like = likeness && { like: likeness.story.settings };
    return tellPlan(vq, { ...(requests[0] as CreateRequest), ...begun, ...like }, flags);
  }
  if (likeness) {
    const { run, until } = await remade(vq, likeness, requests[0] ?? {}, flags.keepEvery);
    return written(run, flags, reporter, { until });
  }
  const runs = requests.flatMap((request) => {
    const first = vq.create({ ...request, ...begun });
    const { seed } = first.settings;
    const others = Array.from({ length: number - 1 }, (_, i) => seedAfter(seed, i + 1));
    return [first, ...others.map((other) => vq.create({ ...request, ...begun, seed: other }))];
  });
  const letGo = vq.keepPrograms();
  try {
    for (const [i, run] of runs.entries()) {
      const told = isOne ? undefined : { picture: `${i + 1} of ${runs.length}` };
      const code = await written(run, isOne ? flags : await numbered(run, flags), reporter, { told });
      if (code === exitCodes.ok) continue;
      if (i + 1 < runs.length) reporter.say(`note: ${runs.length - i - 1} more pictures were not begun`);
      return code;
    }
    return exitCodes.ok;
  } finally {
    await letGo();
  }
}

/** @returns the exit code */
async function written(
  run: PictureRun,
  flags: GenerateFlags,
  reporter: Reporter,
  report: Pick<RunReport, "until" | "told">,
): Promise<number> {
  const { prompts, seed } = run.settings;
  const { output, saveState } = flags;
  const isNamed = output !== undefined && output !== "-";
  const stem = isNamed ? withoutEnding(output) : `${slug(prompts)}-${seed}`;
  const unnamed = [...(output === undefined ? [".png"] : []), ...(saveState === undefined ? [".vqclip"] : [])];
  const free = await freeStem(stem, unnamed);
  const png = output ?? `${free}.png`;
  const pauseSession = saveState ?? `${free}.vqclip`;
  await checkOutputs(outputsOf({ ...flags, output: png, saveState: pauseSession }));
  const files = {
    png,
    ...sessionFiles(flags, pauseSession),
    trace: flags.trace,
    plot: flags.plot,
    ...shapeFiles(flags),
  };
  const resumeArguments = ["-o", png, ...modelArguments(flags)];
  return whileLocked(files.session, () =>
    runToFiles(run, files, { reporter, metadata: flags.metadata, resumeArguments, ...report }),
  );
}

/** The files of one picture among several: those named, with its seed; never one that is there. */
async function numbered(run: PictureRun, flags: GenerateFlags): Promise<GenerateFlags> {
  const named = async (path: string) => {
    const stem = withoutEnding(path);
    return freePath(`${stem}-${run.settings.seed}${path.slice(stem.length)}`);
  };
  const own: Record<string, string> = {};
  for (const file of ["output", "saveState", "trace", "plot", "svg", "film", "mesh", "turntable"] as const) {
    const path = flags[file];
    if (path !== undefined) own[file] = await named(path);
  }
  return { ...flags, ...own };
}

/** The lines that say something; those that begin with # are left out. */
async function promptLines(path: string): Promise<string[]> {
  const lines = (await readTextInput(path)).split(/\r\n|\r|\n/).map((line) => line.trim());
  const said = lines.filter((line) => line !== "" && !line.startsWith("#"));
  requires(
    said.length > 0,
    "BAD_FILE",
    () => `--prompts-file: ${path} holds no prompts`,
    "write those of a picture in each line",
  );
  requires(
    said.length <= MOST,
    "OUT_OF_LIMITS",
    () => `--prompts-file: ${path} holds ${said.length} lines, the limit is ${MOST}`,
  );
  return said;
}

async function codesOf(path: string): Promise<number[]> {
  const text = await readTextInput(path);
  const hint = "write a list of whole numbers, row by row";
  try {
    const codes: unknown = JSON.parse(text);
    const flat = Array.isArray(codes) ? codes.flat() : undefined;
    if (flat?.every((code) => Number.isSafeInteger(code))) return flat as number[];
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", `--init-codes: ${path} is not JSON`, hint, { cause });
  }
  throw new VqganClipError("BAD_FILE", `--init-codes: ${path} is no list of whole numbers`, hint);
}
