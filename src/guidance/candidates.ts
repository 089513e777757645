/** A run that begins at the best of several random starts: they are drawn, looked at and compared, and none is descended. */
import type { NDArray } from "../core/ndarray.js";
import { type CompileOptions, compile } from "../runtime/program.js";
import { steadyLoss } from "./plateau.js";
import type { RunState } from "./run-state.js";
import { viewsVary } from "./sampling.js";
import { buildStep, type StepModels } from "./step.js";
import { type ReadPrompts, StepFeeds } from "./step-feeds.js";

/** Of those that are compared, one in so many is looked at again. */
const KEPT_OF = 4;

/**
 * The start whose picture is nearest to what the run is drawn to. Every candidate has one look without a gradient, a fraction
 * of a step's time; where looks differ by chance, the best quarter has another, until one is left. Ties go to the first.
 *
 * @param begun the state before the first step, at candidate 0
 * @param draw a candidate's latent, or logits, from its number; called again for each look
 */
export async function bestCandidate(
  models: StepModels,
  begun: RunState,
  read: ReadPrompts,
  draw: (candidate: number) => Promise<NDArray>,
  options: CompileOptions,
): Promise<NDArray> {
  const { settings, z } = begun;
  const feeds = await StepFeeds.of(models, begun, read, options);
  const { losses } = buildStep(models, settings, z.shape, feeds.rowCount);
  const look = await compile({ losses }, options); // without the gradient, which nobody asks for
  const totals = new Float64Array(settings.candidates);
  let left = [...totals.keys()];
  try {
    for (let round = 0; left.length > 1; round++) {
      for (const candidate of left) {
        const state = { ...begun, step: round, z: await draw(candidate) };
        const seen = await look.run(await feeds.at(state, 0, feeds.drawn(state), (name) => look.reads(name)));
        const loss = steadyLoss(feeds.lossesOf(state, Array.from(seen.losses.floats()), 0).losses);
        totals[candidate] = Number.isNaN(loss) ? Number.POSITIVE_INFINITY : (totals[candidate] as number) + loss;
      }
      left.sort((a, b) => Math.sign((totals[a] as number) - (totals[b] as number)) || a - b);
      left = left.slice(0, viewsVary(settings) ? Math.ceil(left.length / KEPT_OF) : 1);
    }
  } finally {
    await look.dispose();
    await feeds.dispose();
  }
  return draw(left[0] as number);
}
