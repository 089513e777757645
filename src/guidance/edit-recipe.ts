/** How far an edit goes, as settings (paper section 4). */
import { requires } from "../core/errors.js";
import type { Recipe } from "./settings.js";

/** What `editRecipe` decides. */
export type EditRecipe = Pick<Recipe, "steps" | "regularizer" | "structure" | "candidates" | "whiten"> &
  Partial<Pick<Recipe, "noising" | "edges">>;

/**
 * How a generator begins at a picture: at its latent, at its latent under noise, or as a net that repaints it and has no
 * latent of it to be pulled to.
 */
export type EditKind = "latent" | "noised" | "repainted";

/** What edges weigh at strength 0, where a picture is repainted. */
const EDGES = 16;
/** As much of a schedule a step takes at least, and leaves at least of the picture. */
const NOISING = { least: 0.1, most: 0.95 };

/**
 * How far an edit goes, 0..1, as settings: the pull of the latent to where it began and the pull of each cutout to the
 * source's both fall to 0 as strength rises to 1, and steps rise from a fifth of the usual to all.
 *
 * @param steps of a run without a source
 * @param kind noise lies as thick as the strength says (SDEdit, Meng et al. 2022); a picture that is repainted is held by its edges
 * @throws BAD_ARGUMENT
 */
export function editRecipe(strength: number, steps: number, kind: EditKind = "latent"): EditRecipe {
  requires(
    Number.isFinite(strength) && strength >= 0 && strength <= 1,
    "BAD_ARGUMENT",
    () => `strength: expected a number from 0 to 1, got ${strength}`,
  );
  const kept = 1 - strength;
  const recipe = { steps: Math.max(1, Math.round(steps * (0.2 + 0.8 * strength))), candidates: 1, whiten: false };
  if (kind === "repainted") return { ...recipe, regularizer: pull(0), structure: 0, edges: EDGES * kept };
  return {
    ...recipe, // it begins at its picture, which is no noise
    regularizer: pull(4 * kept ** 2),
    structure: kept,
    ...(kind === "noised" && { noising: Math.min(Math.max(strength, NOISING.least), NOISING.most) }),
  };
}

const pull = (weight: number): Recipe["regularizer"] => ({ weight, target: "init", decay: 0, every: 1 });
