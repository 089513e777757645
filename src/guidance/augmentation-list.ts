/** Augmentations as people write them on one line: `hflip,affine:30,noise:0.1`, or a preset's name, or `none`. */
import { VqganClipError } from "../core/errors.js";
import type { Augmentation } from "./augmentations.js";
import { type PresetName, presetNames, presets } from "./presets.js";
import { augmentationSchema } from "./settings.js";

/** Each kind's fields in order, without `kind`. */
const fields = new Map<string, readonly string[]>(
  augmentationSchema.options.map(({ shape }) => [
    shape.kind.value,
    Object.keys(shape).filter((field) => field !== "kind"),
  ]),
);

/** `affine:degrees:translate:shear:p` and so on: what may be written for each kind. */
export const augmentationForms: readonly string[] = [...fields].map(([kind, names]) => [kind, ...names].join(":"));

/**
 * Values follow the kind in the order of its fields, or by name (`affine:30:p=1`); those left out are as in the first
 * preset that uses the kind.
 *
 * @throws BAD_ARGUMENT naming the entry and what may be written
 */
export function parseAugmentations(source: string): Augmentation[] {
  const text = source.trim();
  if (text === "none") return [];
  if (presetNames.includes(text as PresetName)) return [...presets[text as PresetName].augmentations];
  return text.split(",").map((entry) => parseEntry(entry.trim()));
}

function parseEntry(entry: string): Augmentation {
  const [kind = "", ...values] = entry.split(":").map((part) => part.trim());
  const names = fields.get(kind);
  if (!names) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `augment: "${kind}" is no augmentation`,
      `write none, a preset (${presetNames.join(", ")}), or a list of ${[...fields.keys()].join(", ")}`,
    );
  }
  const chosen: Record<string, unknown> = { ...usual(kind) };
  values.forEach((value, i) => {
    const [, name = names[i], number = ""] = /^(?:([a-zA-Z]+)=)?(.*)$/.exec(value) ?? [];
    if (name === undefined || !names.includes(name) || number === "" || !Number.isFinite(Number(number))) {
      throw new VqganClipError(
        "BAD_ARGUMENT",
        `augment: "${value}" in "${entry}" is no value of ${kind}`,
        `write ${[kind, ...names].join(":")}`,
      );
    }
    chosen[name] = Number(number);
  });
  const parsed = augmentationSchema.safeParse(chosen);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new VqganClipError("BAD_ARGUMENT", `augment: "${entry}": ${issue?.path.join(".")}: ${issue?.message}`);
  }
  return parsed.data;
}

function usual(kind: string): Augmentation {
  for (const preset of presetNames) {
    const found = presets[preset].augmentations.find((augmentation) => augmentation.kind === kind);
    if (found) return found;
  }
  throw new VqganClipError("BAD_ARGUMENT", `augment: no preset shows what ${kind} usually is`);
}
