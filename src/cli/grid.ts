/** `vqgan-clip grid`: many pictures of one idea on a contact sheet, and races of seeds. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { VqganClipError } from "../core/errors.js";
import type { Seed } from "../core/seed.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import { type GridCell, type GridOptions, gridCells } from "../grid.js";
import type { Settings } from "../guidance/settings.js";
import { contactSheet, type SheetCell } from "../image/contact-sheet.js";
import { encodePng } from "../image/png.js";
import { noticeText } from "../pair/notice-text.js";
import type { PictureRun } from "../picture-run.js";
import { type MetadataLevel, markText } from "../sessions/metadata.js";
import type { CreateRequest } from "../vqgan-clip.js";
import { freePath, slug } from "./default-names.js";
import { exitCodes } from "./exit-codes.js";
import { type Axis, axisFrom, seedsFrom, variantOf } from "./grid-axis.js";
import { readingText } from "./notices.js";
import { addModelOptions, addSettingOptions, modelFrom, settingsFrom, wholeNumber } from "./options.js";
import { checkOutputs } from "./outputs.js";
import { pauseOnSignals } from "./pause-on-signals.js";
import { clock, Reporter } from "./reporter.js";
import { addReportOptions, addRunOptions } from "./run-options.js";
import { addTargetOptions, targetsFrom } from "./target-options.js";
import { Writes } from "./writes.js";

interface GridFlags extends Readonly<Record<string, unknown>> {
  readonly seeds: readonly Seed[];
  readonly axis?: Axis;
  readonly race?: number;
  readonly keep: number;
  readonly output?: string;
  readonly pictures?: string;
  readonly metadata: MetadataLevel;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export function addGrid(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("grid")
    .description(
      "Makes a picture for every seed (columns) and every value of an axis (rows), and a sheet of all with scores. In a " +
        "race all seeds of a row begin, and those that score best go on.",
    )
    .argument("[prompts...]", 'what to see; {NAME} stands for the value of axis NAME: "a castle | fog:{weight}"')
    .option("-o, --output <file>", "PNG of the sheet (default: named after the prompt, with -grid)")
    .addOption(
      new Option("--seeds <list>", "seeds, such as 1..8 or 3,5,9").argParser(seedsFrom).default([1, 2, 3, 4], "1..4"),
    )
    .addOption(
      new Option(
        "--axis <name:values>",
        "what differs between rows: a setting's flag, or a word of the prompts, as in weight:0.3,0.6,1, learning-rate:0.05,0.1, style:oil;ink (default: one row)",
      ).argParser(axisFrom),
    )
    .addOption(
      new Option("--race <steps>", "run all seeds of a row this far, the best to the end (default: all)").argParser(
        (text) => wholeNumber(text, 1, 1_000_000),
      ),
    )
    .addOption(
      new Option("--keep <n>", "how many of a row a race keeps")
        .argParser((text) => wholeNumber(text, 1, 1000))
        .default(1, "1"),
    )
    .option("--pictures <dir>", "folder for each picture with its own story, made if it is missing (default: none)");
  addReportOptions(command, "the pictures say of themselves");
  addRunOptions(addModelOptions(addTargetOptions(addSettingOptions(command)))).action(
    async (positional: string[], flags) => finish(await grid(positional, flags)),
  );
}

async function grid(positional: readonly string[], flags: GridFlags): Promise<number> {
  const { seeds, axis, race, keep, pictures, metadata } = flags;
  if (flags.seed !== undefined) {
    throw new VqganClipError("BAD_ARGUMENT", "--seed: a grid has many", "name them: --seeds 1..8");
  }
  const reporter = new Reporter(flags);
  const targets = await targetsFrom(flags);
  const request = { ...settingsFrom(flags, positional), ...(targets.length > 0 && { targets }) } as CreateRequest;
  const variants = axis ? axis.values.map((value) => variantOf(request, axis, value)) : [request];
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await VqganClip.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => reporter.say(noticeText(notice)),
  });
  const rows = variants.map((variant) => vq.resolve(variant).settings);
  const output = flags.output ?? (await freePath(`${slug((rows[0] as Settings).prompts)}-grid.png`));
  await checkOutputs([{ flag: "-o", path: output, endings: [".png"] }]);
  if (pictures !== undefined) await mkdir(pictures, { recursive: true });
  const pause = pauseOnSignals(() => reporter.say("stopping after this step; finished pictures are kept"));
  const began = performance.now();
  const cells: SheetCell[] = [];
  const writes = new Writes(reporter);
  const toldOf = ({ row, column }: { readonly row: number; readonly column: number }) => ({
    seed: seeds[column],
    ...(axis && { [axis.name]: axis.values[row] }),
  });
  const asked = { variants, seeds, ...(race !== undefined && { race: { steps: race, keep } }) };
  try {
    for (const settings of rows) {
      const reading = readingText(settings);
      if (reading !== undefined) reporter.say(reading);
    }
    reporter.begin();
    const onStep: GridOptions["onStep"] = ({ step, losses }, place) =>
      reporter.step(step, (rows[place.row] as Settings).steps, losses, toldOf(place));
    for await (const cell of gridCells(vq, asked, { signal: pause.signal, whenAborted: "return", onStep })) {
      const told = toldOf(cell);
      const { step, out, score } = cell;
      reporter.event("picture", { ...told, step, ...(score !== undefined && { score }), ...(race && { out }) });
      cells.push({ picture: cell.picture, label: labelOf(cell, told) });
      if (pictures === undefined) continue;
      const name = Object.entries(told).map(
        ([key, value]) => `${key}-${String(value).replace(/[^\p{L}\p{M}\p{N}_.-]+/gu, "_")}`,
      );
      const path = await freePath(join(pictures, `${name.join("-")}.png`));
      await writes.attempt(() => cell.run.toPNG(path, { metadata }));
    }
  } finally {
    pause.release();
    reporter.clear();
  }
  const { aborted } = pause.signal;
  const seconds = (performance.now() - began) / 1000;
  const sheet = () => encodePng(contactSheet(cells, seeds.length), markText(metadata));
  const hasSheet = cells.length > 0 && (await writes.attempt(() => writeFileAtomically(output, sheet())));
  const files = hasSheet ? [output] : [];
  reporter.event(aborted ? "paused" : "done", { pictures: cells.length, files, seconds });
  reporter.say(`${cells.length} pictures, ${clock(seconds)}: ${files.join("") || "no sheet was written"}`);
  writes.settle();
  return aborted ? exitCodes.paused : exitCodes.ok;
}

function labelOf({ step, score, out }: GridCell<PictureRun>, told: object): string[] {
  // A long name would push its value off the cell: the value has a line of its own.
  const values = Object.entries(told).flatMap(([name, value]) =>
    name === "seed" ? [`${name} ${value}`] : [name, `${value}`],
  );
  const scored = score === undefined ? "" : score.toFixed(3);
  return [...values, scored, ...(out ? [`out at ${step}`] : [])];
}
