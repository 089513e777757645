/** Prompts that follow a sound: formulas as weights, and lines of a song at their times, both written as keyframes. */
import { requires, VqganClipError } from "../core/errors.js";
import { namesTrack, parseFormula } from "./formula.js";
import { type Tracks, trackNames } from "./tracks.js";

/** When the frames of a film begin: the step after so many done ones, for each frame. */
export type FrameSteps = readonly number[];

/** The steps at which a film's frames begin. @param first steps of the first frame @param every of each other */
export function frameSteps(frames: number, first: number, every: number): FrameSteps {
  return Array.from({ length: frames }, (_, frame) => (frame === 0 ? 0 : first + (frame - 1) * every));
}

/** Texts whose weights are formulas, with keyframes in their place; other texts stay. @throws BAD_ARGUMENT on a wrong formula */
export function withKeyframes(text: string, tracks: Tracks, steps: FrameSteps): string {
  return replaced(text, (formula) => {
    const values = steps.map((_, frame) => parseFormula(formula)(tracks, frame));
    requires(
      values.every(Number.isFinite) && values.some((value) => value !== 0),
      "BAD_ARGUMENT",
      () =>
        `formula: "${formula.trim()}" is ${values.every((value) => value === 0) ? "0 in every frame" : "not finite"}`,
      `add a number, such as ${formula.trim()}+0.1`,
    );
    return keyframes(
      values.map((value) => Number(value.toFixed(3))),
      steps,
    );
  });
}

/** The same with weights of 1, for a first look at texts. @throws BAD_ARGUMENT on a wrong formula */
export function withoutFormulas(text: string): string {
  return replaced(text, (formula) => {
    parseFormula(formula);
    return "1";
  });
}

/** Behind a colon up to the next separator, all words being names of tracks. */
function replaced(text: string, made: (formula: string) => string): string {
  return text.replace(/(?<!\\):([^|^:]*)/g, (whole, weight: string) => {
    const words = weight.match(/[a-z]+/gi) ?? [];
    const isFormula = namesTrack(weight) && words.every((word) => (trackNames as readonly string[]).includes(word));
    const [space = ""] = /\s*$/.exec(weight) ?? [];
    return isFormula ? `:${made(weight)}${space}` : whole;
  });
}

/** Values at steps as a weight's text; those that the two beside them say already are left out. */
function keyframes(values: readonly number[], steps: FrameSteps): string {
  const needed = values
    .map((value, i) => ({ value, at: steps[i] as number }))
    .filter(({ value }, i) => i === 0 || i === values.length - 1 || value !== values[i - 1] || value !== values[i + 1]);
  const [only] = needed;
  return needed.length === 1 ? String(only?.value) : needed.map(({ value, at }) => `${value}@${at}`).join("->");
}

/** A line of a song. */
export interface Line {
  readonly seconds: number;
  readonly text: string;
}

const MOST_LINES = 1000;

/**
 * Lines of `time,text`: the time in seconds or as minutes:seconds, a text that may stand in double quotes. A first line without a time is a
 * heading. A line without text ends the one before it.
 *
 * @throws BAD_FILE naming the line
 */
export function parseLines(csv: string, name: string): Line[] {
  const lines: Line[] = [];
  for (const [i, row] of csv.split(/\r?\n/).entries()) {
    if (row.trim() === "") continue;
    const [, minutes = "0", seconds, text] = /^\s*(?:(\d+):)?(\d+(?:\.\d+)?)\s*,(.*)$/.exec(row) ?? [];
    if (seconds === undefined) {
      if (i === 0) continue;
      throw new VqganClipError(
        "BAD_FILE",
        `${name}: line ${i + 1}: expected time,text, found "${row.slice(0, 40)}"`,
        "such as 12.5,a boat or 1:05,a boat",
      );
    }
    const said = (text as string).trim();
    const plain = /^".*"$/.test(said) ? said.slice(1, -1).replaceAll('""', '"') : said;
    const time = 60 * Number(minutes) + Number(seconds);
    requires(
      time >= (lines.at(-1)?.seconds ?? 0),
      "BAD_FILE",
      () => `${name}: line ${i + 1}: ${time} seconds come after ${lines.at(-1)?.seconds}`,
      "sort the lines by their times",
    );
    lines.push({ seconds: time, text: plain });
  }
  requires(
    lines.some(({ text }) => text !== "") && lines.length <= MOST_LINES,
    "BAD_FILE",
    () => `${name}: ${lines.length} lines, 1 to ${MOST_LINES} with text are read`,
    "write time,text in each line",
  );
  return lines;
}

/** Each line as a prompt that is there from its time to that of the next; those beyond the film are left out. @param plain writes a text so that no sign in it steers */
export function promptsOfLines(
  lines: readonly Line[],
  fps: number,
  steps: FrameSteps,
  plain: (text: string) => string,
): string[] {
  const frameAt = (line: Line | undefined) =>
    Math.min(steps.length, line ? Math.floor(line.seconds * fps) : steps.length);
  return lines.flatMap((line, i) => {
    const [from, to] = [frameAt(line), frameAt(lines[i + 1])];
    if (line.text === "" || from >= to) return [];
    const values = steps.map((_, frame) => (frame >= from && frame < to ? 1 : 0));
    return [`${plain(line.text)}:${keyframes(values, steps)}`];
  });
}
