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

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NUMBER_LIKE = /^([+-.\d]|nan$|[+-]?inf)/i;
const INFINITE = /^-inf(inity)?$/i;

/**
 * Parses `"a castle | oil painting:0.5 | text:-0.3:-0.2"`, and stories: scenes joined by `^`.
 *
 * A colon belongs to the text unless a number follows it, so "Dune: part two" is safe; so is a time of day ("at 10:30").
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

/** One prompt, in which `|` and `^` are text: what a file's name may hold. @throws BAD_PROMPT */
export function parsePrompt(source: string, where = ""): Omit<Prompt, "scene"> {
  const fields = splitOn(source, ":");
  const numbers: string[] = [];
  while (fields.length > 1 && numbers.length < 2 && isNumberField(fields))
    numbers.unshift((fields.pop() as string).trim());
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

/** Whether the last field is meant as a number: it starts like one and does not end a time of day. */
function isNumberField(fields: readonly string[]): boolean {
  const last = (fields.at(-1) as string).trim();
  const isTime = /\d$/.test(fields.at(-2) as string) && /^[0-5]\d$/.test(fields.at(-1) as string);
  return !isTime && (last === "" || NUMBER_LIKE.test(last));
}

/** Splits on a separator that no backslash precedes; backslashes stay. */
function splitOn(source: string, separator: keyof typeof separators): string[] {
  return source.split(separators[separator]);
}

const separators = { "|": /(?<!\\)\|/, ":": /(?<!\\):/, "^": /(?<!\\)\^/ };
