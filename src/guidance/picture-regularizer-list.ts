/** Regularisers of the picture as people write them on one line: `tv:0.1,symmetry:0.05`, or `none`. */
import { formsOf, type KindList, parseKinds } from "./kind-list.js";
import type { PictureRegularizer } from "./picture-regularizers.js";
import { pictureRegularizerSchema } from "./setting-parts.js";

const usual: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  symmetry: { mirror: "left-right" },
  border: { colour: "#ffffff", width: 5 },
};

const list: KindList<PictureRegularizer> = {
  name: "regularize",
  noun: "regulariser of the picture",
  schema: pictureRegularizerSchema,
  instead: "none",
  usual: (kind) => usual[kind] ?? {},
};

/** What may be written for each kind. */
export const pictureRegularizerForms: readonly string[] = formsOf(list);

/** A palette's colours are joined by `+`, with or without `#`. @throws BAD_ARGUMENT naming the entry and what may be written */
export function parsePictureRegularizers(source: string): PictureRegularizer[] {
  const text = source.trim();
  return text === "none" ? [] : parseKinds(list, text);
}
