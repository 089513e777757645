/** The results of a notebook in one ZIP. */
import { type Zippable, zipSync } from "fflate";
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import { encodePng } from "../image/png.js";
import { PictureRun } from "../picture-run.js";
import { Grid } from "./grid.js";
import { LossPlot } from "./loss-plot.js";

/** What can be kept; bytes and texts are files of the name that they are given. */
export type Result = PictureRun | Grid | LossPlot | NDArray | Uint8Array | string;

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,99}$/u;

/**
 * Writes results by name: of a run its PNG with its story and its session, of a grid its sheet and each picture, of a plot
 * an SVG, of numbers [3,H,W] a PNG.
 *
 * @returns the names of the entries
 * @throws BAD_ARGUMENT on names that are no file names; IO_FAILED
 */
export async function writeZip(path: string, results: Readonly<Record<string, Result>>): Promise<string[]> {
  const entries: Zippable = {};
  for (const [name, result] of Object.entries(results)) {
    requires(
      NAME.test(name),
      "BAD_ARGUMENT",
      () => `writeZip(): ${JSON.stringify(name)} is no name of a file`,
      "letters, digits, spaces, dots and dashes",
    );
    for (const [entry, bytes] of await filesOf(name, result)) {
      requires(!(entry in entries), "BAD_ARGUMENT", () => `writeZip(): there are two files ${entry}`);
      entries[entry] = [bytes, { level: /\.(png|vqclip)$/.test(entry) ? 0 : 6 }];
    }
  }
  await writeFileAtomically(path, zipSync(entries));
  return Object.keys(entries);
}

type File = readonly [name: string, bytes: Uint8Array];

async function filesOf(name: string, result: Result): Promise<File[]> {
  if (result instanceof PictureRun) {
    return [
      [`${name}.png`, await result.toPNG()],
      [`${name}.vqclip`, await result.save()],
    ];
  }
  if (result instanceof Grid) {
    const { sheet, cells } = result;
    requires(sheet, "BAD_ARGUMENT", () => `writeZip(): the grid ${name} is not made yet`, "await show(grid) first");
    const pictures = cells.map(({ row, column, png }): File => [`${name}-${row + 1}-${column + 1}.png`, png]);
    return [[`${name}.png`, encodePng(sheet)], ...pictures];
  }
  if (result instanceof LossPlot) {
    const { svg } = result;
    requires(svg, "BAD_ARGUMENT", () => `writeZip(): the plot ${name} has no steps`);
    return [[`${name}.svg`, Buffer.from(svg)]];
  }
  if (result instanceof NDArray) return [[`${name}.png`, encodePng(result)]];
  return [[name, typeof result === "string" ? Buffer.from(result) : result]];
}
