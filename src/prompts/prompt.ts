/** Prompts as people write them: `text:weight:stop`, joined by `|` (paper section 2.5 and the reference notebook). */
import { requires } from "../core/errors.js";
import { parseWeight, WEIGHT_FORM, type Weight } from "./weight.js";

/** A text to be near, as `parsePrompts` reads it. */
export interface Prompt {
  /** What to see. */
  readonly text: string;
  /** Strength; negative pushes the picture away. Default 1. */
  readonly weight: Weight;
  /** The gradient of this prompt ends once `sign(weight) * distance` falls below it. Default -Infinity: never. */
  readonly stop: number;
  /** Which scene of a story it belongs to, 0 for the first. */
  readonly scene: number;
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const NUMBER_LIKE = /^([+-.\d]|nan$|[+-]?inf)/i;
const INFINITE = /^-inf(inity)?$/i;

/**
 * Parses `"a castle | oil painting:0.5 | text:-0.3:-0.2"`, and stories: scenes joined by `^`.
 *
 * A colon belongs to the text unless a number follows it, so "Dune: part two" is safe. Where a digit stands right before
 * the colon and an unsigned number of 1 or more, or a whole one, right behind it, that is a ratio, a score or a time, and
 * text ("in 16:9", "at 10:30", "2.39:1"); a value below 1, a sign or a blank makes it a weight ("unreal 5:0.5", "5: 2").
 * `\:`, `\|` and `\^` are always text. A weight may change over the run (`fog:0->1`, see `parseWeight`).
 *
 * @throws BAD_PROMPT on an empty prompt, a weight that is no finite number, or a weight of zero
 */
export function parsePrompts(source: string): Prompt[] {
  const scenes = splitScenes(source);
  return scenes.flatMap((text, scene) => {
    const parts = splitOn(text, "|");
    const where = parts.length * scenes.length > 1 ? ` in "${source.trim()}"` : "";
    return parts.map((part) => ({ ...parsePrompt(part, where), scene }));
  });
}

/** The scenes of a story, as they are written; one where there is no `^`. */
export function splitScenes(source: string): string[] {
  return splitOn(source, "^");
}

/**
 * Several texts as one, as if joined by `|`: a text without scenes belongs to every scene of the others.
 *
 * @throws BAD_PROMPT when two texts tell stories of different lengths
 */
export function joinPrompts(texts: readonly string[]): string {
  const stories = texts.map(splitScenes);
  const count = stories.reduce((most, { length }) => Math.max(most, length), 1);
  const odd = stories.find(({ length }) => length !== 1 && length !== count);
  requires(
    !odd,
    "BAD_PROMPT",
    () => `prompt: one text has ${count} scenes, another ${odd?.length}`,
    "give each the same number of scenes, or one",
  );
  const scene = (i: number) => stories.map((story) => story[story.length === 1 ? 0 : i]).join(" | ");
  return Array.from({ length: count }, (_, i) => scene(i)).join(" ^ ");
}

/** The texts of a run's settings; none where it is drawn to other things only. */
export function textPrompts({ prompts }: { readonly prompts: string }): Prompt[] {
  return prompts === "" ? [] : parsePrompts(prompts);
}

/** One prompt, in which `|` and `^` are text. @throws BAD_PROMPT */
export function parsePrompt(source: string, where = ""): Omit<Prompt, "scene"> {
  return read(splitPrompt(source, isRatio), where);
}

/** A file's name or a seed with weight and stop: as a prompt, but there are no ratios. @throws BAD_PROMPT */
export function parseAim(source: string): Omit<Prompt, "scene"> {
  return read(
    splitPrompt(source, () => false),
    "",
  );
}

/** A text as a prompt that says just that: its colons, bars and circumflexes are text. */
export function plainPrompt(text: string): string {
  return text.replace(/([:|^])/g, "\\$1");
}

/** Whether a weight is written in a prompt. */
export function hasWeight(source: string): boolean {
  return splitPrompt(source, isRatio).numbers.length > 0;
}

interface SplitPrompt {
  readonly fields: readonly string[];
  /** Of weight and stop, what is written. */
  readonly numbers: readonly string[];
}

/** The last two fields or the last one, where they are numbers that do not belong to the field before them. */
function splitPrompt(source: string, belongs: (field: string, before: string) => boolean): SplitPrompt {
  const fields = splitOn(source, ":");
  for (const first of [fields.length - 2, fields.length - 1]) {
    const numbers = fields.slice(first);
    const isRead =
      first >= 1 && numbers.every(isNumberField) && !belongs(fields[first] as string, fields[first - 1] as string);
    if (isRead) return { fields: fields.slice(0, first), numbers: numbers.map((field) => field.trim()) };
  }
  return { fields, numbers: [] };
}

function read({ fields, numbers }: SplitPrompt, where: string): Omit<Prompt, "scene"> {
  const text = fields
    .join(":")
    .replace(/\\([:|^])/g, "$1")
    .trim();
  requires(
    text !== "",
    "BAD_PROMPT",
    () => `prompt: the text is empty${where}`,
    'write what to see, such as "a red apple"',
  );
  const [weight = "1", stop = "-inf"] = numbers;
  const hint = 'write text:weight:stop, such as "a red apple:0.5", or \\: for a colon that belongs to the text';
  requires(
    NUMBER.test(stop) || INFINITE.test(stop),
    "BAD_PROMPT",
    () => `prompt: stop "${stop}" of "${text}" is no number`,
    hint,
  );
  if (NUMBER.test(weight)) {
    requires(
      Number(weight) !== 0 && Number.isFinite(Number(weight)),
      "BAD_PROMPT",
      () => `prompt: weight ${weight} of "${text}" must be finite and not zero`,
      "leave the prompt out instead",
    );
  }
  const parsed = parseWeight(weight);
  const isSchedule = weight.includes("->");
  requires(
    parsed !== undefined,
    "BAD_PROMPT",
    () => `prompt: weight "${weight}" of "${text}" is no ${isSchedule ? "run of keyframes" : "number"}`,
    isSchedule ? `write ${WEIGHT_FORM}: values not all 0, places that rise` : hint,
  );
  return { text, weight: parsed, stop: INFINITE.test(stop) ? Number.NEGATIVE_INFINITY : Number(stop) };
}

function isNumberField(field: string): boolean {
  const trimmed = field.trim();
  return trimmed === "" || NUMBER_LIKE.test(trimmed);
}

/** `16:9`, `10:30`, `2.39:1`: digits on both sides of the colon, see `parsePrompts`. */
function isRatio(field: string, before: string): boolean {
  const isPlain = /^\d+(\.\d+)?\s*$/.test(field);
  return /\d$/.test(before) && isPlain && (!field.includes(".") || Number(field) >= 1);
}

/** Splits on a separator that no backslash precedes; backslashes stay. */
function splitOn(source: string, separator: keyof typeof separators): string[] {
  return source.split(separators[separator]);
}

const separators = { "|": /(?<!\\)\|/, ":": /(?<!\\):/, "^": /(?<!\\)\^/ };
