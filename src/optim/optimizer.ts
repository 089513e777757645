/**
 * Optimisers on the host: the latent has 65 thousand to a million numbers, so a plain loop costs nothing beside a step.
 * Update rules and defaults are PyTorch's; all state is float32 and saves bit for bit.
 */
import { NDArray } from "../core/ndarray.js";

/** Running averages by name, each as long as the parameters, and the number of updates so far. */
export interface OptimizerState {
  readonly step: number;
  readonly arrays: Readonly<Record<string, NDArray>>;
}

export interface Optimizer {
  init(length: number): OptimizerState;
  /** Pure: returns new parameters and state; the arguments stay as they were. */
  update(
    parameters: Float32Array,
    gradient: Float32Array,
    state: OptimizerState,
    learningRate: number,
  ): { readonly parameters: Float32Array; readonly state: OptimizerState };
}

/** What happens to one parameter; `averages` holds its running averages and is written in place. */
type Rule = (value: number, gradient: number, averages: Float32Array, step: number, learningRate: number) => number;

function optimizer(names: readonly string[], rule: Rule): Optimizer {
  return {
    init: (length) => ({
      step: 0,
      arrays: Object.fromEntries(names.map((name) => [name, NDArray.zeros("float32", [length])])),
    }),
    update: (parameters, gradient, state, learningRate) => {
      const step = state.step + 1;
      const moved = new Float32Array(parameters.length);
      const kept = names.map((name) => Float32Array.from((state.arrays[name] as NDArray).floats()));
      const averages = new Float32Array(names.length);
      for (let i = 0; i < parameters.length; i++) {
        for (let k = 0; k < kept.length; k++) averages[k] = (kept[k] as Float32Array)[i] as number;
        moved[i] = rule(parameters[i] as number, gradient[i] as number, averages, step, learningRate);
        for (let k = 0; k < kept.length; k++) (kept[k] as Float32Array)[i] = averages[k] as number;
      }
      const arrays = names.map((name, k) => [name, NDArray.float32([parameters.length], kept[k] as Float32Array)]);
      return { parameters: moved, state: { step, arrays: Object.fromEntries(arrays) } };
    },
  };
}

/** m <- b1 m + (1-b1) g; v <- b2 v + (1-b2) g^2; the step that both take, bias-corrected. Betas .9, .999; epsilon 1e-8. */
const adamStep: Rule = (value, gradient, averages, step, learningRate) => {
  averages[0] = (averages[0] as number) + (gradient - (averages[0] as number)) * 0.1;
  averages[1] = (averages[1] as number) * 0.999 + gradient * gradient * 0.001;
  const denominator = Math.sqrt((averages[1] as number) / (1 - 0.999 ** step)) + 1e-8;
  return value - ((learningRate / (1 - 0.9 ** step)) * (averages[0] as number)) / denominator;
};

export const optimizers = {
  /** Kingma & Ba 2015. */
  adam: optimizer(["first", "second"], adamStep),
  /** Loshchilov & Hutter 2019, with torch's default weight decay .01. */
  adamw: optimizer(["first", "second"], (value, gradient, averages, step, learningRate) =>
    adamStep(value * (1 - learningRate * 0.01), gradient, averages, step, learningRate),
  ),
  /** Duchi et al. 2011; epsilon 1e-10. */
  adagrad: optimizer(["sum"], (value, gradient, averages, _step, learningRate) => {
    averages[0] = (averages[0] as number) + gradient * gradient;
    return value - (learningRate * gradient) / (Math.sqrt(averages[0] as number) + 1e-10);
  }),
  /** Kingma & Ba 2015, section 7.1. */
  adamax: optimizer(["first", "infinity"], (value, gradient, averages, step, learningRate) => {
    averages[0] = (averages[0] as number) + (gradient - (averages[0] as number)) * 0.1;
    averages[1] = Math.max((averages[1] as number) * 0.999, Math.abs(gradient) + 1e-8);
    return value - ((learningRate / (1 - 0.9 ** step)) * (averages[0] as number)) / (averages[1] as number);
  }),
  /** Hinton's lecture 6e; alpha .99, epsilon 1e-8. */
  rmsprop: optimizer(["square"], (value, gradient, averages, _step, learningRate) => {
    averages[0] = (averages[0] as number) * 0.99 + gradient * gradient * 0.01;
    return value - (learningRate * gradient) / (Math.sqrt(averages[0] as number) + 1e-8);
  }),
  /** Liu et al. 2020: Adam whose step is plain momentum until the second moment has settled. */
  radam: optimizer(["first", "second"], (value, gradient, averages, step, learningRate) => {
    averages[0] = (averages[0] as number) + (gradient - (averages[0] as number)) * 0.1;
    averages[1] = (averages[1] as number) * 0.999 + gradient * gradient * 0.001;
    const momentum = (averages[0] as number) / (1 - 0.9 ** step);
    const longest = 2 / (1 - 0.999) - 1;
    const length = longest - (2 * step * 0.999 ** step) / (1 - 0.999 ** step);
    if (length <= 5) return value - learningRate * momentum;
    const rectifier = Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
    const adaptive = Math.sqrt(1 - 0.999 ** step) / (Math.sqrt(averages[1] as number) + 1e-8);
    return value - learningRate * momentum * rectifier * adaptive;
  }),
  sgd: optimizer([], (value, gradient, _averages, _step, learningRate) => value - learningRate * gradient),
} as const satisfies Record<string, Optimizer>;

export type OptimizerName = keyof typeof optimizers;
export const optimizerNames = Object.keys(optimizers) as [OptimizerName, ...OptimizerName[]];
