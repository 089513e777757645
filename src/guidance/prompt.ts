/** Prompts as people write them: `text:weight:stop`, joined by `|` (paper section 2.5 and the reference notebook). */
import { requires } from "../core/errors.js";

export interface Prompt {
  readonly text: string;
  /** Strength; negative pushes the picture away. Default 1. */
  readonly weight: number;
  /** The gradient of this prompt ends once `sign(weight) * distance` falls below it. Default -Infinity: never. */
  readonly stop: number;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NUMBER_LIKE = /^([+-.\d]|nan$|[+-]?inf)/i;
const INFINITE = /^-inf(inity)?$/i;

/**
 * Parses `"a castle | oil painting:0.5 | text:-0.3:-0.2"`.
 *
 * A colon belongs to the text unless a number follows it, so "Dune: part two" is safe; so is a time of day ("at 10:30").
 * `\:` and `\|` are always text.
 *
 * @throws BAD_PROMPT on an empty prompt, a weight that is no finite number, or a weight of zero
 */
export function parsePrompts(source: string): Prompt[] {
  const parts = splitOn(source, "|");
  return parts.map((part) => parsePrompt(part, parts.length > 1 ? ` in "${source.trim()}"` : ""));
}

/** The texts of a run's settings; none where it is drawn to other things only. */
export function textPrompts({ prompts }: { readonly prompts: string }): Prompt[] {
  return prompts === "" ? [] : parsePrompts(prompts);
}

function parsePrompt(source: string, where: string): Prompt {
  const fields = splitOn(source, ":");
  const numbers: string[] = [];
  while (fields.length > 1 && numbers.length < 2 && isNumberField(fields))
    numbers.unshift((fields.pop() as string).trim());
  const text = fields
    .join(":")
    .replace(/\\([:|])/g, "$1")
    .trim();
  requires(
    text !== "",
    "BAD_PROMPT",
    () => `prompt: the text is empty${where}`,
    'write what to see, such as "a red apple"',
  );
  const [weight = "1", stop = "-inf"] = numbers;
  const hint = 'write text:weight:stop, such as "a red apple:0.5", or \\: for a colon that belongs to the text';
  requires(NUMBER.test(weight), "BAD_PROMPT", () => `prompt: weight "${weight}" of "${text}" is no number`, hint);
  requires(
    NUMBER.test(stop) || INFINITE.test(stop),
    "BAD_PROMPT",
    () => `prompt: stop "${stop}" of "${text}" is no number`,
    hint,
  );
  requires(
    Number(weight) !== 0 && Number.isFinite(Number(weight)),
    "BAD_PROMPT",
    () => `prompt: weight ${weight} of "${text}" must be finite and not zero`,
    "leave the prompt out instead",
  );
  return { text, weight: Number(weight), stop: INFINITE.test(stop) ? Number.NEGATIVE_INFINITY : Number(stop) };
}

/** Whether the last field is meant as a number: it starts like one and does not end a time of day. */
function isNumberField(fields: readonly string[]): boolean {
  const last = (fields.at(-1) as string).trim();
  const isTime = /\d$/.test(fields.at(-2) as string) && /^[0-5]\d$/.test(fields.at(-1) as string);
  return !isTime && (last === "" || NUMBER_LIKE.test(last));
}

/** Splits on a separator that no backslash precedes; backslashes stay. */
function splitOn(source: string, separator: "|" | ":"): string[] {
  return source.split(separator === "|" ? /(?<!\\)\|/ : /(?<!\\):/);
}

/** The inverse of `parsePrompts`, for metadata. */
export function formatPrompts(prompts: readonly Prompt[]): string {
  return prompts.map(formatPrompt).join(" | ");
}

function formatPrompt({ text, weight, stop }: Prompt): string {
  const escaped = text.replace(/[:|]/g, "\\$&");
  if (stop !== Number.NEGATIVE_INFINITY) return `${escaped}:${weight}:${stop}`;
  return weight === 1 ? escaped : `${escaped}:${weight}`;
}
