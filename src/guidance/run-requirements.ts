/** What models, settings and beginning have to be for a run, beyond what settings alone can tell. */
import { requires } from "../core/errors.js";
import { checkVideo } from "./frame-change.js";
import type { RunModels, RunState } from "./run-state.js";
import { keptTerms } from "./source-terms.js";

/** Whether a state can go on with these models. @throws BAD_ARGUMENT, BAD_MODEL saying what cannot go together */
export function requireRunnable(models: RunModels, state: RunState): void {
  const { direction } = state.settings;
  const held = keptTerms(state.settings).filter((term) => term !== "direction" && term !== "whole");
  requires(
    state.source || held.length === 0,
    "BAD_ARGUMENT",
    () => `${held.join(", ")}: there is no picture to keep`,
    "edit a picture, or leave it 0",
  );
  requires(
    state.source || !direction,
    "BAD_ARGUMENT",
    () => `direction: ${direction?.from} <-> ${direction?.to ?? "the prompts"} needs a picture to begin at`,
    "edit a picture, or leave it out",
  );
  checkVideo(models, state);
  const { latent } = state.settings;
  requires(
    latent === "continuous" || !models.generator.solid,
    "BAD_ARGUMENT",
    () => `latent: ${latent} is nothing that ${models.generator.name} has`,
    "continuous",
  );
  requires(
    !state.settings.whiten || (state.beganFrom === "random" && !state.source && !state.settings.motion),
    "BAD_ARGUMENT",
    () => "whiten: the latent has to be noise, and a run that begins at a picture, or whose picture moves, has another",
    "leave it off",
  );
}
