/** Every setting of a run. Generated from the schema in settings.ts by `npm run generate:types`: change it there. */
import type { Seed } from "../core/seed.js";

/** Every setting of a run, complete. */
export type Settings = {
  /** What to see: text:weight:stop, joined by | (default: none: a run needs a prompt or a target). */
  prompts: string;
  /** What the generator itself is told to draw, where it reads texts; null for the prompts that attract (default: null). */
  generatorPrompt: string | null;
  /** Share of its schedule at which a diffusion model's step begins: 1 at noise alone, less at a picture with noise over it: a number from 0.02 to 1 (default: the model's recommendation, else preset paper's 1). */
  noising: number;
  /** Pictures, noise and vectors to be near, beside the texts: 0 to 64 of them (default: the model's recommendation, else preset paper's none). */
  targets: (
    | {
        kind: "image";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
        /** Its gradient ends once sign(weight) * distance is below this; null for never: a number. */
        stop: number | null;
        /** Whether the picture's cutouts are taken once, or anew each step: fixed|fresh. */
        views: "fixed" | "fresh";
      }
    | {
        kind: "noise";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
        /** Its gradient ends once sign(weight) * distance is below this; null for never: a number. */
        stop: number | null;
        /** Which random direction: a whole number from 0 to 18446744073709551615. */
        seed: Seed;
      }
    | {
        kind: "vector";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
        /** Its gradient ends once sign(weight) * distance is below this; null for never: a number. */
        stop: number | null;
      }
  )[];
  /** Width and height in pixels: a whole number from 16 to 4096 (default: the model's recommendation, else the generator's own size). */
  size: [number, number];
  /** Start of all randomness: a whole number from 0 to 18446744073709551615 (default: drawn, and told). */
  seed: Seed;
  /** Optimisation steps; 0 for the start alone: a whole number from 0 to 1000000 (default: the model's recommendation, else preset paper's 400). */
  steps: number;
  /** Rule that moves the latent: adam|adamw|adagrad|adamax|rmsprop|radam|nadam|diffgrad|adamp|normalized|relative|clipup|sgd|nesterov (default: the model's recommendation, else preset paper's "adam"). */
  optimizer:
    | "adam"
    | "adamw"
    | "adagrad"
    | "adamax"
    | "rmsprop"
    | "radam"
    | "nadam"
    | "diffgrad"
    | "adamp"
    | "normalized"
    | "relative"
    | "clipup"
    | "sgd"
    | "nesterov";
  /** How a step finds out where the loss falls: by its gradient, or by a population of latents (PGPE): gradient|pgpe (default: the model's recommendation, else preset paper's "gradient"). */
  search: "gradient" | "pgpe";
  /** Latents that a step of pgpe looks at: an even number from 2 to 4096 (default: the model's recommendation, else preset paper's 64). */
  population: number;
  /** How far they lie around the latent at first, in its units: a number above 0 to 1000 (default: the model's recommendation, else preset paper's 0.1). */
  spread: number;
  /** Step size of the optimiser: a number above 0 to 100 (default: the model's recommendation, else preset paper's 0.15). */
  learningRate: number;
  /** Course of the learning rate over the run (default: the model's recommendation, else preset paper's {"kind":"constant","warmup":0}). */
  schedule:
    | {
        kind: "constant";
        /** Steps over which the rate first rises to the full one: a whole number from 0 to 1000000 (default: 0). */
        warmup: number;
      }
    | {
        kind: "linear";
        /** What the factor of the rate falls to, from 1: a number from 0 to 1 (default: 0). */
        final: number;
        /** Steps over which the rate first rises to the full one: a whole number from 0 to 1000000 (default: 0). */
        warmup: number;
        /** How often it runs its course, each time from the full rate: a whole number from 1 to 10000 (default: 1). */
        cycles: number;
        /** Steps that it spans, warm-up included; null for the run's: a whole number from 1 to 1000000 (default: null). */
        over: number | null;
      }
    | {
        kind: "cosine";
        /** What the factor of the rate falls to, from 1: a number from 0 to 1 (default: 0). */
        final: number;
        /** Steps over which the rate first rises to the full one: a whole number from 0 to 1000000 (default: 0). */
        warmup: number;
        /** How often it runs its course, each time from the full rate: a whole number from 1 to 10000 (default: 1). */
        cycles: number;
        /** Steps that it spans, warm-up included; null for the run's: a whole number from 1 to 1000000 (default: null). */
        over: number | null;
      }
    | {
        kind: "step";
        /** Steps over which the rate first rises to the full one: a whole number from 0 to 1000000 (default: 0). */
        warmup: number;
        /** How often it runs its course, each time from the full rate: a whole number from 1 to 10000 (default: 1). */
        cycles: number;
        /** Steps that it spans, warm-up included; null for the run's: a whole number from 1 to 1000000 (default: null). */
        over: number | null;
        /** Factor of the rate after each `every` steps: a number from 0 to 1 (default: 0.5). */
        decay: number;
        /** Steps between two falls: a whole number from 1 to 1000000 (default: 100). */
        every: number;
      }
    | {
        kind: "exponential";
        /** Steps over which the rate first rises to the full one: a whole number from 0 to 1000000 (default: 0). */
        warmup: number;
        /** How often it runs its course, each time from the full rate: a whole number from 1 to 10000 (default: 1). */
        cycles: number;
        /** Steps that it spans, warm-up included; null for the run's: a whole number from 1 to 1000000 (default: null). */
        over: number | null;
        /** Factor of the rate after each `every` steps: a number from 0 to 1 (default: 0.5). */
        decay: number;
        /** Steps between two falls: a whole number from 1 to 1000000 (default: 100). */
        every: number;
      }
    | {
        kind: "stages";
        /** Factor of the rate from half of its course on: a number from 0 to 1 (default: 0.4). */
        middle: number;
        /** Factor of the rate from three quarters of its course on: a number from 0 to 1 (default: 0.1). */
        last: number;
        /** Steps over which the rate first rises to the full one: a whole number from 0 to 1000000 (default: 0). */
        warmup: number;
        /** How often it runs its course, each time from the full rate: a whole number from 1 to 10000 (default: 1). */
        cycles: number;
        /** Steps that it spans, warm-up included; null for the run's: a whole number from 1 to 1000000 (default: null). */
        over: number | null;
      };
  /** Greatest length of the whole latent's gradient, to which longer ones are shortened; 0 for any: a number from 0 to 1000000 (default: the model's recommendation, else preset paper's 0). */
  gradientClip: number;
  /** Project the gradient, and the latent after each step, onto white noise; for latents that are noise (default: the model's recommendation, else preset paper's false). */
  whiten: boolean;
  /** End early when the smoothed loss has not fallen for so many steps (default: the model's recommendation, else preset paper's {"patience":0,"delta":0.001,"smoothing":0.9}). */
  plateau: {
    /** Steps without a fall that end the run; 0 for never: a whole number from 0 to 1000000. */
    patience: number;
    /** In units of the loss: a smaller fall counts as none: a number from 0 to 1000. */
    delta: number;
    /** Weight of the past in the smoothed loss: a number from 0 to 0.9999. */
    smoothing: number;
  };
  /** The result is the picture whose own loss was lowest, instead of the last; a judge comes first (default: the model's recommendation, else preset paper's false). */
  keepBest: boolean;
  /** Steps between two looks of the judge, where there is one: a whole number from 1 to 1000000 (default: the model's recommendation, else preset paper's 25). */
  judgeEvery: number;
  /** Windows the perceptor sees each step: a whole number from 1 to 4096 (default: the model's recommendation, else preset paper's 64). */
  cutouts: number;
  /** How windows are chosen: random|gaussian|shifted|patches|whole|pooled (default: the model's recommendation, else preset paper's "random"). */
  cutMethod: "random" | "gaussian" | "shifted" | "patches" | "whole" | "pooled";
  /** Exponent of the random crop size: a number above 0 to 10 (default: the model's recommendation, else preset paper's 1). */
  cutPower: number;
  /** Random views of each cutout: 0 to 16 of them (default: the model's recommendation, else preset paper's [{"kind":"hflip","p":0.5},{"kind":"affine","degrees":30,"translate":0.1,"shear":0,"p":0.8},{"kind":"perspective","distortion":0.2,"p":0.4},{"kind":"jitter","brightness":0,"contrast":0,"saturation":0.01,"hue":0.01,"p":0.7},{"kind":"noise","level":0.1}]). */
  augmentations: (
    | {
        kind: "hflip";
        /** Share of the cutouts that it happens to: a number from 0 to 1. */
        p: number;
      }
    | {
        kind: "affine";
        /** How far it turns at most, either way: a number from 0 to 180. */
        degrees: number;
        /** How far the place, in sides of the cutout, strays at most: a number from 0 to 1. */
        translate: number;
        /** How far it slants at most, in degrees: a number from 0 to 80. */
        shear: number;
        /** Share of the cutouts that it happens to: a number from 0 to 1. */
        p: number;
      }
    | {
        kind: "perspective";
        /** How far corners move at most, in halves of a side: a number from 0 to 0.95. */
        distortion: number;
        /** Share of the cutouts that it happens to: a number from 0 to 1. */
        p: number;
      }
    | {
        kind: "jitter";
        /** How far the factor of brightness, from 1, strays at most: a number from 0 to 1. */
        brightness: number;
        /** How far the factor of contrast, from 1, strays at most: a number from 0 to 1. */
        contrast: number;
        /** How far the factor of saturation, from 1, strays at most: a number from 0 to 1. */
        saturation: number;
        /** How far the hue turns at most, in whole turns: a number from 0 to 0.5. */
        hue: number;
        /** Share of the cutouts that it happens to: a number from 0 to 1. */
        p: number;
      }
    | {
        kind: "zoom";
        /** Least factor that the picture grows by about the cutout's middle: a number from 0.1 to 10. */
        least: number;
        /** Greatest factor that it grows by: a number from 0.1 to 10. */
        most: number;
      }
    | {
        kind: "shade";
        /** How much it lightens or darkens at most, of 1: a number from 0 to 1. */
        level: number;
      }
    | {
        kind: "erasing";
        /** Least share of a cutout that is erased: a number from 0 to 1. */
        minArea: number;
        /** Greatest share of a cutout that is erased: a number from 0 to 1. */
        maxArea: number;
        /** Share of the cutouts that it happens to: a number from 0 to 1. */
        p: number;
      }
    | {
        kind: "noise";
        /** Greatest standard deviation of the noise that is added: a number from 0 to 10. */
        level: number;
      }
    | {
        kind: "grain";
        /** How much the noise that is added lightens at most: a number from 0 to 10. */
        level: number;
      }
  )[];
  /** What is optimised: a latent, logits of codes, or a mixture of several latents: quantized|continuous|sampled|mixed|fused (default: the model's recommendation, else preset paper's "quantized"). */
  latent: "quantized" | "continuous" | "sampled" | "mixed" | "fused";
  /** Latents that a fused one is mixed of: the best of the candidates: a whole number from 2 to 64 (default: the model's recommendation, else preset paper's 5). */
  basis: number;
  /** Decay of a running average of the latent, which the picture shows: a number from 0 to 0.9999 (default: the model's recommendation, else preset paper's 0). */
  average: number;
  /** First latent, when no picture or codes are given: codes|normal|pixels|gradient|light|white|grey (default: the model's recommendation, else preset paper's "pixels"). */
  start: "codes" | "normal" | "pixels" | "gradient" | "light" | "white" | "grey";
  /** Random starts that are looked at before the first step; the run begins at the best of them: a whole number from 1 to 10000 (default: the model's recommendation, else preset paper's 1). */
  candidates: number;
  /** How far a picture is from a prompt: the squared angle, or 1 minus its cosine: spherical|cosine (default: the model's recommendation, else preset paper's "spherical"). */
  distance: "spherical" | "cosine";
  /** What lies outside the picture; with grey, erased parts are grey too: border|zeros|grey (default: the model's recommendation, else preset paper's "border"). */
  padding: "border" | "zeros" | "grey";
  /** Pull on the latent: weight * mean((z - target)^2), weight * its way by its first length, or weight * how unlikely its length is for noise (default: the model's recommendation, else preset paper's {"weight":1,"target":"zero","decay":0.005,"every":1}). */
  regularizer: {
    /** How much it counts; 0 for none: a number from 0 to 1000. */
    weight: number;
    /** What the latent is drawn to: zero, where the run began, the same by lengths in shares of what they were, the running average at each restart, or the length that noise has: zero|init|relative|average|noise. */
    target: "zero" | "init" | "relative" | "average" | "noise";
    /** What the weight falls by every `every` steps, down to 0: a number from 0. */
    decay: number;
    /** Steps between two falls of the weight: a whole number from 1. */
    every: number;
    /** Begin the optimiser anew whenever the weight falls, at the running average where there is one. */
    restart?: boolean | undefined;
  };
  /** After each step the latent goes a share of the way to what the generator's prior, where it has one, makes of it under noise (default: the model's recommendation, else preset paper's {"weight":0,"from":0.9,"to":0.5}). */
  prior: {
    /** Share of the way that it goes; 0 for none: a number from 0 to 1. */
    weight: number;
    /** How much noise lies over it at the first step: a number from 0 to 1. */
    from: number;
    /** How much at the last; in between it falls evenly: a number from 0 to 1. */
    to: number;
    /** How much of its weight is left at the last step; in between it falls evenly (default 1): a number from 0 to 1. */
    final?: number | undefined;
  };
  /** What the picture itself is asked to be; negative weights ask for the contrary: 0 to 16 of them (default: the model's recommendation, else preset paper's none). */
  pictureRegularizers: (
    | {
        kind: "tv";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
      }
    | {
        kind: "smoothness";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
      }
    | {
        kind: "symmetry";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
        /** Which halves are alike: left-right|top-bottom|both (default: "left-right"). */
        mirror: "left-right" | "top-bottom" | "both";
      }
    | {
        kind: "saturation";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
      }
    | {
        kind: "palette";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
        /** The colours to be near, such as #ff8000: 1 to 256 of them. */
        colours: string[];
      }
    | {
        kind: "border";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
        /** What colour the picture's margin is to have (default: "#ffffff"). */
        colour: string;
        /** How wide the margin is, in percent of the shorter side: a number from 0.1 to 50 (default: 5). */
        width: number;
      }
    | {
        kind: "own";
        /** How much it counts, from -1000 to 1000 but 0: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: number | string;
        /** Which of the losses that the library was given. */
        name: string;
      }
  )[];
  /** Scores of reward models and places between two texts that the picture is to raise; negative weights lower: 0 to 16 of them (default: the model's recommendation, else preset paper's none). */
  rewards: (
    | {
        kind: "model";
        /** Which of the reward models that were given. */
        name: string;
        /** Which of its numbers; null for its only one (default: null). */
        output: string | null;
        /** How much it counts, from -1000 to 1000; 0: it is told and counts for nothing: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: 0 | number | string;
      }
    | {
        kind: "axis";
        /** The text that it leads away from. */
        from: string;
        /** The text that it leads to. */
        to: string;
        /** How much it counts, from -1000 to 1000; 0: it is told and counts for nothing: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
        weight: 0 | number | string;
      }
  )[];
  /** The score that picks the result, in a judge's place; null for none (default: the model's recommendation, else preset paper's null). */
  judgeReward:
    | {
        kind: "model";
        /** Which of the reward models that were given. */
        name: string;
        /** Which of its numbers; null for its only one (default: null). */
        output: string | null;
      }
    | {
        kind: "axis";
        /** The text that it leads away from. */
        from: string;
        /** The text that it leads to. */
        to: string;
      }
    | null;
  /** Pull of each cutout to the source's same cutout, in edits: a number from 0 to 1000 (default: the model's recommendation, else preset paper's 0). */
  structure: number;
  /** Pull of each cutout to the source's same cutout in the encoder's inner layers, in edits: a number from 0 to 1000 (default: the model's recommendation, else preset paper's 0). */
  perceptual: number;
  /** Pull of each cutout's change from the source along the way between two texts, in edits; null for none (default: the model's recommendation, else preset paper's null). */
  direction: {
    /** What the source is, such as a photo. */
    from: string;
    /** What it is to become, such as a sketch; null for the prompts, which then draw in no other way. */
    to: string | null;
    /** How much it counts: a number above 0 to 1000. */
    weight: number;
    /** Cutouts whose 1 - cosine is below this are left as they are: a number from 0 to 2 (default: 0). */
    threshold: number;
    /** What a cutout's change is taken from: the source's same cutout, or the whole source: same|whole (default: "same"). */
    against: "same" | "whole";
    /** How much the change of the whole picture counts beside that of its cutouts; 0 for none: a number from 0 to 1000 (default: 0). */
    whole: number;
  } | null;
  /** Pull of the picture to the source's content, as a classifier (VGG19) sees it, in edits: a number from 0 to 1000 (default: the model's recommendation, else preset paper's 0). */
  content: number;
  /** Pull of the picture's edges to the source's, in edits: a number from 0 to 1000 (default: the model's recommendation, else preset paper's 0). */
  edges: number;
  /** Soft edge inside a mask, in pixels: a number from 0 to 1024 (default: the model's recommendation, else preset paper's 8). */
  feather: number;
  /** How the picture moves between the frames of a video; null for a single picture (default: the model's recommendation, else preset paper's null). */
  motion: {
    /** Steps of the first frame: a whole number from 1 to 1000000. */
    first: number;
    /** Steps of each later one: a whole number from 1 to 1000000. */
    every: number;
    /** Factor that the picture grows by between two frames: a number from 0.1 to 10. */
    zoom: number;
    /** Pixels that it moves right and down: a number from -4096 to 4096. */
    pan: [number, number];
    /** Degrees that it turns clockwise: a number from -180 to 180. */
    rotate: number;
  } | null;
  /** How frames of a styled video follow one another; null for a single picture (default: the model's recommendation, else preset paper's null). */
  temporal: {
    /** Share of the previous frame's result in what a frame begins at: a number from 0 to 1. */
    blend: number;
    /** Share s of the previous frames' latents in the one that is shown: z' <- s * z' + (1 - s) * z: a number from 0 to 0.99. */
    smooth: number;
  } | null;
  /** Numbers of other settings that change from step to step, in place of what these say: 0 to 16 of them (default: the model's recommendation, else preset paper's none). */
  courses: {
    /** Which setting; of `regularizer`, `prior` and `direction` it is their weight: learningRate|gradientClip|cutPower|regularizer|prior|structure|perceptual|direction|content|edges|zoom|panX|panY|rotate. */
    of:
      | "learningRate"
      | "gradientClip"
      | "cutPower"
      | "regularizer"
      | "prior"
      | "structure"
      | "perceptual"
      | "direction"
      | "content"
      | "edges"
      | "zoom"
      | "panX"
      | "panY"
      | "rotate";
    /** What it is: a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400. */
    values: string;
  }[];
  /** Keep each latent channel within the codebook's range (default: the model's recommendation, else preset paper's true). */
  clampToCodebook: boolean;
  /** How prompt losses join: sum|mean (default: the model's recommendation, else preset paper's "sum"). */
  promptReduction: "sum" | "mean";
  /** Share of a scene over which stories (a ^ b) pass to the next: a number from 0 to 1 (default: the model's recommendation, else preset paper's 0.5). */
  sceneFade: number;
  /** What is read of texts longer than the text encoder takes: cut|average (default: the model's recommendation, else preset paper's "cut"). */
  longPrompts: "cut" | "average";
  /** How much each CLIP's losses count, in their order; none: 1 each: 0 to 8 of them, a number above 0 to 1000 each (default: the model's recommendation, else preset paper's none). */
  perceptorWeights: number[];
  /** Compute the generator's values again for the gradient instead of keeping them: less memory, more time (default: the model's recommendation, else preset paper's false). */
  recompute: boolean;
  /** Cutouts in memory at once; the gradient is the same: a whole number from 1 to 4096 (default: the model's recommendation, else preset paper's 16). */
  microBatch: number;
};
