/**
 * Foreign text (out of pictures, checkpoints, file names, servers) on its way to people: what a terminal would obey or
 * hide is shown as JSON writes it.
 */

/** Control characters of both sets, marks and overrides of direction, separators of lines; not the tab and the newline. */
const OBEYED = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** The text with tabs and newlines as they are. */
export function escapedText(text: string): string {
  return text.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The text on one line: a value that feigns a line of its own is seen through. */
export function escapedLine(text: string): string {
  return escapedText(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

const signs: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** The text as HTML and SVG want it, between tags and in double quotes. */
export function markupText(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => signs[sign] as string);
}

/** Runtime messages span lines and source paths; one line of it is enough. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
