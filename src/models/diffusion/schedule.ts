/**
 * What a scheduler of the diffusers library does in one step, from its configuration alone: at which time the net is asked,
 * what it sees of the noise, and the latent that comes of noise and answer. All of it is linear but for a bound.
 */
import * as z from "zod";
import { requires, VqganClipError } from "../../core/errors.js";
import type { Tensor } from "../../graph/tensor.js";
import { add, clip, mul } from "../../ops/arithmetic.js";
import { parsed } from "../parse.js";

/** A sum of unit noise and the net's answer, in these shares. */
interface Mix {
  readonly noise: number;
  readonly answer: number;
}

/** Unit noise to a latent in one step. */
export interface OneStep {
  readonly timestep: number;
  /** What the net sees is the noise times this. */
  readonly seen: number;
  /** The picture's latent as it is guessed */
  readonly guess: Mix;
  /** What bounds the guess, either way */
  readonly bound?: number | undefined;
  /** The result: the bounded guess times `guess`, and a rest. */
  readonly result: Mix & { readonly guess: number };
}

/** The latent of noise and of what the net said of it. */
export function latentOf({ guess, bound, result }: OneStep, noise: Tensor, answer: Tensor): Tensor {
  const mix = (of: Mix) => sum([of.noise, noise], [of.answer, answer]);
  if (bound === undefined) {
    return mix({
      noise: result.guess * guess.noise + result.noise,
      answer: result.guess * guess.answer + result.answer,
    });
  }
  return sum([1, mix(result)], [result.guess, clip(mix(guess), -bound, bound)]);
}

function sum([a, x]: readonly [number, Tensor], [b, y]: readonly [number, Tensor]): Tensor {
  return add(mul(x, a), mul(y, b));
}

const predictions = ["epsilon", "v_prediction", "sample"] as const;
const spacings = ["trailing", "linspace", "leading"] as const;
const off = (why: string) => z.literal(false, why).nullish();
const unread = "is not read: set it to false";

const schema = z.object({
  _class_name: z.string(),
  num_train_timesteps: z.int().min(2).max(100_000).default(1000),
  beta_start: z.number().positive().max(1).optional(),
  beta_end: z.number().positive().max(1).optional(),
  beta_schedule: z.enum(["linear", "scaled_linear", "squaredcos_cap_v2"]).optional(),
  trained_betas: z.null("betas in a list are not read").optional(),
  prediction_type: z.enum(predictions).default("epsilon"),
  timestep_spacing: z.enum(spacings).optional(),
  steps_offset: z.int().nonnegative().default(0),
  rescale_betas_zero_snr: z.boolean().nullish(),
  set_alpha_to_one: z.boolean().optional(),
  final_sigmas_type: z.enum(["zero", "sigma_min"]).default("zero"),
  clip_sample: z.boolean().optional(),
  clip_sample_range: z.number().positive().default(1),
  original_inference_steps: z.int().positive().default(50),
  timestep_scaling: z.number().positive().default(10),
  algorithm_type: z.string().optional(),
  variance_type: z.string().nullish(),
  lambda_min_clipped: z.null("a bounded start of the schedule is not read").optional(),
  thresholding: off(unread),
  use_karras_sigmas: off(unread),
  use_exponential_sigmas: off(unread),
  use_beta_sigmas: off(unread),
  use_flow_sigmas: off(unread),
  interpolation_type: z.literal("linear").optional(),
  timestep_type: z.literal("discrete").optional(),
});
type Config = z.infer<typeof schema>;

/** What classes do differently. */
interface Kind {
  /** Spacing and schedule where the configuration names none */
  readonly spacing: Config["timestep_spacing"];
  readonly betas: {
    readonly beta_start: number;
    readonly beta_end: number;
    readonly beta_schedule: NonNullable<Config["beta_schedule"]>;
  };
  /** Which time the first of one steps has */
  readonly time: (config: Config, spacing: (typeof spacings)[number]) => number;
  /** Whether the net sees noise as strong as it is in a picture with noise, rather than of deviation 1 */
  readonly scalesNoise?: boolean;
  /** Whether noise never covers the picture wholly, so that a schedule without signal at its end keeps a trace of it */
  readonly keepsTrace?: boolean;
  /** Whether guesses are bounded where the configuration does not say */
  readonly clips?: boolean;
  /** Whether the step ends at the schedule's least noise, instead of at none */
  readonly endsNoisy?: (config: Config) => boolean;
}

const standard: Kind["betas"] = { beta_start: 0.0001, beta_end: 0.02, beta_schedule: "linear" };

/** N times: `linspace` has the last of them first only where the library takes N + 1 and drops one. */
const plain: Kind["time"] = ({ num_train_timesteps: count, steps_offset: offset }, spacing) =>
  ({ trailing: count - 1, linspace: 0, leading: offset })[spacing];
const multistep: Kind["time"] = ({ num_train_timesteps: count, steps_offset: offset }, spacing) =>
  ({ trailing: count - 1, linspace: count - 1, leading: Math.floor(count / 2) + offset })[spacing];

const euler: Kind = { spacing: "linspace", betas: standard, time: plain, scalesNoise: true, keepsTrace: true };
const solver: Kind = { spacing: "linspace", betas: standard, time: multistep };
const endsAtSigmaMin = ({ final_sigmas_type: end }: Config) => end === "sigma_min";
const endsAtFirstAlpha = ({ set_alpha_to_one: toOne }: Config) => toOne === false;

const kinds: Readonly<Record<string, Kind>> = {
  EulerDiscreteScheduler: { ...euler, endsNoisy: endsAtSigmaMin },
  EulerAncestralDiscreteScheduler: euler,
  DDIMScheduler: { spacing: "leading", betas: standard, time: plain, clips: true, endsNoisy: endsAtFirstAlpha },
  DDPMScheduler: { spacing: "leading", betas: standard, time: plain, clips: true },
  PNDMScheduler: {
    spacing: "leading",
    betas: standard,
    time: plain,
    endsNoisy: ({ set_alpha_to_one: toOne = false }) => !toOne,
  },
  DEISMultistepScheduler: { ...solver, endsNoisy: () => true },
  DPMSolverMultistepScheduler: { ...solver, keepsTrace: true, endsNoisy: endsAtSigmaMin },
  UniPCMultistepScheduler: { ...solver, keepsTrace: true, endsNoisy: endsAtSigmaMin },
  LCMScheduler: {
    spacing: undefined,
    betas: { beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear" },
    time: ({ num_train_timesteps: count, original_inference_steps: steps }) => Math.floor(count / steps) * steps - 1,
  },
};

/** As little of the schedule may be left out at its end. */
const LEAST_SHARE = 0.95;

/** How strong picture and noise are in what a step begins at, both of deviation 1. */
export interface Start {
  readonly signal: number;
  readonly noise: number;
}

/**
 * The one step of a scheduler.
 *
 * @param config the content of `scheduler_config.json`
 * @param noising share of the schedule at which it begins; below 1 it begins at a picture with noise, as the net sees it
 * @throws BAD_MODEL naming `origin` when the class is not read, or its step does not start from noise
 */
export function oneStep(config: unknown, origin: string, noising = 1): OneStep & { readonly start: Start } {
  const { file, kind } = readConfig(config, origin);
  const { _class_name: name, num_train_timesteps: count, prediction_type: prediction } = file;
  requires(
    !file.algorithm_type?.startsWith("sde") || file.final_sigmas_type === "zero",
    "BAD_MODEL",
    () => `${origin}: algorithm_type: ${file.algorithm_type} draws noise of its own`,
    'set final_sigmas_type to "zero"',
  );
  const spacing = kind.spacing && (file.timestep_spacing ?? kind.spacing);
  const last = kind.time(file, spacing ?? "trailing");
  requires(
    last >= LEAST_SHARE * count - 1 && last < count,
    "BAD_MODEL",
    () =>
      `${origin}: ${name} with ${spacing ?? "these"} ${spacing ? "spacing" : "steps"} asks the net at time ${last} of ${count - 1} in its one step, which is no start from noise`,
    spacing
      ? 'set timestep_spacing to "trailing", if the model was trained for one step; the autoencoder alone is in vae/'
      : "set original_inference_steps to a divisor of num_train_timesteps",
  );
  const timestep = noising === 1 ? last : Math.max(0, Math.round(noising * count) - 1);
  const alphas = cumulativeAlphas(file, kind);
  const [signal, noise] = parts(alphas[timestep] as number);
  requires(
    signal > 0 || prediction !== "epsilon",
    "BAD_MODEL",
    () => `${origin}: prediction_type: noise that covers the picture wholly says nothing of it`,
    'such models predict "v_prediction" or "sample"',
  );
  const seen = kind.scalesNoise && noising === 1 ? noise : 1;
  const start = { signal, noise };
  const guess = {
    noise: seen * guesses[prediction](signal, noise).of,
    answer: guesses[prediction](signal, noise).answer,
  };
  const bound = (file.clip_sample ?? kind.clips) ? file.clip_sample_range : undefined;
  if (name === "LCMScheduler") {
    const scaled = timestep * file.timestep_scaling;
    const length = Math.hypot(scaled, DATA_DEVIATION);
    const result = { guess: scaled / length, noise: (DATA_DEVIATION / length) ** 2, answer: 0 };
    return { timestep, seen, guess, bound, result, start };
  }
  if (!kind.endsNoisy?.(file))
    return { timestep, seen, guess, bound, start, result: { guess: 1, noise: 0, answer: 0 } };
  const [endSignal, endNoise] = parts(alphas[0] as number);
  const rest = rests[prediction](signal, noise);
  const result = { guess: endSignal, noise: endNoise * seen * rest.of, answer: endNoise * rest.answer };
  return { timestep, seen, guess, bound, result, start };
}

function readConfig(config: unknown, origin: string): { readonly file: Config; readonly kind: Kind } {
  const file = parsed(schema, config, origin);
  const { _class_name: name } = file;
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (!kind) {
    const known = Object.keys(kinds).join(", ");
    throw new VqganClipError("BAD_MODEL", `${origin}: a ${name} is not read`, `known schedulers: ${known}`);
  }
  requires(
    !file.variance_type?.startsWith("learned"),
    "BAD_MODEL",
    () => `${origin}: variance_type: nets that say their variance too are not read`,
  );
  return { file, kind };
}

/** What a net was taught of every time: how strong latent and noise are, and what the latent is by what it sees and its answer. */
export interface Level extends Start {
  readonly guess: { readonly of: number; readonly answer: number };
}

/**
 * All times of a scheduler, from the least noise up.
 *
 * @param config the content of `scheduler_config.json`
 * @throws BAD_MODEL naming `origin` when the class is not read
 */
export function levelsOf(config: unknown, origin: string): Level[] {
  const { file, kind } = readConfig(config, origin);
  const guess = guesses[file.prediction_type];
  return Array.from(cumulativeAlphas(file, kind), (alpha) => {
    const [signal, noise] = parts(alpha);
    return { signal, noise, guess: guess(signal, noise) };
  });
}

/** Of pictures' values, as consistency models take it */
const DATA_DEVIATION = 0.5;

/** How x = signal picture + noise eps and the net's answer make the picture, and eps: `of` x and of the answer. */
type Parts = (signal: number, noise: number) => { readonly of: number; readonly answer: number };
const guesses: Readonly<Record<(typeof predictions)[number], Parts>> = {
  epsilon: (signal, noise) => ({ of: 1 / signal, answer: -noise / signal }),
  v_prediction: (signal, noise) => ({ of: signal, answer: -noise }),
  sample: () => ({ of: 0, answer: 1 }),
};
const rests: typeof guesses = {
  epsilon: () => ({ of: 0, answer: 1 }),
  v_prediction: (signal, noise) => ({ of: noise, answer: signal }),
  sample: (signal, noise) => ({ of: 1 / noise, answer: -signal / noise }),
};

const parts = (alpha: number): [signal: number, noise: number] => [Math.sqrt(alpha), Math.sqrt(1 - alpha)];

/** The share of the picture's variance that is left at each time. */
function cumulativeAlphas(file: Config, { betas, keepsTrace }: Kind): Float64Array {
  const { num_train_timesteps: count, rescale_betas_zero_snr: rescale } = file;
  const { beta_schedule: form = betas.beta_schedule } = file;
  const ends = [file.beta_start ?? betas.beta_start, file.beta_end ?? betas.beta_end] as const;
  const alphas = new Float64Array(count);
  let product = 1;
  for (let i = 0; i < count; i++) {
    product *= 1 - betaAt(i, count, form, ends);
    alphas[i] = product;
  }
  if (!rescale) return alphas;
  const [first, last] = [Math.sqrt(alphas[0] as number), Math.sqrt(alphas[count - 1] as number)];
  const rescaled = alphas.map((alpha) => (((Math.sqrt(alpha) - last) * first) / (first - last)) ** 2);
  if (keepsTrace) rescaled[count - 1] = 2 ** -24;
  return rescaled;
}

function betaAt(
  i: number,
  count: number,
  form: Kind["betas"]["beta_schedule"],
  [start, end]: readonly [number, number],
): number {
  const share = i / (count - 1);
  if (form === "linear") return start + (end - start) * share;
  if (form === "scaled_linear") return (Math.sqrt(start) + (Math.sqrt(end) - Math.sqrt(start)) * share) ** 2;
  const left = (time: number) => Math.cos((((time + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  return Math.min(1 - left((i + 1) / count) / left(i / count), 0.999);
}
