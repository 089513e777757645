/** The terms that hold a picture against an edit's source, or lead it away from there: which of them count, and how much. */
import type { Tensor } from "../graph/tensor.js";
import type { ImageLayers } from "../models/perceptor.js";
import { concat } from "../ops/movement.js";
import { directionLoss, perceptualLoss, structureLoss } from "./losses.js";
import type { Settings } from "./settings.js";

/** Of each cutout; of the whole picture as a perceptor sees it; of the picture itself. A step tells them in this order. */
const terms = {
  cutouts: ["structure", "perceptual", "direction"],
  whole: ["whole"],
  picture: ["content", "edges"],
} as const;
const kinds = Object.keys(terms) as Kind[];
type Kind = keyof typeof terms;
export type KeptTerm<K extends Kind = Kind> = (typeof terms)[K][number];

/** Those that count, in their order; of all kinds, or of one. */
export function keptTerms<K extends Kind = Kind>(settings: Settings, kind?: K): KeptTerm<K>[] {
  const asked: readonly KeptTerm[] = kind ? terms[kind] : kinds.flatMap((each): readonly KeptTerm[] => terms[each]);
  return asked.filter((term) => keptWeight(settings, term) > 0) as KeptTerm<K>[];
}

/** What a term weighs; 0: it is off. */
export function keptWeight(settings: Settings, term: KeptTerm): number {
  const { direction } = settings;
  if (term === "direction") return direction?.weight ?? 0;
  return term === "whole" ? (direction?.whole ?? 0) : settings[term];
}

/** Whether the step looks at each cutout of the source too. */
export function looksAtCutouts(settings: Settings): boolean {
  return keptTerms(settings, "cutouts").some((term) => term !== "direction" || settings.direction?.against === "same");
}

/** What cutouts are held against. */
export interface Original {
  /** The source's same cutouts, where something looks at them */
  readonly cutouts: ImageLayers | undefined;
  /** Embedding [1,E] of the whole source, where something is held against it */
  readonly whole: Tensor | undefined;
}

/** The terms of cutouts, summed over them, without their weights: [1] to [3]. @param way [1,E] between two texts */
export function cutoutLosses(
  seen: ImageLayers,
  { cutouts, whole }: Original,
  settings: Settings,
  way: Tensor | undefined,
): Tensor {
  const { direction, distance } = settings;
  const original = cutouts as ImageLayers;
  const from = () => (direction?.against === "whole" ? (whole as Tensor) : original.embedding);
  const losses = {
    structure: () => structureLoss(seen.embedding, original.embedding, distance),
    perceptual: () => perceptualLoss(seen.layers, original.layers),
    direction: () => directionLoss(seen.embedding, from(), way as Tensor, direction?.threshold),
  };
  return concat(
    keptTerms(settings, "cutouts").map((term) => losses[term]()),
    0,
  );
}
