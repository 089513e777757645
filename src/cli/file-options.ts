/** Options of the files that a run writes, and where they go. */
import { type Command, Option } from "commander";
import { culledBy, type Generator, solidOf, svgOf } from "../models/generator.js";
import { meshEndings } from "../models/mesh/options.js";
import type { MetadataLevel } from "../sessions/metadata.js";
import { wholeNumber } from "./options.js";
import type { Output } from "./outputs.js";
import { addReportOptions } from "./run-options.js";

/** Steps between two checkpoints. */
const CHECKPOINT_EVERY = 50;

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
      "every loss of every step at full precision: .ndjson, or .csv as a table with the seconds and the learning rate (default: none)",
    )
    .option("--plot <svg>", "the losses as curves (default: none)");
  return addReportOptions(command, "the PNG says of itself");
}

/** For commands whose generator may draw shapes. */
export function addShapeOptions(command: Command): Command {
  return command
    .option("--svg <file>", "the drawing as an SVG too, with --generator strokes (default: none)")
    .option("--film <webp>", "the drawing as its strokes appear, a WebP that moves (default: none)")
    .option(
      "--mesh <file>",
      "the mesh with its colours too, .obj, .ply or .glb, with --generator mesh:FILE (default: none)",
    )
    .option("--turntable <webp>", "the mesh from all round as a WebP that moves (default: none)");
}

/** Files of shapes, beside the picture. */
export interface ShapeFiles {
  readonly svg?: string | undefined;
  readonly film?: string | undefined;
  readonly mesh?: string | undefined;
  readonly turntable?: string | undefined;
}

export const shapeFiles = ({ svg, film, mesh, turntable }: ShapeFiles): ShapeFiles => ({ svg, film, mesh, turntable });

/** @throws BAD_ARGUMENT unless the generator has what files are asked of */
export function requireShapes(generator: Generator, { svg, film, mesh, turntable }: ShapeFiles): void {
  if (svg !== undefined) svgOf(generator, "--svg");
  if (film !== undefined) culledBy(generator, "--film");
  if (mesh !== undefined) solidOf(generator, "--mesh");
  if (turntable !== undefined) solidOf(generator, "--turntable");
}

/** For commands that begin a session. */
export function addKeepOption(command: Command): Command {
  return command.addOption(
    new Option("--keep-every <n>", "keep the state of every so many steps, for resume --at (default: none)").argParser(
      (text) => wholeNumber(text, 1, 1_000_000),
    ),
  );
}

export interface FileFlags extends ShapeFiles {
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
  svg,
  film,
  mesh,
  turntable,
}: Pick<FileFlags, "output" | "saveState" | "trace" | "plot" | keyof ShapeFiles>): Output[] {
  return [
    ...(output === undefined || output === "-" ? [] : [{ flag: "-o", path: output, endings: [".png"] }]),
    ...(saveState === undefined ? [] : [{ flag: "--save-state", path: saveState, endings: [".vqclip"] }]),
    ...(trace === undefined ? [] : [{ flag: "--trace", path: trace, endings: [".ndjson", ".jsonl", ".csv"] }]),
    ...(plot === undefined ? [] : [{ flag: "--plot", path: plot, endings: [".svg"] }]),
    ...(svg === undefined ? [] : [{ flag: "--svg", path: svg, endings: [".svg"] }]),
    ...(film === undefined ? [] : [{ flag: "--film", path: film, endings: [".webp"] }]),
    ...(mesh === undefined ? [] : [{ flag: "--mesh", path: mesh, endings: meshEndings }]),
    ...(turntable === undefined ? [] : [{ flag: "--turntable", path: turntable, endings: [".webp"] }]),
  ];
}
