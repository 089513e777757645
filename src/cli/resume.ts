/** `vqgan-clip resume`: a saved run goes on, with the result of one that never stopped, or branches off. */
import { type Command, Option } from "commander";
import { requires, VqganClipError } from "../core/errors.js";
import type { Seed } from "../core/seed.js";
import { STDIN } from "../files/read-input.js";
import type { Settings } from "../guidance/settings.js";
import { noticeText } from "../pair/notice-text.js";
import type { PictureRun } from "../picture-run.js";
import { type OptimizerPolicy, optimizerPolicies } from "../sessions/paint.js";
import type { SessionChanges } from "../sessions/session-tree.js";
import { freePath } from "./default-names.js";
import {
  addFileOptions,
  addShapeOptions,
  type FileFlags,
  outputsOf,
  requireShapes,
  sessionFiles,
  shapeFiles,
} from "./file-options.js";
import { addModelOptions, modelArguments, modelFrom, parseSetting, takes, wholeNumber } from "./options.js";
import { checkOutputs } from "./outputs.js";
import { Reporter } from "./reporter.js";
import { addRunOptions } from "./run-options.js";
import { runToFiles } from "./run-to-files.js";
import { whileLocked } from "./session-lock.js";

interface ResumeFlags extends FileFlags, Readonly<Record<string, unknown>> {
  readonly steps?: number;
  readonly prompts?: string;
  readonly generatorPrompt?: string;
  readonly learningRate?: number;
  readonly seed?: Seed;
  readonly image?: string;
  readonly mask?: string;
  readonly optimizer?: OptimizerPolicy;
  readonly node?: number;
  readonly at?: number;
  readonly plateau?: Partial<Settings["plateau"]>;
}

export function addResume(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("resume")
    .description(
      "Goes on with a .vqclip session. Nothing changed, it ends with the bytes of a run that never stopped. A picture " +
        "painted over by hand (--image), a kept step (--at) and other prompts begin a new node of the session's tree, " +
        "which inspect shows. The session is written back.",
    )
    .argument("<session>", "the .vqclip file")
    .option(
      "-o, --output <file>",
      "PNG to write, - for stdout (default: the session's name with .png, and a number where that is taken)",
    )
    .option("-i, --steps <n>", `steps in all, ${takes("steps")} (default: the session's)`, (text) =>
      parseSetting("steps", text),
    )
    .option("-p, --prompts <text>", "other prompts from here on (default: the session's)")
    .option("--generator-prompt <text>", "another text for the generator from here on (default: the session's)")
    .option(
      "--learning-rate <x>",
      `another step size from here on, ${takes("learningRate")} (default: the session's)`,
      (text) => parseSetting("learningRate", text),
    )
    .option("--plateau <list>", `when to end early, ${takes("plateau")} (default: the session's)`, (text) =>
      parseSetting("plateau", text),
    )
    .addOption(
      new Option("--seed <n>", "another seed for the views from here on (default: the session's)").argParser((text) =>
        parseSetting("seed", text),
      ),
    )
    .option("--image <png>", "the session's picture, painted over in any editor; of its size (default: as it is)")
    .option("--mask <png>", "white is where it was painted (default: where it differs)")
    .addOption(
      new Option(
        "--optimizer <what>",
        "the optimiser's running averages: kept, begun anew, or anew where it was painted (default: reset-in-mask with --image, else keep)",
      ).choices(optimizerPolicies),
    )
    .addOption(
      new Option("--node <n>", "the node that goes on (default: the last that did)").argParser((text) =>
        wholeNumber(text, 1, 10_000),
      ),
    )
    .addOption(
      new Option("--at <step>", "branch off at this kept step (default: where it stands)").argParser((text) =>
        wholeNumber(text, 0, 1_000_000),
      ),
    );
  addFileOptions(addRunOptions(addModelOptions(addShapeOptions(command))), "the session itself").action(
    async (session: string, flags) => finish(await resume(session, flags)),
  );
}

async function resume(session: string, flags: ResumeFlags): Promise<number> {
  requires(session !== STDIN, "BAD_ARGUMENT", () => "resume: a session is read and written", "name a file");
  const png = flags.output ?? (await freePath(`${session.replace(/\.vqclip$/i, "")}.png`));
  const reporter = new Reporter({ ...flags, pictureOnStdout: png === "-" });
  if (flags.mask !== undefined && flags.image === undefined) {
    throw new VqganClipError("BAD_ARGUMENT", "--mask: it says where --image was painted", "name --image too");
  }
  await checkOutputs(outputsOf({ ...flags, output: png }));
  // From the reading to the last writing: what another process adds in between would be lost.
  return whileLocked(flags.saveState ?? session, () => goOn(session, png, flags, reporter));
}

async function goOn(session: string, png: string, flags: ResumeFlags, reporter: Reporter): Promise<number> {
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await VqganClip.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => reporter.say(noticeText(notice)),
  });
  requireShapes(vq.generator, flags);
  const { steps, prompts, generatorPrompt, learningRate, plateau, seed, node, at } = flags;
  const changes = {
    ...(steps !== undefined && { steps }),
    ...(prompts !== undefined && { prompts }),
    ...(generatorPrompt !== undefined && { generatorPrompt }),
    ...(learningRate !== undefined && { learningRate }),
    ...(seed !== undefined && { seed }),
    ...(plateau && { plateau }),
  };
  const place = { ...(node !== undefined && { node }), ...(at !== undefined && { at }) };
  const { image } = flags;
  // What is painted over is the picture as it was: changes come with the paint, in one node.
  const run = await vq.open(session, { ...place, ...(image === undefined && changes) });
  if (image !== undefined) await paint(run, { ...flags, image }, changes, reporter);
  else if (flags.optimizer) run.resume({ optimizer: flags.optimizer });
  const kept = flags.saveState ?? session;
  const { trace, plot } = flags;
  const files = { png, ...shapeFiles(flags), ...sessionFiles({ ...flags, saveState: kept }, kept), trace, plot };
  const resumeArguments = ["-o", png, ...modelArguments(flags)];
  return runToFiles(run, files, { reporter, metadata: flags.metadata, resumeArguments });
}

async function paint(
  run: PictureRun,
  { image, mask, optimizer }: ResumeFlags & { readonly image: string },
  changes: SessionChanges,
  reporter: Reporter,
): Promise<void> {
  const named = { ...(mask !== undefined && { mask }), ...(optimizer && { optimizer }) };
  const { share } = await run.edit({ ...changes, ...named, image });
  reporter.event("painted", { share });
  reporter.say(`note: ${(100 * share).toFixed(1)} % of the picture was painted`);
}
