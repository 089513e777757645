/** The course of the pull on the latent (paper section 3.1, and the regularised notebooks). */
import type { Settings } from "./settings.js";

/** alpha_t: falls by `decay` every `every` steps, down to 0. @param step steps done */
export function regularizerWeight({ weight, decay, every }: Settings["regularizer"], step: number): number {
  return Math.max(0, weight - decay * Math.floor(step / every));
}

/** Whether the latent is pulled to where the run, or its frame, began. */
export function pullsToStart({ target }: Settings["regularizer"]): boolean {
  return target === "init" || target === "relative";
}

/** Whether the optimiser begins anew after `step` steps: at the end of every stage whose weight was not 0 yet. */
export function restartsAt(regularizer: Settings["regularizer"], step: number): boolean {
  const { restart = false, every } = regularizer;
  return restart && step % every === 0 && regularizerWeight(regularizer, step - 1) > 0;
}
