/** The editing benchmark as a table, as a file of figures, and as one page with all pictures. */
import type { NDArray } from "../src/core/ndarray.js";
import { encodePng } from "../src/image/png.js";
import type { Kept, Reached } from "./edit-measures.js";
import type { EditTask } from "./edit-tasks.js";

/** The pictures of a method, one for each task, and the processor's seconds that each took where it was made. */
export interface Column {
  readonly name: string;
  readonly pictures: readonly NDArray[];
  readonly seconds?: number;
}

/** All that is known of it: a row of the table. */
export interface Row extends Column, Kept, Reached {}

const percent = (value: number): string => `${Math.round(100 * value)}`;
/** Where there are no real pictures of the targets, there is no distance to them. */
const told = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(3));
const columns: readonly (readonly [head: string, cell: (row: Row) => string])[] = [
  ["method", ({ name }) => name],
  ["target read, %", ({ accuracy }) => percent(accuracy)],
  ["target over source, %", ({ overSource }) => percent(overSource)],
  ["outside SSIM", ({ ssim }) => ssim.toFixed(3)],
  ["outside layers", ({ layers }) => layers.toFixed(3)],
  ["structure", ({ structure }) => structure.toFixed(4)],
  ["class distance", ({ classDistance }) => told(classDistance)],
  ["mean distance", ({ meanDistance }) => told(meanDistance)],
  ["s an edit", ({ seconds }) => seconds?.toFixed(1) ?? "-"],
];

export function editReport(
  tasks: readonly EditTask[],
  rows: readonly Row[],
): Record<"markdown" | "csv" | "html", string> {
  const head = columns.map(([name]) => name);
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  const line = (parts: readonly string[]) => `| ${parts.join(" | ")} |`;
  const markdown = [head, head.map(() => "---"), ...cells].map(line).join("\n");
  const csv = [head, ...cells].map((parts) => parts.map((part) => part.replace(",", "")).join(",")).join("\n");
  const tag = (name: string, parts: readonly string[]) => parts.map((part) => `<${name}>${part}</${name}>`).join("");
  const table = [tag("th", head), ...cells.map((parts) => tag("td", parts))];
  const pictures = [
    tag("th", ["source → target", ...rows.map(({ name }) => name)]),
    ...tasks.map(({ source, target }, i) =>
      tag("td", [escaped(`${source} → ${target}`), ...rows.map((row) => image(row.pictures[i] as NDArray))]),
    ),
  ];
  const html = `<!doctype html><meta charset="utf-8"><title>Edits</title>
<style>body{font:15px sans-serif;margin:2rem}td,th{padding:.3rem .6rem;text-align:left}img{width:128px;image-rendering:pixelated}</style>
<h1>Edits</h1><table>${tag("tr", table)}</table><table>${tag("tr", pictures)}</table>\n`;
  return { markdown, csv: `${csv}\n`, html };
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const image = (picture: NDArray): string =>
  `<img alt="" src="data:image/png;base64,${Buffer.from(encodePng(picture)).toString("base64")}">`;
