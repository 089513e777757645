/** The report as one HTML file and as one PNG, each complete in itself. */
import sharp from "sharp";
import type { NDArray } from "../src/core/ndarray.js";
import { encodePng } from "../src/image/png.js";

export interface Cell {
  readonly title: string;
  /** [3,H,W] in 0..1 */
  readonly picture: NDArray;
  readonly lines: readonly string[];
}

export interface Figure {
  readonly title: string;
  readonly about: string;
  readonly rows: readonly (readonly Cell[])[];
}

export interface Table {
  readonly title: string;
  readonly about: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Report {
  readonly title: string;
  /** What made it: weights, settings, how to make it again. */
  readonly about: readonly string[];
  readonly figures: readonly Figure[];
  readonly table: Table;
  /** What is worth telling besides. */
  readonly notes: readonly string[];
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);

export async function htmlReport({ title, about, figures, table, notes }: Report): Promise<string> {
  const parts: string[] = [];
  for (const figure of figures) {
    parts.push(`<h2>${escaped(figure.title)}</h2>\n<p>${escaped(figure.about)}</p>`);
    for (const row of figure.rows)
      parts.push(`<div class="row">${(await Promise.all(row.map(htmlCell))).join("\n")}</div>`);
  }
  const cells = (kind: string, row: readonly string[]) =>
    `<tr>${row.map((text) => `<${kind}>${escaped(text)}</${kind}>`).join("")}</tr>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
body { font: 15px/1.4 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; margin-bottom: 1rem; }
figure { margin: 0; width: 11rem; } img { width: 100%; } figcaption { font-size: 12px; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #ccc; }
li { overflow-wrap: anywhere; }
</style>
<h1>${escaped(title)}</h1>
${list(about)}
${parts.join("\n")}
<h2>${escaped(table.title)}</h2>
<p>${escaped(table.about)}</p>
<table>
${cells("th", table.head)}
${table.rows.map((row) => cells("td", row)).join("\n")}
</table>
${notes.length > 0 ? `<h2>Notes</h2>\n${list(notes)}` : ""}
</html>
`;
}

const list = (lines: readonly string[]): string =>
  `<ul>\n${lines.map((line) => `<li>${escaped(line)}</li>`).join("\n")}\n</ul>`;

async function htmlCell({ title, picture, lines }: Cell): Promise<string> {
  const webp = await sharp(encodePng(picture)).webp({ quality: 90 }).toBuffer();
  const source = `data:image/webp;base64,${webp.toString("base64")}`;
  const caption = [`<b>${escaped(title)}</b>`, ...lines.map(escaped)].join("<br>");
  return `<figure><img src="${source}" alt="${escaped(title)}"><figcaption>${caption}</figcaption></figure>`;
}

const [MARGIN, SIDE, GAP, LINE, WIDTH] = [24, 160, 24, 15, 784];
/** Letters of the usual width that fit into a cell and a line. */
const [CELL_LETTERS, LINE_LETTERS] = [28, 118];

/** The same on one picture, in at most 256 colours. */
export async function pngReport({ title, about, figures, table, notes }: Report): Promise<Uint8Array> {
  const parts: string[] = [];
  let y = MARGIN;
  const write = (text: string, size = 11, bold = false) => {
    for (const line of wrapped(text, Math.floor((LINE_LETTERS * 11) / size))) {
      y += LINE + size - 11;
      parts.push(svgText(line, MARGIN, y, size, bold));
    }
  };
  write(title, 18, true);
  y += 6;
  for (const line of about) write(line);
  for (const figure of figures) {
    y += GAP;
    write(figure.title, 14, true);
    write(figure.about);
    for (const row of figure.rows) {
      y += 10;
      let bottom = y + SIDE;
      row.forEach(({ title: name, picture, lines }, i) => {
        const x = MARGIN + i * (SIDE + GAP);
        const png = Buffer.from(encodePng(picture)).toString("base64");
        parts.push(`<image x="${x}" y="${y}" width="${SIDE}" height="${SIDE}" href="data:image/png;base64,${png}"/>`);
        let at = y + SIDE;
        for (const [number, text] of [name, ...lines].entries()) {
          for (const line of wrapped(text, CELL_LETTERS)) {
            at += LINE;
            parts.push(svgText(line, x, at, 11, number === 0));
          }
        }
        bottom = Math.max(bottom, at);
      });
      y = bottom;
    }
  }
  y += GAP;
  write(table.title, 14, true);
  write(table.about);
  y += 4;
  for (const row of [table.head, ...table.rows]) {
    for (const line of wrapped(row.filter((text) => text !== "").join(" · "), LINE_LETTERS))
      write(line, 11, row === table.head);
  }
  if (notes.length > 0) {
    y += GAP;
    write("Notes", 14, true);
    for (const line of notes) write(line);
  }
  const height = y + MARGIN;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}">` +
    `<rect width="${WIDTH}" height="${height}" fill="white"/>${parts.join("")}</svg>`;
  return sharp(Buffer.from(svg), { unlimited: true }).png({ palette: true, effort: 10 }).toBuffer();
}

function svgText(text: string, x: number, y: number, size: number, bold: boolean): string {
  const weight = bold ? ' font-weight="bold"' : "";
  return `<text x="${x}" y="${y}" font-family="sans-serif" font-size="${size}"${weight}>${escaped(text)}</text>`;
}

/** Lines of at most `letters`, cut at spaces where there are any. */
function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > letters) {
    const space = rest.lastIndexOf(" ", letters);
    const end = space > 0 ? space : letters;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
