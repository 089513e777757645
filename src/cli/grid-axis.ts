/** The axes of a grid, from the command line: seeds, and values of a setting or of a word in the prompts. */
import { InvalidArgumentError } from "commander";
import { VqganClipError } from "../core/errors.js";
import { SEED_FORM, type Seed, seedList } from "../core/seed.js";
import { presetNames } from "../guidance/presets.js";
import { hasWeight } from "../prompts/prompt.js";
import type { CreateRequest } from "../vqgan-clip.js";
import { parseSetting, settingOfFlag } from "./options.js";

export interface Axis {
  readonly name: string;
  readonly values: readonly string[];
}

const MOST = 1000;

/** `1..8`, `3,5,9`, or both: `1..4,9`. */
export function seedsFrom(text: string): Seed[] {
  const seeds = seedList(text, MOST);
  if (seeds) return seeds;
  throw new InvalidArgumentError(`expected seeds such as 1..8 or 3,5,9, rising, none twice, each ${SEED_FORM}`);
}

/** `weight:0.3,0.6,1`; where values have commas of their own, `;` parts them. */
export function axisFrom(text: string): Axis {
  const at = text.indexOf(":");
  const name = text.slice(0, Math.max(0, at)).trim();
  const list = text.slice(at + 1);
  const values = list.split(list.includes(";") ? ";" : ",").map((value) => value.trim());
  if (!/^[a-z][a-z-]*$/.test(name) || values.some((value) => value === "") || values.length > MOST) {
    throw new InvalidArgumentError("expected name:values such as weight:0.3,0.6,1");
  }
  return { name, values };
}

/**
 * The request of a row. `{name}` in the prompts gives way to the value; otherwise the axis is a setting, a preset, or
 * `weight`: that of the last prompt.
 *
 * @throws BAD_ARGUMENT when it is none of these, or no value of its setting
 */
export function variantOf(request: CreateRequest, { name, values }: Axis, value: string): CreateRequest {
  const given = request.prompts ?? [];
  const prompts = typeof given === "string" ? [given] : [...given];
  const place = `{${name}}`;
  if (prompts.some((prompt) => prompt.includes(place))) {
    return { ...request, prompts: prompts.map((prompt) => prompt.replaceAll(place, value)) };
  }
  if (name === "weight" && prompts.length > 0) {
    const last = prompts.pop() as string;
    if (hasWeight(last)) {
      throw new VqganClipError("BAD_ARGUMENT", `--axis: "${last}" has a weight`, "write {weight} in its place");
    }
    return { ...request, prompts: [...prompts, `${last}:${/\d$/.test(last) ? " " : ""}${value}`] };
  }
  if (name === "preset") {
    const preset = presetNames.find((candidate) => candidate === value);
    if (preset) return { ...request, preset };
    throw new VqganClipError("BAD_ARGUMENT", `--axis: there is no preset ${value}`, presetNames.join(", "));
  }
  const setting = settingOfFlag(name);
  if (setting === undefined || setting === "seed" || setting === "prompts") {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--axis: ${name} is no setting, and no prompt has ${place}`,
      `a setting's flag, such as learning-rate:${values.join(",")}, or ${place} in the prompts`,
    );
  }
  try {
    return { ...request, [setting]: parseSetting(setting, value) };
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new VqganClipError("BAD_ARGUMENT", `--axis: ${name} ${value}: ${error.message}`);
  }
}
