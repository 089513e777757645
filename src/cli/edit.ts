/** `vqgan-clip edit`: somebody's picture changed by words, all of it or a part. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import { readInput, STDIN } from "../files/read-input.js";
import { requestedPrompts, USUAL_STRENGTH } from "../guidance/resolve-settings.js";
import { MAX_EDIT_SIDE } from "../masks/edit.js";
import {
  type MaskRecipe,
  maskRecipes,
  maskShare,
  PAPER_DEVIATIONS,
  type Rectangle,
  USUAL_DEVIATIONS,
} from "../masks/mask.js";
import type { MaskDoubt } from "../masks/mask-doubts.js";
import { maskPng } from "../masks/mask-png.js";
import { noticeText } from "../pair/notice-text.js";
import type { VqganClip } from "../vqgan-clip.js";
import { freePath, freeStem, withoutEnding } from "./default-names.js";
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
import {
  addModelOptions,
  addSettingOptions,
  modelArguments,
  modelFrom,
  numberBetween,
  settingsFrom,
  wholeNumber,
} from "./options.js";
import { checkOutputs } from "./outputs.js";
import { Reporter } from "./reporter.js";
import { addRunOptions } from "./run-options.js";
import { runToFiles } from "./run-to-files.js";
import { whileLocked } from "./session-lock.js";
import { addTargetOptions, targetsFrom } from "./target-options.js";

interface EditFlags extends FileFlags, Readonly<Record<string, unknown>> {
  readonly strength?: number;
  readonly mask?: string;
  readonly rect?: Rectangle;
  readonly from?: string;
  readonly to?: string;
  readonly deviations?: number;
  readonly maskEdges?: "on" | "off";
  readonly maskRecipe?: MaskRecipe;
  readonly strictMask?: boolean;
  readonly perceptorWeights?: readonly number[];
  readonly saveMask?: string;
  readonly maxSide?: number;
}

export function addEdit(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("edit")
    .description(
      "Changes a picture of any size towards the prompts and keeps the rest of it: all over, or only where a mask, a " +
        "rectangle or a phrase says. Says at the end what was kept and what was reached.",
    )
    .argument("<picture>", "the picture to edit")
    .argument("[prompts...]", 'what to see instead, such as "a jacket made of fur"')
    .option(
      "-o, --output <file>",
      "PNG to write, - for stdout (default: the picture's name with -edited.png, and a number where that is taken)",
    )
    .option(
      "--strength <x>",
      `how far it may go, 0 to 1: steps, regulariser and structure together (default: as the models recommend, else ${USUAL_STRENGTH})`,
      (text) => fraction(text),
    )
    .addOption(
      new Option(
        "--mask <png>",
        "white may change, black stays; of the picture's size (default: everything may)",
      ).conflicts(["rect", "from"]),
    )
    .addOption(
      new Option("--rect <x,y,w,h>", "the part that may change, in pixels (default: everything)")
        .argParser(rectangle)
        .conflicts(["mask", "from"]),
    )
    .option("--from <phrase>", "change only where the picture shows this (default: everywhere)")
    .option("--to <phrase>", "what to see there; the same as a prompt (default: none)")
    .option(
      "--deviations <x>",
      `how far above the mean --from must stand out; larger finds less (default: ${USUAL_DEVIATIONS}, with --mask-recipe paper ${PAPER_DEVIATIONS})`,
      deviations,
    )
    .addOption(
      new Option(
        "--mask-edges <on|off>",
        "let the mask of --from follow the picture's edges; off is the paper's own soft blob (default: on)",
      ).choices(["on", "off"]),
    )
    .addOption(
      new Option(
        "--mask-recipe <name>",
        "how --from is found: outline is ours, paper the five steps of appendix G.2 and nothing else (default: outline)",
      ).choices(maskRecipes),
    )
    .option(
      "--strict-mask",
      "do nothing, with exit code 2, where there is reason to doubt the mask (default: a warning)",
    )
    .option("--save-mask <png>", "the mask that --from found, to look at and to use with --mask (default: none)")
    .option("--max-side <n>", `work at no more pixels a side than this (default: ${MAX_EDIT_SIDE})`, (text) =>
      wholeNumber(text, 16, 4096),
    );
  addRunOptions(addModelOptions(addTargetOptions(addSettingOptions(command, "edit"))));
  addFileOptions(addKeepOption(addShapeOptions(command))).action(async (picture: string, prompts: string[], flags) =>
    finish(await edit(picture, prompts, flags)),
  );
}

async function edit(picture: string, positional: readonly string[], flags: EditFlags): Promise<number> {
  const { strength, rect, from, to, saveMask, maxSide, saveState } = flags;
  const named = picture === STDIN ? "picture" : withoutEnding(picture);
  const png = flags.output ?? `${await freeStem(`${named}-edited`, [".png", ".vqclip"])}.png`;
  const reporter = new Reporter({ ...flags, pictureOnStdout: png === "-" });
  const targets = await targetsFrom(flags);
  const prompts = to === undefined ? positional : [to, ...positional];
  const request = { ...settingsFrom(flags, prompts), ...(targets.length > 0 && { targets }) };
  requestedPrompts(request, undefined); // before the models are opened: typing errors are told at once
  const pauseSession = saveState ?? (await freePath(`${png === "-" ? named : withoutEnding(png)}.vqclip`));
  await checkOutputs([
    ...outputsOf({ ...flags, output: png, saveState: pauseSession }),
    ...(saveMask === undefined ? [] : [{ flag: "--save-mask", path: saveMask, endings: [".png"] }]),
  ]);
  const image = await readInput(picture);
  const { decodePicture } = await import("../image/decode.js");
  const decoded = await decodePicture(image, picture);
  const { VqganClip: Engine } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await Engine.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => reporter.say(noticeText(notice)),
  });
  requireShapes(vq.generator, flags);
  const mask = from === undefined ? flags.mask : await found(vq, decoded, from, flags, reporter);
  const run = await vq.edit({
    ...request,
    image: decoded,
    ...(flags.keepEvery !== undefined && { keepEvery: flags.keepEvery }),
    ...(strength !== undefined && { strength }),
    ...(mask !== undefined && { mask }),
    ...(rect && { rect }),
    ...(maxSide !== undefined && { maxSide }),
  });
  if (saveMask !== undefined && mask instanceof NDArray) await writeFileAtomically(saveMask, maskPng(mask));
  const files = {
    png,
    ...shapeFiles(flags),
    ...sessionFiles(flags, pauseSession),
    trace: flags.trace,
    plot: flags.plot,
  };
  const resumeArguments = ["-o", png, ...modelArguments(flags)];
  return whileLocked(files.session, () =>
    runToFiles(run, files, { reporter, metadata: flags.metadata, resumeArguments }),
  );
}

async function found(
  vq: VqganClip,
  picture: NDArray,
  phrase: string,
  { deviations, maskEdges, maskRecipe, strictMask, perceptorWeights }: EditFlags,
  reporter: Reporter,
): Promise<NDArray> {
  const { mask, doubts } = await vq.findMask(picture, phrase, {
    ...(maskRecipe !== undefined && { recipe: maskRecipe }),
    ...(deviations !== undefined && { deviations }),
    ...(maskEdges !== undefined && { edges: maskEdges === "on" }),
    ...(perceptorWeights && { perceptorWeights }),
  });
  reporter.say(`note: "${phrase}" was found in ${percent(maskShare(mask))} of the picture`);
  const reasons = doubts.map((doubt) => doubtText(doubt, phrase));
  const hint = "look at it by --save-mask, draw one for --mask, or try other --deviations";
  requires(!strictMask || reasons.length === 0, "BAD_ARGUMENT", () => `--strict-mask: ${reasons.join("; ")}`, hint);
  for (const reason of reasons) reporter.say(`warning: ${reason} (${hint})`);
  return mask;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function doubtText(doubt: MaskDoubt, phrase: string): string {
  if (doubt.kind !== "elsewhere")
    return `the mask of "${phrase}" is ${doubt.kind}: ${percent(doubt.share)} of the picture`;
  const [inside, outside] = [doubt.inside, doubt.outside].map((cosine) => cosine.toFixed(3));
  return `"${phrase}" is probably elsewhere: what the mask holds is no more like it (${inside}) than the rest (${outside})`;
}

const fraction = (text: string) => numberBetween(text, 0, 1);
const deviations = (text: string) => numberBetween(text, -10, 10);

function rectangle(text: string): Rectangle {
  const [, x, y, width, height] = /^(\d+),(\d+),(\d+),(\d+)$/.exec(text.replaceAll(" ", "")) ?? [];
  if (height === undefined) throw new InvalidArgumentError("expected x,y,width,height in pixels");
  return [Number(x), Number(y), Number(width), Number(height)];
}
