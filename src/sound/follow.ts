/** Prompts and settings that follow a sound: formulas, and lines of a song at their times, both written as keyframes. */
import { requires, VqganClipError } from "../core/errors.js";
import { nearest } from "../core/nearest.js";
import { namesTrack, parseFormula } from "./formula.js";
import { type Tracks, trackNames } from "./tracks.js";

/** When the frames of a film begin: the step after so many done ones, for each frame. */
export type FrameSteps = readonly number[];

/** The steps at which a film's frames begin. @param first steps of the first frame @param every of each other */
export function frameSteps(frames: number, first: number, every: number): FrameSteps {
  return Array.from({ length: frames }, (_, frame) => (frame === 0 ? 0 : first + (frame - 1) * every));
}

/** Where formulas may stand in a text: behind a mark, up to the next of some separators. */
interface Place {
  readonly behind: RegExp;
  /** Digits behind the point of values */
  readonly digits: number;
  /** Whether it may be 0 in every frame */
  readonly mayRest: boolean;
}

const weights = { digits: 3, mayRest: false } as const;
const places = {
  prompts: { ...weights, behind: /(?<!\\)(:)([^|^:]*)/g },
  pictureRegularizers: { ...weights, behind: /(:)([^,:]*)/g },
  rewards: { ...weights, behind: /(?<!\\)(:)([^|:]*)/g },
  courses: { digits: 6, mayRest: true, behind: /(=)([^,]*)/g },
} as const satisfies Readonly<Record<string, Place>>;

/** What of a run may be written with formulas. */
export type Following = keyof typeof places;

/** Texts in which formulas stand, with keyframes in their place; other texts stay. @throws BAD_ARGUMENT on a wrong formula */
export function withKeyframes(
  text: string,
  tracks: Tracks,
  steps: FrameSteps,
  following: Following = "prompts",
): string {
  const { digits, mayRest } = places[following];
  return replaced(text, following, (formula) => {
    const values = steps.map((_, frame) => parseFormula(formula)(tracks, frame));
    const rests = !mayRest && values.every((value) => value === 0);
    requires(
      values.every(Number.isFinite) && !rests,
      "BAD_ARGUMENT",
      () => `formula: "${formula.trim()}" is ${rests ? "0 in every frame" : "not finite"}`,
      `add a number, such as ${formula.trim()}+0.1`,
    );
    return keyframes(
      values.map((value) => Number(value.toFixed(digits))),
      steps,
    );
  });
}

/** The same with 1 in the place of formulas, for a first look at texts. @throws BAD_ARGUMENT on a wrong formula */
export function withoutFormulas(text: string, following: Following = "prompts"): string {
  return replaced(text, following, (formula) => {
    parseFormula(formula);
    return "1";
  });
}

/** The first formula of a prompt, or of what is written like one. */
export function formulaIn(text: string): string | undefined {
  const found: string[] = [];
  replaced(text, "prompts", (formula) => {
    found.push(formula.trim());
    return "1";
  });
  return found[0];
}

/** Formulas are what stands in their place with names of tracks for its only words. */
function replaced(text: string, following: Following, made: (formula: string) => string): string {
  return text.replace(places[following].behind, (whole, mark: string, given: string) => {
    const words = given.match(/[a-z]+/gi) ?? [];
    const isTrack = (word: string) => (trackNames as readonly string[]).includes(word);
    const isFormula = (namesTrack(given) && words.every(isTrack)) || isMisspelt(given, words);
    const [space = ""] = /\s*$/.exec(given) ?? [];
    return isFormula ? `${mark}${made(given)}${space}` : whole;
  });
}

/** Whether it has a formula's signs, and words that are all but tracks' names: `bas*0.8`. */
function isMisspelt(given: string, words: readonly string[]): boolean {
  const counts = /\d\s*[*/]|[*/]\s*[.\d]/.test(given);
  return counts && words.length > 0 && words.every((word) => nearest(word.toLowerCase(), trackNames, 1).length > 0);
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
