/**
 * Lists of edits of photographs as tasks: `photographs/queries.csv` here, and FlexIT's public one (`dataset/queries.csv` of
 * facebookresearch/SemanticImageTranslation) for those who have ImageNet.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NDArray } from "../src/core/ndarray.js";
import { decodePicture } from "../src/image/decode.js";
import { resizePicture } from "../src/image/resize.js";
import { centreSquare } from "../src/perception/perceive.js";
import type { EditTask } from "./edit-tasks.js";

interface Query {
  readonly path: string;
  readonly source: string;
  readonly target: string;
}

/** Pictures of a target beside the edit. */
const REALS = 4;

/**
 * The first `count` of the half that is for tests, or for development.
 *
 * @param file its columns path, source, target and is_test are read, and mask where there is one: a picture, white where the edit may be
 * @param images the folder that paths begin at
 * @param side of the squares that are edited, in pixels
 */
export async function queryTasks(
  { file, images, side, test }: { file: string; images: string; side: number; test: boolean },
  count: number,
): Promise<EditTask[]> {
  const [head = "", ...lines] = (await readFile(file, "utf8")).trim().split(/\r?\n/);
  const names = head.split(",");
  const cell = (line: string, name: string) => line.split(",")[names.indexOf(name)] ?? "";
  const wanted = lines.filter((line) => (cell(line, "is_test") === "True") === test);
  const queries = lines.map((line): Query => ({ path: cell(line, "path"), source: cell(line, "source"), target: cell(line, "target") })); // biome-ignore format: one row
  const classes = [...new Set(queries.flatMap(({ source, target }) => [source, target]))];
  const read = async (path: string): Promise<NDArray> => {
    const picture = await decodePicture(await readFile(join(images, path)), path);
    const [, height, width] = picture.shape as [number, number, number];
    return resizePicture(centreSquare(picture, Math.min(height, width)), side, side, "lanczos3");
  };
  const tasks: EditTask[] = [];
  for (const line of wanted.slice(0, count)) {
    const target = cell(line, "target");
    const mask = cell(line, "mask");
    const real = queries.filter(({ source }) => source === target).slice(0, REALS);
    tasks.push({
      kind: "query",
      picture: await read(cell(line, "path")),
      ...(mask !== "" && { mask: await readMask(join(images, mask), side) }),
      source: cell(line, "source"),
      target,
      others: classes.filter((name) => name !== target),
      real: await Promise.all(real.map(({ path }) => read(path))),
    });
  }
  return tasks;
}

/** uint8 [side,side]: white where it is more white than black. */
async function readMask(path: string, side: number): Promise<NDArray> {
  const picture = await decodePicture(await readFile(path), path);
  const [, height, width] = picture.shape as [number, number, number];
  const square = resizePicture(centreSquare(picture, Math.min(height, width)), side, side, "lanczos3").floats();
  const marks = Uint8Array.from({ length: side * side }, (_, i) => ((square[i] as number) > 0.5 ? 255 : 0));
  return new NDArray("uint8", [side, side], marks);
}
