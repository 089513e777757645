/** The way of an edit as people write it on one line: `a photo <-> a sketch:5,threshold=0.7`, or `none`. */
import { requires } from "../core/errors.js";
import { parsePrompt } from "../prompts/prompt.js";
import type { DirectionRequest } from "./setting-parts.js";

/** What may be written for it. */
export const DIRECTION_FORM =
  "a text <-> another text (* for the prompts), :weight, and fields as in a photo <-> *:9,threshold=0.7,against=whole,whole=0.5";

/** What stands in the place of the second text where the prompts are meant. */
const PROMPTS = "*";
/** Fields stand behind the weight, so that texts may have commas. */
const FIELDS = /(?:\s*,\s*(?:threshold|against|whole)\s*=[^,]*)+$/;

/** @returns null for none; its numbers and names are not checked yet @throws BAD_ARGUMENT, BAD_PROMPT saying what may be written */
export function parseDirection(source: string): DirectionRequest | null {
  const text = source.trim();
  if (text === "none") return null;
  const fields = FIELDS.exec(text)?.[0] ?? "";
  const { text: way, weight, stop } = parsePrompt(text.slice(0, text.length - fields.length));
  const [from = "", to = "", ...more] = way.split("<->").map((side) => side.trim());
  requires(
    from !== "" && to !== "" && more.length === 0 && typeof weight === "number" && stop === Number.NEGATIVE_INFINITY,
    "BAD_ARGUMENT",
    () => `direction: "${text}" is none`,
    `write ${DIRECTION_FORM}`,
  );
  const named = fields
    .split(",")
    .filter((field) => field.trim() !== "")
    .map((field) => field.split("=").map((part) => part.trim()) as [string, string])
    .map(([name, value]) => [name, name === "against" ? value : Number(value)]);
  return { from, to: to === PROMPTS ? null : to, weight, ...Object.fromEntries(named) };
}
