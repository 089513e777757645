/** `vqgan-clip resume`: a paused or saved run goes on, with the result of one that never stopped. */
import type { Command } from "commander";
import type { Settings } from "../guidance/settings.js";
import { addFileOptions, type FileFlags, outputsOf } from "./generate.js";
import { noticeText } from "./notices.js";
import { addModelOptions, modelArguments, modelFrom, parseSetting, takes } from "./options.js";
import { checkOutputs } from "./outputs.js";
import { Reporter } from "./reporter.js";
import { addRunOptions } from "./run-options.js";
import { runToFiles } from "./run-to-files.js";

interface ResumeFlags extends FileFlags, Readonly<Record<string, unknown>> {
  readonly steps?: number;
  readonly prompts?: string;
  readonly learningRate?: number;
  readonly plateau?: Partial<Settings["plateau"]>;
}

export function addResume(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("resume")
    .summary("go on with a saved run")
    .description("Goes on with a .vqclip session. Nothing changed, it ends with the bytes of a run that never stopped.")
    .argument("<session>", "the .vqclip file")
    .option("-o, --output <file>", "PNG to write, - for stdout (default: the session's name with .png)")
    .option("-i, --steps <n>", `steps in all, ${takes("steps")} (default: the session's)`, (text) =>
      parseSetting("steps", text),
    )
    .option("-p, --prompts <text>", "other prompts from here on (default: the session's)")
    .option(
      "--learning-rate <x>",
      `another step size from here on, ${takes("learningRate")} (default: the session's)`,
      (text) => parseSetting("learningRate", text),
    )
    .option("--plateau <list>", `when to end early, ${takes("plateau")} (default: the session's)`, (text) =>
      parseSetting("plateau", text),
    );
  addFileOptions(addRunOptions(addModelOptions(command))).action(async (session: string, flags) =>
    finish(await resume(session, flags)),
  );
}

async function resume(session: string, flags: ResumeFlags): Promise<number> {
  const png = flags.output ?? `${session.replace(/\.vqclip$/i, "")}.png`;
  const reporter = new Reporter({ ...flags, pictureOnStdout: png === "-" });
  await checkOutputs(outputsOf({ ...flags, output: png }));
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await VqganClip.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => reporter.say(noticeText(notice)),
  });
  const { steps, prompts, learningRate, plateau } = flags;
  const run = await vq.open(session, {
    ...(steps !== undefined && { steps }),
    ...(prompts !== undefined && { prompts }),
    ...(learningRate !== undefined && { learningRate }),
    ...(plateau && { plateau }),
  });
  const pauseSession = flags.saveState ?? session;
  const files = { png, session: flags.saveState, pauseSession, trace: flags.trace };
  const resumeArguments = ["-o", png, ...modelArguments(flags)];
  return runToFiles(run, files, { reporter, metadata: flags.metadata, resumeArguments });
}
