/** `vqgan-clip generate`: a picture from words. */
import { type Command, Option } from "commander";
import { VqganClipError } from "../core/errors.js";
import { readInput } from "../files/read-input.js";
import { requestedPrompts } from "../guidance/resolve-settings.js";
import { readPngText } from "../image/png-text.js";
import { textPrompts } from "../prompts/prompt.js";
import { changesWithLength } from "../prompts/story.js";
import { type MetadataLevel, readStory, type Story, settingsOfPicture } from "../sessions/metadata.js";
import { differenceText, firstDifference } from "../sessions/model-identity.js";
import type { VqganClip } from "../vqgan-clip.js";
import { noticeText } from "./notices.js";
import { addModelOptions, addSettingOptions, modelArguments, modelFrom, settingsFrom, wholeNumber } from "./options.js";
import { checkOutputs, type Output } from "./outputs.js";
import { tellPlan } from "./plan.js";
import { Reporter } from "./reporter.js";
import { addReportOptions, addRunOptions } from "./run-options.js";
import { runToFiles } from "./run-to-files.js";
import { addTargetOptions, targetsFrom } from "./target-options.js";

/** Steps between two checkpoints. */
const CHECKPOINT_EVERY = 50;

export function addGenerate(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("generate")
    .summary("make a picture from words")
    .description(
      "Makes a picture that fits the prompts: text:weight:stop each, several joined by | or as several arguments.",
    )
    .argument("[prompts...]", 'what to see, such as "a castle | oil painting:0.5 | text:-0.3"')
    .option("-o, --output <file>", "PNG to write, - for stdout (default: named after the prompt and the seed)")
    .option("--init-image <file>", "begin at this picture (default: random codes)")
    .option("--init-codes <file>", "begin at these codes: a JSON list, row by row (default: random codes)")
    .option("--plan", "say what the run will need, memory and time a step, and end there (default: run)")
    .option("--like <png>", "make this picture again from its metadata; other options change what they name");
  addRunOptions(addModelOptions(addTargetOptions(addSettingOptions(command))));
  addFileOptions(addKeepOption(command)).action(async (positional: string[], options) =>
    finish(await generate(positional, options)),
  );
}

/** What runs write and say. @param whenSaved when a session is written that nothing names */
export function addFileOptions(command: Command, whenSaved = "only when paused by Ctrl-C"): Command {
  command
    .option("--save-state <file>", `session (.vqclip) to write at the end (default: ${whenSaved})`)
    .addOption(
      new Option(
        "--checkpoint-every <n>",
        `write the session every so many steps, so that a crash loses no more; 0 for never (default: ${CHECKPOINT_EVERY} where it is written at the end)`,
      ).argParser((text) => wholeNumber(text, 0, 1_000_000)),
    )
    .option(
      "--trace <file>",
      "every loss of every step at full precision: NDJSON, or with .csv a table with the seconds and the learning rate (default: none)",
    )
    .option("--plot <svg>", "the losses as curves (default: none)");
  return addReportOptions(command, "the PNG says of itself");
}

/** For commands that begin a session. */
export function addKeepOption(command: Command): Command {
  return command.addOption(
    new Option("--keep-every <n>", "keep the state of every so many steps, for resume --at (default: none)").argParser(
      (text) => wholeNumber(text, 1, 1_000_000),
    ),
  );
}

export interface FileFlags {
  readonly output?: string;
  readonly saveState?: string;
  readonly checkpointEvery?: number;
  readonly keepEvery?: number;
  readonly trace?: string;
  readonly plot?: string;
  readonly metadata: MetadataLevel;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

interface GenerateFlags extends FileFlags, Readonly<Record<string, unknown>> {
  readonly initImage?: string;
  readonly initCodes?: string;
  readonly like?: string;
  readonly plan?: boolean;
}

async function generate(positional: readonly string[], flags: GenerateFlags): Promise<number> {
  const { initImage, initCodes, like, output, saveState } = flags;
  const reporter = new Reporter({ ...flags, pictureOnStdout: output === "-" });
  const targets = await targetsFrom(flags);
  const request = { ...settingsFrom(flags, positional), ...(targets.length > 0 && { targets }) };
  const source = like === undefined ? undefined : await storyOf(like, { initImage, initCodes });
  requestedPrompts(request, source?.settings); // before the models are opened: typing errors are told at once
  await checkOutputs(outputsOf(flags));
  const { VqganClip: Engine } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await Engine.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => reporter.say(noticeText(notice)),
  });
  if (source) await tellDifferences(source, vq, reporter);
  const full = { ...request, ...(source && { like: settingsOfPicture(source) }) };
  if (flags.plan) return tellPlan(vq, full, flags);
  const run = vq.create({
    ...full,
    ...(flags.keepEvery !== undefined && { keepEvery: flags.keepEvery }),
    ...(initImage !== undefined && { initImage }),
    ...(initCodes !== undefined && { initCodes: await codesOf(initCodes) }),
  });
  const png = output ?? `${slug(run.settings.prompts)}-${run.settings.seed}.png`;
  const pauseSession =
    saveState ??
    `${png === "-" ? `${slug(run.settings.prompts)}-${run.settings.seed}` : png.replace(/\.png$/i, "")}.vqclip`;
  await checkOutputs(outputsOf({ ...flags, output: png, saveState: pauseSession }));
  const resumeArguments = ["-o", png, ...modelArguments(flags)];
  const files = { png, ...sessionFiles(flags, pauseSession), trace: flags.trace, plot: flags.plot };
  return runToFiles(run, files, { reporter, metadata: flags.metadata, resumeArguments });
}

/** Where a run's session goes, and how often on the way. */
export function sessionFiles({ saveState, checkpointEvery }: FileFlags, pauseSession: string) {
  const session = saveState ?? ((checkpointEvery ?? 0) > 0 ? pauseSession : undefined);
  return { session, pauseSession, checkpointEvery: session === undefined ? 0 : (checkpointEvery ?? CHECKPOINT_EVERY) };
}

/** The files that flags name, for checking. */
export function outputsOf({
  output,
  saveState,
  trace,
  plot,
}: Pick<FileFlags, "output" | "saveState" | "trace" | "plot">): Output[] {
  return [
    ...(output === undefined || output === "-" ? [] : [{ flag: "-o", path: output, endings: [".png"] }]),
    ...(saveState === undefined ? [] : [{ flag: "--save-state", path: saveState, endings: [".vqclip"] }]),
    ...(trace === undefined ? [] : [{ flag: "--trace", path: trace }]),
    ...(plot === undefined ? [] : [{ flag: "--plot", path: plot, endings: [".svg"] }]),
  ];
}

async function storyOf(path: string, given: { initImage: unknown; initCodes: unknown }): Promise<Story> {
  const story = readStory(readPngText(await readInput(path)));
  if (!story) {
    throw new VqganClipError(
      "BAD_FILE",
      `--like: ${path} carries no vqgan-clip metadata`,
      "it was made with --metadata full only",
    );
  }
  if (story.changed) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} was made with settings that changed on the way`,
      "resume its session instead",
    );
  }
  if (story.step !== story.settings.steps && changesWithLength(story.settings)) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} was taken at step ${story.step} of ${story.settings.steps}, and its prompts change over the run`,
      "resume its session instead",
    );
  }
  if (story.source) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} is an edit of another picture`,
      "edit that picture again: vqgan-clip edit",
    );
  }
  if (story.settings.targets.some(({ kind }) => kind !== "noise")) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} was drawn to pictures or vectors that it does not hold`,
      "resume its session instead",
    );
  }
  const missing =
    story.beganFrom === "picture" && given.initImage === undefined
      ? "--init-image"
      : story.beganFrom === "codes" && given.initCodes === undefined
        ? "--init-codes"
        : undefined;
  if (missing) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} began at a ${story.beganFrom} of its own`,
      `give it again: ${missing}`,
    );
  }
  return story;
}

async function tellDifferences(source: Story, vq: VqganClip, reporter: Reporter): Promise<void> {
  const madeWith = source.models.filter(({ role }) => role !== "judge"); // it chose the step, which the picture tells
  const other = firstDifference(madeWith, await vq.identities());
  if (other) {
    throw new VqganClipError(
      "BAD_MODEL",
      `--like: the picture was made with ${differenceText(other)}`,
      "name the same weights: --model, or --vqgan and --clip",
    );
  }
  if (source.device !== "cpu") reporter.say(`note: made on ${source.device}; bytes may differ elsewhere`);
}

async function codesOf(path: string): Promise<number[]> {
  const bytes = await readInput(path);
  const hint = "write a list of whole numbers, row by row";
  try {
    const codes: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const flat = Array.isArray(codes) ? codes.flat() : undefined;
    if (flat?.every((code) => Number.isSafeInteger(code))) return flat as number[];
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", `--init-codes: ${path} is not JSON`, hint, { cause });
  }
  throw new VqganClipError("BAD_FILE", `--init-codes: ${path} is no list of whole numbers`, hint);
}

/** A file name from the first prompt: at most 40 of a-z, 0-9 and dashes. */
export function slug(prompts: string): string {
  const text = textPrompts({ prompts })[0]?.text ?? "";
  return (
    text
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .slice(0, 40)
      .replace(/^-+|-+$/g, "") || "picture"
  );
}
