/** Augmentations as people write them on one line: `hflip,affine:30,noise:0.1`, or a preset's name, or `none`. */
import { VqganClipError } from "../core/errors.js";
import type { Augmentation } from "./augmentations.js";
import { formsOf, type KindList, parseKinds } from "./kind-list.js";
import { type PresetName, presetNames, presets } from "./presets.js";
import { augmentationSchema } from "./setting-parts.js";

const list: KindList<Augmentation> = {
  name: "augment",
  noun: "augmentation",
  schema: augmentationSchema,
  instead: `none, a preset (${presetNames.join(", ")})`,
  usual,
};

/** What may be written for each kind. */
export const augmentationForms: readonly string[] = formsOf(list);

/**
 * Values left out are as in the first preset that uses the kind.
 *
 * @throws BAD_ARGUMENT naming the entry and what may be written
 */
export function parseAugmentations(source: string): Augmentation[] {
  const text = source.trim();
  if (text === "none") return [];
  if (presetNames.includes(text as PresetName)) return [...presets[text as PresetName].augmentations];
  return parseKinds(list, text);
}

function usual(kind: string): Augmentation {
  for (const preset of presetNames) {
    const found = presets[preset].augmentations.find((augmentation) => augmentation.kind === kind);
    if (found) return found;
  }
  throw new VqganClipError("BAD_ARGUMENT", `augment: no preset shows what ${kind} usually is`);
}
