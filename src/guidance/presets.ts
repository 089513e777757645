/** Named recipes of the method as others ran it; `docs/method.md` gives each one's source and deviations. */
import type { Recipe } from "./settings.js";

const noRegularizer = { weight: 0, target: "zero", decay: 0, every: 1 } as const;

/** What every recipe here does alike. */
const common = {
  generatorPrompt: null,
  noising: 1,
  targets: [],
  optimizer: "adam",
  search: "gradient",
  population: 64,
  spread: 0.1,
  schedule: { kind: "constant", warmup: 0 },
  gradientClip: 0,
  whiten: false,
  plateau: { patience: 0, delta: 0.001, smoothing: 0.9 },
  keepBest: false,
  judgeEvery: 25,
  cutPower: 1,
  latent: "quantized",
  average: 0,
  start: "codes",
  candidates: 1,
  basis: 5,
  distance: "spherical",
  prior: { weight: 0, from: 0.9, to: 0.5 },
  pictureRegularizers: [],
  rewards: [],
  judgeReward: null,
  structure: 0,
  perceptual: 0,
  direction: null,
  content: 0,
  edges: 0,
  motion: null,
  temporal: null,
  feather: 8,
  clampToCodebook: true,
  promptReduction: "sum",
  courses: [],
  sceneFade: 0.5,
  longPrompts: "cut",
  perceptorWeights: [],
  recompute: false,
  microBatch: 16,
} satisfies Partial<Recipe>;

/** The augmentations of the authors' later notebooks. */
const authorsViews = [
  { kind: "hflip", p: 0.5 },
  { kind: "affine", degrees: 30, translate: 0.1, shear: 0, p: 0.8 },
  { kind: "perspective", distortion: 0.2, p: 0.4 },
  { kind: "jitter", brightness: 0, contrast: 0, saturation: 0.01, hue: 0.01, p: 0.7 },
  { kind: "noise", level: 0.1 },
] satisfies Recipe["augmentations"];

/** A latent that is noise, seen in one look at the whole picture; what was nearest to the prompts is the result. */
const noise = {
  ...common,
  latent: "continuous",
  start: "normal",
  clampToCodebook: false,
  distance: "cosine",
  keepBest: true,
  cutouts: 1,
  cutMethod: "whole",
  augmentations: [],
  padding: "border",
} satisfies Partial<Recipe>;

/** The recipes by name. */
export const presets = {
  /** Crowson et al. 2022, section 2; where the paper is silent, its authors' notebook. */
  paper: {
    ...common,
    start: "pixels",
    steps: 400,
    learningRate: 0.15,
    cutouts: 64,
    cutMethod: "random",
    augmentations: authorsViews,
    padding: "border",
    regularizer: { weight: 1, target: "zero", decay: 0.005, every: 1 },
  },
  /** The z+quantize notebook: plain random crops, nothing else. */
  notebook: {
    ...common,
    steps: 400,
    learningRate: 0.05,
    cutouts: 64,
    cutMethod: "random",
    augmentations: [],
    padding: "border",
    regularizer: noRegularizer,
  },
  /** The codebook sampling notebook (section 5.1): logits of codes, drawn anew each step. */
  "codebook-sampling": {
    ...common,
    optimizer: "adamw",
    latent: "sampled",
    steps: 400,
    learningRate: 0.05,
    cutouts: 64,
    cutMethod: "random",
    augmentations: [],
    padding: "border",
    regularizer: noRegularizer,
    clampToCodebook: false,
  },
  /** The regularised notebook: a pull to 0 that falls in five stages, Adam anew at each. */
  mse: {
    ...common,
    steps: 400,
    learningRate: 0.95,
    cutouts: 64,
    cutMethod: "random",
    augmentations: authorsViews,
    padding: "border",
    regularizer: { weight: 0.75, target: "zero", decay: 0.15, every: 50, restart: true },
    clampToCodebook: false,
  },
  /** The EMA notebook: the picture shows a running average, at which each stage begins and to which it is pulled. */
  ema: {
    ...common,
    average: 0.99,
    steps: 400,
    learningRate: 0.1,
    cutouts: 64,
    cutMethod: "gaussian",
    augmentations: authorsViews,
    padding: "border",
    regularizer: { weight: 0.25, target: "average", decay: 0.05, every: 50, restart: true },
    clampToCodebook: false,
  },
  /** The popular command-line fork: pooled whole picture, strong augmentations. */
  nerdyrodent: {
    ...common,
    steps: 500,
    learningRate: 0.1,
    cutouts: 32,
    cutMethod: "pooled",
    augmentations: [
      { kind: "affine", degrees: 15, translate: 0.1, shear: 5, p: 0.7 },
      { kind: "perspective", distortion: 0.7, p: 0.7 },
      { kind: "jitter", brightness: 0.1, contrast: 0.1, saturation: 0.1, hue: 0.1, p: 0.7 },
      { kind: "erasing", minArea: 0.1, maxArea: 0.4, p: 0.7 },
      { kind: "noise", level: 0.1 },
    ],
    padding: "zeros",
    regularizer: noRegularizer,
  },
  /** Direct Ascent Synthesis (Fort & Whitaker 2025), for `pixels`: plain ascent on all scales at once, shifted views, grain. */
  das: {
    ...common,
    optimizer: "sgd",
    latent: "continuous",
    start: "grey",
    steps: 100,
    learningRate: 0.4,
    cutouts: 64,
    cutMethod: "shifted",
    augmentations: [{ kind: "grain", level: 0.2 }],
    padding: "border",
    regularizer: noRegularizer,
    clampToCodebook: false,
  },
  /** FuseDream (Liu et al. 2021): the best of many starts, mixed number by number, seen through strong views. */
  fusedream: {
    ...common,
    latent: "fused",
    start: "normal",
    candidates: 1000,
    steps: 1000,
    learningRate: 0.005,
    distance: "cosine",
    cutouts: 50,
    cutMethod: "whole",
    augmentations: [
      { kind: "shade", level: 0.25 },
      { kind: "jitter", brightness: 0, contrast: 0.5, saturation: 1, hue: 0, p: 1 },
      { kind: "affine", degrees: 0, translate: 0.125, shear: 0, p: 1 },
      { kind: "zoom", least: 0.8, most: 1.2 },
      { kind: "erasing", minArea: 0.0625, maxArea: 0.25, p: 1 },
    ],
    padding: "grey",
    regularizer: noRegularizer,
  },
  /** FlexIT (Couairon et al. 2022), for edits: towards the text, away from what was, and near to the source in three ways. */
  flexit: {
    ...common,
    latent: "continuous",
    steps: 160,
    optimizer: "relative",
    learningRate: 0.05,
    distance: "cosine",
    cutouts: 8,
    cutMethod: "whole",
    augmentations: [
      { kind: "affine", degrees: 10, translate: 0.05, shear: 0, p: 1 },
      { kind: "zoom", least: 1, most: 1.12 },
      { kind: "hflip", p: 0.5 },
    ],
    padding: "zeros",
    regularizer: { weight: 0.05, target: "relative", decay: 0, every: 1 },
    structure: 0.2,
    perceptual: 0.15,
    clampToCodebook: false,
  },
  /** CLIPDraw (Frans et al. 2021), for `strokes`: four warped views, and rates that fall twice. */
  clipdraw: {
    ...common,
    latent: "continuous",
    start: "normal",
    distance: "cosine",
    steps: 1000,
    learningRate: 1,
    schedule: { kind: "stages", middle: 0.4, last: 0.1, warmup: 0, cycles: 1, over: null },
    cutouts: 4,
    cutMethod: "whole",
    augmentations: [{ kind: "perspective", distortion: 0.5, p: 1 }],
    padding: "border",
    regularizer: noRegularizer,
    clampToCodebook: false,
  },
  /** CLIPasso (Vinker et al. 2022), for edits by `strokes`: the same warped views of picture and sketch, alike in the encoder's inner layers and a little in its embedding. */
  sketch: {
    ...common,
    latent: "continuous",
    start: "normal",
    distance: "cosine",
    steps: 2000,
    learningRate: 1,
    cutouts: 5,
    cutMethod: "whole",
    augmentations: [
      { kind: "perspective", distortion: 0.5, p: 0.8 },
      { kind: "zoom", least: 1, most: 1.12 },
    ],
    padding: "border",
    regularizer: noRegularizer,
    perceptual: 1,
    structure: 0.1,
    clampToCodebook: false,
  },
  /** Tian & Ha 2022, for triangles of `strokes`: no gradient, but a population each step. */
  pgpe: {
    ...common,
    search: "pgpe",
    population: 256,
    spread: 5,
    optimizer: "clipup",
    latent: "continuous",
    start: "normal",
    distance: "cosine",
    steps: 2000,
    learningRate: 4,
    cutouts: 4,
    cutMethod: "whole",
    augmentations: [
      { kind: "zoom", least: 1.05, most: 1.2 },
      { kind: "affine", degrees: 0, translate: 0.05, shear: 0, p: 1 },
    ],
    padding: "border",
    regularizer: noRegularizer,
    clampToCodebook: false,
  },
  /** CLIPstyler (Kwon & Ye 2022), for `unet`: small warped patches go the way from a photo to the prompts, none too far. */
  clipstyler: {
    ...common,
    latent: "continuous",
    start: "normal",
    steps: 200,
    learningRate: 0.0005,
    schedule: { kind: "step", decay: 0.5, every: 100, warmup: 0, cycles: 1, over: null },
    cutouts: 64,
    cutMethod: "patches",
    augmentations: [{ kind: "perspective", distortion: 0.5, p: 1 }],
    padding: "zeros",
    direction: { from: "a photo", to: null, weight: 9, threshold: 0.7, against: "whole", whole: 0.5 },
    content: 0.15,
    pictureRegularizers: [{ kind: "tv", weight: 0.006 }],
    regularizer: noRegularizer,
    clampToCodebook: false,
  },
  /** Eyring et al. 2024 (ReNO): noise descended by Nesterov's momentum, held at the length that noise has. */
  reno: {
    ...noise,
    steps: 50,
    optimizer: "nesterov",
    learningRate: 5,
    gradientClip: 0.1,
    regularizer: { weight: 0.01, target: "noise", decay: 0, every: 1 },
  },
  /** Hwang & Sung 2026 (GPER): gradient and noise projected onto white noise, Adam, and no weight to tune. */
  gper: {
    ...noise,
    steps: 60,
    learningRate: 0.1,
    gradientClip: 0.03,
    whiten: true,
    regularizer: noRegularizer,
  },
} as const satisfies Record<string, Recipe>;

/** The name of a recipe. */
export type PresetName = keyof typeof presets;
/** Whether it says itself how far an edit goes, where nobody names a strength. */
export const isOfEdits = (preset: PresetName): boolean => ["flexit", "clipstyler", "sketch"].includes(preset);

/** The generators in whose units the rates of a preset are, where it suits no others. */
const generatorsOf: { readonly [Name in PresetName]?: string } = {
  das: "pixels",
  clipdraw: "strokes",
  sketch: "strokes",
  pgpe: "strokes",
  clipstyler: "unet",
};

/** The generator that a preset is for; undefined where that is the one of this name, with or without its options, or any. */
export function otherGenerator(preset: PresetName, name: string): string | undefined {
  const own = generatorsOf[preset];
  return own === name.split(":")[0] ? undefined : own;
}

export const presetNames = Object.keys(presets) as PresetName[];

/** What a recipe is, in a line, for people who choose one. */
export const presetWords: Readonly<Record<PresetName, string>> = {
  paper: "As in the paper: 400 steps, 64 random crops",
  notebook: "The authors' first notebook: plain random crops",
  "codebook-sampling": "Draws codes anew at each step; rough and varied",
  mse: "The authors' regularised notebook: calm colours",
  ema: "The authors' notebook with a running average: smooth",
  nerdyrodent: "The popular fork: the whole picture, strongly changed",
  das: "Direct Ascent Synthesis: all scales at once, for pixels",
  fusedream: "FuseDream: the best of many starts, mixed",
  flexit: "FlexIT: edits that stay near to the source",
  clipdraw: "CLIPDraw: a drawing of strokes",
  sketch: "CLIPasso: a sketch of a picture, by strokes",
  pgpe: "Triangles found without a gradient; hours of work",
  clipstyler: "CLIPstyler: a photo repainted in a style, by unet",
  reno: "ReNO: for diffusion models, their noise descended",
  gper: "GPER: for diffusion models, their noise kept noise",
};
