/** How far an edit goes, as settings (paper section 4). */
import { requires } from "../core/errors.js";
import type { Recipe } from "./settings.js";

/** What `editRecipe` decides. */
export type EditRecipe = Pick<Recipe, "steps" | "regularizer" | "structure" | "candidates" | "whiten"> &
  Partial<Pick<Recipe, "noising">>;

/** As much of a schedule a step takes at least, and leaves at least of the picture. */
const NOISING = { least: 0.1, most: 0.95 };

/**
 * How far an edit goes, 0..1, as settings: the pull of the latent to where it began and the pull of each cutout to the
 * source's both fall to 0 as strength rises to 1, and steps rise from a fifth of the usual to all.
 *
 * @param steps of a run without a source
 * @param noised whether latents are pictures under noise, which then lies as thick as the strength says (SDEdit, Meng et al. 2022)
 * @throws BAD_ARGUMENT
 */
export function editRecipe(strength: number, steps: number, noised = false): EditRecipe {
  requires(
    Number.isFinite(strength) && strength >= 0 && strength <= 1,
    "BAD_ARGUMENT",
    () => `strength: expected a number from 0 to 1, got ${strength}`,
  );
  const kept = 1 - strength;
  return {
    steps: Math.max(1, Math.round(steps * (0.2 + 0.8 * strength))),
    regularizer: { weight: 4 * kept ** 2, target: "init", decay: 0, every: 1 },
    structure: kept,
    candidates: 1, // it begins at its picture, which is no noise
    whiten: false,
    ...(noised && { noising: Math.min(Math.max(strength, NOISING.least), NOISING.most) }),
  };
}
