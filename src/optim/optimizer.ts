/**
 * Optimisers on the host: the latent has 65 thousand to a million numbers, so a plain loop costs nothing beside a step.
 * Update rules and defaults are those of torch, for DiffGrad and AdamP of torch_optimizer; all state is float32 and saves bit for bit.
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
type Move = (value: number, gradient: number, averages: Float32Array) => number;
/** The move of update number `step`, 1 for the first. */
type Rule = (step: number, learningRate: number) => Move;

function optimizer(names: readonly string[], rule: Rule): Optimizer {
  return {
    init: (length) => ({
      step: 0,
      arrays: Object.fromEntries(names.map((name) => [name, NDArray.zeros("float32", [length])])),
    }),
    update: (parameters, gradient, state, learningRate) => {
      const step = state.step + 1;
      const move = rule(step, learningRate);
      const moved = new Float32Array(parameters.length);
      const kept = names.map((name) => Float32Array.from((state.arrays[name] as NDArray).floats()));
      const averages = new Float32Array(names.length);
      for (let i = 0; i < parameters.length; i++) {
        for (let k = 0; k < kept.length; k++) averages[k] = (kept[k] as Float32Array)[i] as number;
        moved[i] = move(parameters[i] as number, gradient[i] as number, averages);
        for (let k = 0; k < kept.length; k++) (kept[k] as Float32Array)[i] = averages[k] as number;
      }
      const arrays = names.map((name, k) => [name, NDArray.float32([parameters.length], kept[k] as Float32Array)]);
      return { parameters: moved, state: { step, arrays: Object.fromEntries(arrays) } };
    },
  };
}

/** The averages of Adam and its kin: m <- b1 m + (1-b1) g; v <- b2 v + (1-b2) g^2; betas .9, .999; epsilon 1e-8. */
const moments = ["first", "second"] as const;

function follow(averages: Float32Array, gradient: number): void {
  averages[0] = (averages[0] as number) + (gradient - (averages[0] as number)) * 0.1;
  averages[1] = (averages[1] as number) * 0.999 + gradient * gradient * 0.001;
}

/** Both averages bias-corrected: value - lr m^ / (sqrt(v^) + eps). */
const adamRule: Rule = (step, learningRate) => {
  const [rate, settled] = [learningRate / (1 - 0.9 ** step), 1 - 0.999 ** step];
  return (value, gradient, averages) => {
    follow(averages, gradient);
    return value - (rate * (averages[0] as number)) / (Math.sqrt((averages[1] as number) / settled) + 1e-8);
  };
};

/** Adam's move from 0: what AdamP turns before it is made. */
const adamMoves = optimizer(moments, (step, learningRate) => {
  const move = adamRule(step, learningRate);
  return (_value, gradient, averages) => move(0, gradient, averages);
});

/** torch's SGD with momentum .9 and dampening .9: the first gradient counts whole. */
const damped = optimizer(["momentum"], (step, learningRate) => (value, gradient, averages) => {
  averages[0] = step === 1 ? gradient : (averages[0] as number) * 0.9 + gradient * 0.1;
  return value - learningRate * (averages[0] as number);
});

/** Where the parameters were at first. */
const origins = optimizer(["origin"], () => (value) => value);

/** How parameters move. */
const velocities = optimizer(["velocity"], () => (value) => value);

export const optimizers = {
  /** Kingma & Ba 2015. */
  adam: optimizer(moments, adamRule),
  /** Loshchilov & Hutter 2019, with torch's default weight decay .01. */
  adamw: optimizer(moments, (step, learningRate) => {
    const move = adamRule(step, learningRate);
    return (value, gradient, averages) => move(value * (1 - learningRate * 0.01), gradient, averages);
  }),
  /** Duchi et al. 2011; epsilon 1e-10. */
  adagrad: optimizer(["sum"], (_step, learningRate) => (value, gradient, averages) => {
    averages[0] = (averages[0] as number) + gradient * gradient;
    return value - (learningRate * gradient) / (Math.sqrt(averages[0] as number) + 1e-10);
  }),
  /** Kingma & Ba 2015, section 7.1. */
  adamax: optimizer(["first", "infinity"], (step, learningRate) => {
    const rate = learningRate / (1 - 0.9 ** step);
    return (value, gradient, averages) => {
      averages[0] = (averages[0] as number) + (gradient - (averages[0] as number)) * 0.1;
      averages[1] = Math.max((averages[1] as number) * 0.999, Math.abs(gradient) + 1e-8);
      return value - (rate * (averages[0] as number)) / (averages[1] as number);
    };
  }),
  /** Hinton's lecture 6e; alpha .99, epsilon 1e-8. */
  rmsprop: optimizer(["square"], (_step, learningRate) => (value, gradient, averages) => {
    averages[0] = (averages[0] as number) * 0.99 + gradient * gradient * 0.01;
    return value - (learningRate * gradient) / (Math.sqrt(averages[0] as number) + 1e-8);
  }),
  /** Liu et al. 2020: Adam whose step is plain momentum until the second moment has settled. */
  radam: optimizer(moments, (step, learningRate) => {
    const longest = 2 / (1 - 0.999) - 1;
    const length = longest - (2 * step * 0.999 ** step) / (1 - 0.999 ** step);
    const rectifier = Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
    return (value, gradient, averages) => {
      follow(averages, gradient);
      const momentum = (averages[0] as number) / (1 - 0.9 ** step);
      if (length <= 5) return value - learningRate * momentum;
      const adaptive = Math.sqrt(1 - 0.999 ** step) / (Math.sqrt(averages[1] as number) + 1e-8);
      return value - learningRate * momentum * rectifier * adaptive;
    };
  }),
  /** Dozat 2016 with torch's momentum decay .004: Adam that looks ahead along its momentum mu_t = .9 (1 - .5 * .96^(.004 t)). */
  nadam: optimizer(moments, (step, learningRate) => {
    const momentum = (t: number) => 0.9 * (1 - 0.5 * 0.96 ** (t * 0.004));
    let product = 1; // of mu_1 .. mu_step
    for (let t = 1; t <= step && product > 1e-20; t++) product *= momentum(t);
    const [mu, next] = [momentum(step), momentum(step + 1)];
    const now = (learningRate * (1 - mu)) / (1 - product);
    const ahead = (learningRate * next) / (1 - product * next);
    const settled = 1 - 0.999 ** step;
    return (value, gradient, averages) => {
      follow(averages, gradient);
      const denominator = Math.sqrt((averages[1] as number) / settled) + 1e-8;
      return value - (now * gradient) / denominator - (ahead * (averages[0] as number)) / denominator;
    };
  }),
  /** Dubey et al. 2019: Adam's step times sigmoid(|g_before - g|), so that a steady gradient moves half as far. */
  diffgrad: optimizer([...moments, "previous"], (step, learningRate) => {
    const rate = (learningRate * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
    return (value, gradient, averages) => {
      follow(averages, gradient);
      const friction = 1 / (1 + Math.exp(-Math.abs((averages[2] as number) - gradient)));
      averages[2] = gradient;
      return value - (rate * friction * (averages[0] as number)) / (Math.sqrt(averages[1] as number) + 1e-8);
    };
  }),
  /**
   * Heo et al. 2021: Adam, but where the gradient stands almost at right angles to the parameters (cosine below
   * .1 / sqrt(n)), the part of the step along them is left out. They count as one vector: a latent has one sample.
   */
  adamp: {
    init: adamMoves.init,
    update: (parameters, gradient, state, learningRate) => {
      const { parameters: moves, state: next } = adamMoves.update(parameters, gradient, state, learningRate);
      const lengths = (Math.sqrt(dot(gradient, gradient)) + 1e-8) * (Math.sqrt(dot(parameters, parameters)) + 1e-8);
      const isAside = Math.abs(dot(gradient, parameters)) / lengths < 0.1 / Math.sqrt(parameters.length);
      const along = isAside ? dot(moves, parameters) / (Math.sqrt(dot(parameters, parameters)) + 1e-8) ** 2 : 0;
      const moved = parameters.map((value, i) => value + ((moves[i] as number) - along * value));
      return { parameters: moved, state: next };
    },
  },
  /**
   * SGD with momentum .9, dampening .9, of the gradient divided by its root mean square over the whole latent: what the
   * loss does not depend on stays as it was, where Adam moves every number alike (Hazan, Levy & Shalev-Shwartz 2015).
   */
  normalized: {
    init: damped.init,
    update: (parameters, gradient, state, learningRate) => {
      const size = Math.sqrt(dot(gradient, gradient) / gradient.length);
      const normalized = size > 0 ? gradient.map((value) => value / size) : gradient;
      return damped.update(parameters, normalized, state, learningRate);
    },
  },
  /**
   * FlexIT (Couairon et al. 2022): every step is straight along the gradient and learningRate times as long as the latent was
   * when it began; numbers of it that begin anew count as they are then.
   */
  relative: {
    init: origins.init,
    update: (parameters, gradient, { step, arrays }, learningRate) => {
      const origin = (arrays.origin as NDArray).floats().map((value, i) => value || (parameters[i] as number));
      const size = Math.sqrt(dot(gradient, gradient));
      const rate = size > 0 ? (learningRate * Math.sqrt(dot(origin, origin))) / size : 0;
      return {
        parameters: parameters.map((value, i) => value - rate * (gradient[i] as number)),
        state: { step: step + 1, arrays: { origin: NDArray.float32([origin.length], origin) } },
      };
    },
  },
  /**
   * ClipUp (Toklu, Liskowski & Srivastava 2020): momentum .9 of gradients that all have the length learningRate, never longer than
   * twice that. What evolution strategies use, whose gradients are of no particular length.
   */
  clipup: {
    init: velocities.init,
    update: (parameters, gradient, state, learningRate) => {
      const size = Math.sqrt(dot(gradient, gradient));
      const rate = size > 0 ? learningRate / size : 0;
      const before = (state.arrays.velocity as NDArray).floats();
      const velocity = before.map((value, i) => 0.9 * value - rate * (gradient[i] as number));
      const speed = Math.sqrt(dot(velocity, velocity));
      const clipped = velocity.map((value) => value * Math.min(1, (2 * learningRate) / speed));
      return {
        parameters: parameters.map((value, i) => value + (clipped[i] as number)),
        state: { step: state.step + 1, arrays: { velocity: NDArray.float32([clipped.length], clipped) } },
      };
    },
  },
  sgd: optimizer([], (_step, learningRate) => (value, gradient) => value - learningRate * gradient),
  /** torch's SGD with nesterov: momentum .9 without dampening, that looks ahead along itself. */
  nesterov: optimizer(["momentum"], (_step, learningRate) => (value, gradient, averages) => {
    averages[0] = (averages[0] as number) * 0.9 + gradient;
    return value - learningRate * (gradient + 0.9 * (averages[0] as number));
  }),
} as const satisfies Record<string, Optimizer>;

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

export type OptimizerName = keyof typeof optimizers;
export const optimizerNames = Object.keys(optimizers) as [OptimizerName, ...OptimizerName[]];
