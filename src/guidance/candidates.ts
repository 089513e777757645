/** A run that begins at random: at its only start, at the best of several, or at a mixture of the best; none is descended here. */
import { NDArray } from "../core/ndarray.js";
import { type CompileOptions, compile } from "../runtime/program.js";
import { fusedStart } from "./fused-latent.js";
import { sharesRandom } from "./latent-kind.js";
import { steadyLoss } from "./plateau.js";
import type { ReadPrompts } from "./read-prompts.js";
import type { RunState } from "./run-state.js";
import type { Settings } from "./settings.js";
import { buildStep, type StepModels } from "./step.js";
import { StepFeeds } from "./step-feeds.js";

/** How starts are drawn and looked at: as latents, each of them whole and once, since what nobody descended fools no encoder. */
export function startSettings(settings: Settings): Settings {
  const latent = settings.latent === "fused" ? "continuous" : settings.latent;
  return { ...settings, latent, cutouts: 1, cutMethod: "whole", augmentations: [] };
}

/**
 * What is optimised at first.
 *
 * @param begun the state before the first step, but for `z`, `latentTarget` and `optimizer`
 * @param draw a candidate's latent, or logits, from its number, by `startSettings`; called again for those that are taken
 */
export async function randomStart(
  models: StepModels,
  begun: Omit<RunState, "z" | "latentTarget" | "optimizer">,
  read: ReadPrompts,
  draw: (candidate: number) => Promise<NDArray>,
  options: CompileOptions,
): Promise<NDArray> {
  const { candidates, latent, basis, seed } = begun.settings;
  const taken = latent === "fused" ? basis : 1;
  const all = [...Array(Math.max(candidates, taken)).keys()];
  const best = candidates > taken ? await ranked(models, begun, read, all, draw, options) : all;
  const starts: NDArray[] = [];
  for (const candidate of best.slice(0, taken)) starts.push(await draw(candidate));
  return latent === "fused" ? fusedStart(starts, sharesRandom(seed)) : (starts[0] as NDArray);
}

/** The candidates from the nearest to what the run is drawn to, each looked at without a gradient; of equals the first. */
async function ranked(
  models: StepModels,
  begun: Omit<RunState, "z" | "latentTarget" | "optimizer">,
  read: ReadPrompts,
  candidates: readonly number[],
  draw: (candidate: number) => Promise<NDArray>,
  options: CompileOptions,
): Promise<number[]> {
  const first = await draw(0);
  const optimizer = { step: 0, arrays: {} };
  const settings = startSettings(begun.settings);
  const state = { ...begun, settings, optimizer, z: first, latentTarget: NDArray.zeros("float32", first.shape) };
  const feeds = await StepFeeds.of(models, state, read, options);
  const { losses } = buildStep(models, settings, first.shape, feeds.rowCount);
  const look = await compile({ losses }, options); // without the gradient, which nobody asks for
  const totals: number[] = [];
  try {
    for (const candidate of candidates) {
      const drawn = { ...state, z: await draw(candidate) };
      const seen = await look.run(await feeds.at(drawn, 0, feeds.drawn(drawn), (name) => look.reads(name)));
      const loss = steadyLoss(feeds.lossesOf(drawn, Array.from(seen.losses.floats()), 0).losses);
      totals.push(Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss);
    }
  } finally {
    await look.dispose();
    await feeds.dispose();
  }
  return [...candidates].sort((a, b) => Math.sign((totals[a] as number) - (totals[b] as number)) || a - b);
}
