/** All that the command line says goes through here, so that no text of others reaches a terminal raw. */
import { escapedLine, escapedText } from "../core/escape.js";

/** Answers: a line each on stdout. */
export function tell(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${escapedLine(line)}\n`);
}

/** An answer for programs: JSON on stdout, on one line unless `indent`. */
export function tellJson(value: unknown, indent?: number): void {
  process.stdout.write(`${escapedText(JSON.stringify(value, null, indent))}\n`);
}

/** Remarks: a line each on stderr. */
export function remark(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${escapedLine(line)}\n`);
}

/** One line on a terminal's stderr in the place of the one before; nothing clears it. @param bar how much of it is coloured */
export function redraw(line = "", bar = 0): void {
  const fitting = escapedLine(line).slice(0, (process.stderr.columns || 80) - 1);
  const cut = Math.min(bar, fitting.length);
  const head = cut > 0 ? `\x1b[36m${fitting.slice(0, cut)}\x1b[39m` : "";
  process.stderr.write(`\r\x1b[K${head}${fitting.slice(cut)}`);
}
