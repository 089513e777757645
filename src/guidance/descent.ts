/** What becomes of a run's state by a step: z <- optimizer(z, dLoss/dz), and all that follows z. */
import { NDArray } from "../core/ndarray.js";
import { sizeOf } from "../core/shape.js";
import { holdLatents } from "../masks/mask.js";
import { codebookOf, type Generator } from "../models/generator.js";
import { clippedGradient } from "../optim/gradient-clip.js";
import { optimizers } from "../optim/optimizer.js";
import { learningRateAt } from "../optim/schedule.js";
import { whitened } from "../optim/white-noise.js";
import type { CompileOptions } from "../runtime/program.js";
import { averaged, averageFrom, withLatent } from "./average.js";
import { settingsAt } from "./courses.js";
import { basisOf } from "./fused-latent.js";
import { clampToCodebook } from "./latent.js";
import { hasLogits, nearestLatent } from "./latent-kind.js";
import { steadyLoss, watchLoss } from "./plateau.js";
import type { PriorPull } from "./prior-pull.js";
import type { RunState } from "./run-state.js";
import { firstOptimizer } from "./search.js";
import type { StepResult } from "./step-program.js";

/** 1 for each latent position that may change; undefined: all may. */
type Free = Uint8Array | undefined;

/** The state after one step more. */
export async function descended(
  generator: Generator,
  state: RunState,
  { gradient, losses, spread }: Pick<StepResult, "gradient" | "losses" | "spread">,
  free: Free,
  prior?: PriorPull,
): Promise<RunState> {
  const { settings, step, z, watch, average } = state;
  const now = settingsAt(settings, step);
  const learningRate = learningRateAt(now, step);
  const full = gradient.floats();
  const freed = free ? holdLatents(full, new Float32Array(full.length), free) : full;
  const shaped = clippedGradient(settings.whiten ? whitened(freed) : freed, now.gradientClip);
  const updated = optimizers[settings.optimizer].update(z.floats(), shaped, state.optimizer, learningRate);
  const { deviation = 1 } = generator;
  const moved = settings.whiten ? whitened(updated.parameters).map((value) => deviation * value) : updated.parameters;
  const stepped = NDArray.float32(z.shape, moved);
  // Held once more, for what moves a latent without a gradient (weight decay, the prior).
  const next = held(prior ? await prior.pull(stepped, state) : stepped, z, free);
  if (settings.clampToCodebook && !hasLogits(settings.latent)) {
    const values = next.data as Float32Array;
    const latents = settings.latent === "fused" ? basisOf(values) : values;
    clampToCodebook(latents, sizeOf(next.shape.slice(2)), codebookOf(generator, "clampToCodebook").range);
  }
  const isWatched = settings.plateau.patience > 0;
  return {
    ...state,
    step: step + 1,
    z: next,
    optimizer: spread ? { ...updated.state, arrays: { ...updated.state.arrays, spread } } : updated.state,
    ...(average && { average: withLatent(average, next, settings.average) }),
    ...(isWatched && { watch: watchLoss(watch, steadyLoss(losses), settings.plateau) }),
  };
}

/** What the picture is made of: the running average where there is one, else z. */
export function shownLatent({ settings, z, average }: RunState, free: Free): NDArray {
  return average ? held(averaged(average, settings.average), z, free) : z;
}

/** The state with a new optimiser; where there is a running average, z begins anew at it, and so does the average. */
export async function restarted(
  generator: Generator,
  state: RunState,
  free: Free,
  options: CompileOptions,
): Promise<RunState> {
  const { settings, z, average } = state;
  const optimizer = firstOptimizer(settings, z.size);
  if (!average) return { ...state, optimizer };
  const begun = shownLatent(state, free);
  const isAnchor = settings.regularizer.target === "average";
  return {
    ...state,
    optimizer,
    z: begun,
    ...averageFrom(begun, settings.average),
    ...(isAnchor && { latentTarget: await nearestLatent(generator, settings.latent, begun, options) }),
  };
}

/** `moved` where it may, `z` elsewhere. */
function held(moved: NDArray, z: NDArray, free: Free): NDArray {
  return free ? NDArray.float32(z.shape, holdLatents(moved.floats(), z.floats(), free)) : moved;
}
