/** Weights that may change over a run: a number, or keyframes between which it runs linearly. */
import { requires } from "../core/errors.js";

export interface Keyframe {
  readonly value: number;
  /** Where it holds: steps done (0 for the first step), or a share of the run, 0 for its first step and 1 for its last. */
  readonly at: number;
  readonly unit: "steps" | "share";
}

export type Weight = number | readonly Keyframe[];

const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?`;
/** Of a text without blanks at its ends. */
const KEY = new RegExp(String.raw`^(${NUMBER})(?:\s*@\s*(\d+(?:\.\d*)?)(%?))?$`, "i");

export const WEIGHT_FORM = "a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400";

/** Reads keyframes that are not 0 throughout, see `parseKeyframes`. @returns undefined when the text is none, or its values are all 0 */
export function parseWeight(text: string): Weight | undefined {
  const weight = parseKeyframes(text);
  return weight !== undefined && strongest(weight) !== 0 ? weight : undefined;
}

/**
 * Reads `0.5`, `0.2->1`, `0@0%->1@50%->0@100%` or `0@100->1@200`: a value, and after `@` the step or the share of the run
 * where it holds. Values without a place are spread evenly, the first at the beginning and the last at the end.
 *
 * @returns undefined when the text is none of these: a value is not finite, places do not rise or go beyond 100 %, or only
 *   some of the values between the ends have a place
 */
export function parseKeyframes(text: string): Weight | undefined {
  const keys = text.split("->").map((part) => KEY.exec(part.trim()));
  const values = keys.map((key) => Number(key?.[1] ?? Number.NaN));
  if (!values.every(Number.isFinite)) return undefined;
  if (keys.length === 1) return keys[0]?.[2] === undefined ? values[0] : undefined;
  const last = keys.length - 1;
  const bare = keys.every((key) => key?.[2] === undefined);
  const frames: Keyframe[] = [];
  for (const [i, key] of keys.entries()) {
    const [, , place, percent] = key as RegExpExecArray;
    const value = values[i] as number;
    if (place !== undefined) frames.push({ value, ...(percent ? share(Number(place) / 100) : steps(Number(place))) });
    else if (bare || i === 0 || i === last) frames.push({ value, ...share(i / last) });
    else return undefined;
  }
  const reached = { steps: Number.NEGATIVE_INFINITY, share: Number.NEGATIVE_INFINITY };
  const fine = frames.every(({ at, unit }) => {
    const rises = at > reached[unit] && (unit === "steps" ? Number.isSafeInteger(at) : at <= 1);
    reached[unit] = at;
    return rises;
  });
  return fine ? frames : undefined;
}

const share = (at: number) => ({ at, unit: "share" }) as const;
const steps = (at: number) => ({ at, unit: "steps" }) as const;

/** The inverse of `parseWeight`. */
export function formatWeight(weight: Weight): string {
  if (typeof weight === "number") return String(weight);
  const place = ({ at, unit }: Keyframe) => (unit === "share" ? `${Number((100 * at).toPrecision(12))}%` : String(at));
  return weight.map((key) => `${key.value}@${place(key)}`).join("->");
}

/** The weight in the step that follows `step` done ones, of a run of `total` steps. */
export function weightAt(weight: Weight, step: number, total: number): number {
  if (typeof weight === "number") return weight;
  const placed = weight.map(({ value, at, unit }) => ({ value, at: unit === "share" ? at * (total - 1) : at }));
  const before = placed.findLastIndex(({ at }) => at <= step);
  const [from, to] = [placed[Math.max(before, 0)] as Keyframe, placed[before + 1]];
  if (before < 0 || to === undefined) return from.value;
  return from.value + ((step - from.at) / (to.at - from.at)) * (to.value - from.value);
}

/** Whether a weight depends on how many steps a run has in all. */
export function followsLength(weight: Weight): boolean {
  return typeof weight !== "number" && weight.some(({ unit }) => unit === "share");
}

/** The value that is farthest from 0: what a weight is at its strongest. */
export function strongest(weight: Weight): number {
  if (typeof weight === "number") return weight;
  return weight.reduce((most, { value }) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
}

/** A weight as settings hold it: a number, or the text of its keyframes. @throws BAD_ARGUMENT */
export function weightOf(setting: number | string): Weight {
  const weight = typeof setting === "number" ? setting : parseWeight(setting);
  requires(weight !== undefined, "BAD_ARGUMENT", () => `weight: "${setting}" is none`, `write ${WEIGHT_FORM}`);
  return weight;
}

/** The inverse of `weightOf`. */
export function weightSetting(weight: Weight): number | string {
  return typeof weight === "number" ? weight : formatWeight(weight);
}
