/** Every setting of a run in one schema: command-line flags, files and metadata all derive from it. */
import * as z from "zod";
import { requires, VqganClipError } from "../core/errors.js";
import { inWords } from "../core/schema-words.js";
import { shown } from "../core/shown.js";
import { optimizerNames } from "../optim/optimizer.js";
import { searches } from "../optim/pgpe.js";
import { parsePrompts } from "../prompts/prompt.js";
import { longPromptWays } from "../prompts/prompt-embedding.js";
import { courseSchema, extremes, requireCourses } from "./courses.js";
import { cutMethods } from "./cutouts.js";
import { isOneLatent, latentKinds } from "./latent-kind.js";
import { distances } from "./losses.js";
import {
  augmentationSchema,
  directionSchema,
  pictureRegularizerSchema,
  rewardNameSchema,
  rewardSchema,
  scheduleSchema,
  seed,
  targetSchema,
} from "./setting-parts.js";
import type { Settings } from "./settings-type.js";
import { starts } from "./starts.js";

/** Pixels a side: at least one code, at most what 32-bit offsets and a patient user allow. */
const side = z.int().min(16).max(4096);

const noiseShare = z.number().min(0).max(1);

/** The schema of all settings, of zod: what each is (`description`), and the check of its values. */
export const settingsSchema = z.strictObject({
  prompts: z.string().describe("what to see: text:weight:stop, joined by |"),
  generatorPrompt: z
    .string()
    .max(10_000)
    .nullable()
    .describe("what the generator itself is told to draw, where it reads texts; null for the prompts that attract"),
  noising: z
    .number()
    .min(0.02)
    .max(1)
    .describe(
      "share of its schedule at which a diffusion model's step begins: 1 at noise alone, less at a picture with noise over it",
    ),
  targets: z.array(targetSchema).max(64).describe("pictures, noise and vectors to be near, beside the texts"),
  size: z.tuple([side, side]).describe("width and height in pixels"),
  seed: seed.describe("start of all randomness"),
  steps: z.int().min(0).max(1_000_000).describe("optimisation steps; 0 for the start alone"),
  optimizer: z.enum(optimizerNames).describe("rule that moves the latent"),
  search: z
    .enum(searches)
    .describe("how a step finds out where the loss falls: by its gradient, or by a population of latents (PGPE)"),
  population: z.int().min(2).max(4096).multipleOf(2).describe("latents that a step of pgpe looks at"),
  spread: z.number().positive().max(1000).describe("how far they lie around the latent at first, in its units"),
  learningRate: z.number().positive().max(100).describe("step size of the optimiser"),
  schedule: scheduleSchema.describe("course of the learning rate over the run"),
  gradientClip: z
    .number()
    .min(0)
    .max(1_000_000)
    .describe("greatest length of the whole latent's gradient, to which longer ones are shortened; 0 for any"),
  whiten: z
    .boolean()
    .describe("project the gradient, and the latent after each step, onto white noise; for latents that are noise"),
  plateau: z
    .strictObject({
      patience: z.int().min(0).max(1_000_000).describe("steps without a fall that end the run; 0 for never"),
      delta: z.number().min(0).max(1000).describe("in units of the loss: a smaller fall counts as none"),
      smoothing: z.number().min(0).max(0.9999).describe("weight of the past in the smoothed loss"),
    })
    .describe("end early when the smoothed loss has not fallen for so many steps"),
  keepBest: z
    .boolean()
    .describe("the result is the picture whose own loss was lowest, instead of the last; a judge comes first"),
  judgeEvery: z.int().min(1).max(1_000_000).describe("steps between two looks of the judge, where there is one"),
  cutouts: z.int().min(1).max(4096).describe("windows the perceptor sees each step"),
  cutMethod: z.enum(cutMethods).describe("how windows are chosen"),
  cutPower: z.number().positive().max(10).describe("exponent of the random crop size"),
  augmentations: z.array(augmentationSchema).max(16).describe("random views of each cutout"),
  latent: z.enum(latentKinds).describe("what is optimised: a latent, logits of codes, or a mixture of several latents"),
  basis: z.int().min(2).max(64).describe("latents that a fused one is mixed of: the best of the candidates"),
  average: z.number().min(0).max(0.9999).describe("decay of a running average of the latent, which the picture shows"),
  start: z.enum(starts).describe("first latent, when no picture or codes are given"),
  candidates: z
    .int()
    .min(1)
    .max(10_000)
    .describe("random starts that are looked at before the first step; the run begins at the best of them"),
  distance: z.enum(distances).describe("how far a picture is from a prompt: the squared angle, or 1 minus its cosine"),
  padding: z
    .enum(["border", "zeros", "grey"])
    .describe("what lies outside the picture; with grey, erased parts are grey too"),
  regularizer: z
    .strictObject({
      weight: z.number().min(0).max(1000).describe("how much it counts; 0 for none"),
      target: z
        .enum(["zero", "init", "relative", "average", "noise"])
        .describe(
          "what the latent is drawn to: zero, where the run began, the same by lengths in shares of what they were, the running average at each restart, or the length that noise has",
        ),
      decay: z.number().min(0).describe("what the weight falls by every `every` steps, down to 0"),
      every: z.int().min(1).describe("steps between two falls of the weight"),
      restart: z
        .boolean()
        .optional()
        .describe("begin the optimiser anew whenever the weight falls, at the running average where there is one"),
    })
    .describe(
      "pull on the latent: weight * mean((z - target)^2), weight * its way by its first length, or weight * how unlikely its length is for noise",
    ),
  prior: z
    .strictObject({
      weight: z.number().min(0).max(1).describe("share of the way that it goes; 0 for none"),
      from: noiseShare.describe("how much noise lies over it at the first step"),
      to: noiseShare.describe("how much at the last; in between it falls evenly"),
      final: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe("how much of its weight is left at the last step; in between it falls evenly (default 1)"),
    })
    .describe(
      "after each step the latent goes a share of the way to what the generator's prior, where it has one, makes of it under noise",
    ),
  pictureRegularizers: z
    .array(pictureRegularizerSchema)
    .max(16)
    .describe("what the picture itself is asked to be; negative weights ask for the contrary"),
  rewards: z
    .array(rewardSchema)
    .max(16)
    .describe(
      "scores of reward models and places between two texts that the picture is to raise; negative weights lower",
    ),
  judgeReward: rewardNameSchema
    .nullable()
    .describe("the score that picks the result, in a judge's place; null for none"),
  structure: z.number().min(0).max(1000).describe("pull of each cutout to the source's same cutout, in edits"),
  perceptual: z
    .number()
    .min(0)
    .max(1000)
    .describe("pull of each cutout to the source's same cutout in the encoder's inner layers, in edits"),
  direction: directionSchema
    .nullable()
    .describe("pull of each cutout's change from the source along the way between two texts, in edits; null for none"),
  content: z
    .number()
    .min(0)
    .max(1000)
    .describe("pull of the picture to the source's content, as a classifier (VGG19) sees it, in edits"),
  edges: z.number().min(0).max(1000).describe("pull of the picture's edges to the source's, in edits"),
  feather: z.number().min(0).max(1024).describe("soft edge inside a mask, in pixels"),
  motion: z
    .strictObject({
      first: z.int().min(1).max(1_000_000).describe("steps of the first frame"),
      every: z.int().min(1).max(1_000_000).describe("steps of each later one"),
      zoom: z.number().min(0.1).max(10).describe("factor that the picture grows by between two frames"),
      pan: z
        .tuple([z.number().min(-4096).max(4096), z.number().min(-4096).max(4096)])
        .describe("pixels that it moves right and down"),
      rotate: z.number().min(-180).max(180).describe("degrees that it turns clockwise"),
    })
    .nullable()
    .describe("how the picture moves between the frames of a video; null for a single picture"),
  temporal: z
    .strictObject({
      blend: z.number().min(0).max(1).describe("share of the previous frame's result in what a frame begins at"),
      smooth: z
        .number()
        .min(0)
        .max(0.99)
        .describe("share s of the previous frames' latents in the one that is shown: z' <- s * z' + (1 - s) * z"),
    })
    .nullable()
    .describe("how frames of a styled video follow one another; null for a single picture"),
  courses: z
    .array(courseSchema)
    .max(16)
    .describe("numbers of other settings that change from step to step, in place of what these say"),
  clampToCodebook: z.boolean().describe("keep each latent channel within the codebook's range"),
  promptReduction: z.enum(["sum", "mean"]).describe("how prompt losses join"),
  sceneFade: z.number().min(0).max(1).describe("share of a scene over which stories (a ^ b) pass to the next"),
  longPrompts: z.enum(longPromptWays).describe("what is read of texts longer than the text encoder takes"),
  perceptorWeights: z
    .array(z.number().positive().max(1000))
    .max(8)
    .describe("how much each CLIP's losses count, in their order; none: 1 each"),
  recompute: z
    .boolean()
    .describe("compute the generator's values again for the gradient instead of keeping them: less memory, more time"),
  microBatch: z.int().min(1).max(4096).describe("cutouts in memory at once; the gradient is the same"),
});

/** The interface that is generated says what the schema does, and the other way round. */
settingsSchema satisfies z.ZodType<Settings>;
(settings: Settings): z.infer<typeof settingsSchema> => settings;

export type { Settings } from "./settings-type.js";
export type SettingName = keyof Settings;
/** What a preset or a model recommends: everything but what to draw. */
export type Recipe = Omit<Settings, "prompts" | "seed" | "size">;

/** What settings had from before a setting was there. */
const formerly = {
  generatorPrompt: null,
  noising: 1,
  search: "gradient",
  population: 64,
  spread: 0.1,
  gradientClip: 0,
  whiten: false,
  keepBest: false,
  candidates: 1,
  basis: 5,
  distance: "spherical",
  rewards: [],
  judgeReward: null,
  direction: null,
  courses: [],
  content: 0,
  edges: 0,
  prior: { weight: 0, from: 0.9, to: 0.5 },
} as const satisfies Partial<Settings>;

/** Checks a complete set of settings, whose newest may be missing in old files. @throws BAD_ARGUMENT (BAD_PROMPT) naming the setting, what is wanted and what came */
export function checkSettings(candidate: unknown): Settings {
  const whole = typeof candidate === "object" ? { ...formerly, ...candidate } : candidate;
  const settings = parsed(whole, "");
  const { regularizer, average, latent, start, whiten, keepBest, direction, prompts, prior } = settings;
  requireCourses(settings);
  for (const [name, extreme] of extremes(settings)) parsed(extreme, `courses: ${name}: `);
  requires(
    direction?.to !== null || prompts !== "",
    "BAD_ARGUMENT",
    () => "direction: it leads to the prompts, and there are none",
    "write what the picture is to become",
  );
  requires(
    regularizer.target !== "average" || average > 0,
    "BAD_ARGUMENT",
    () => "regularizer.target: average needs a running average, there is none",
    "set average, such as 0.99",
  );
  const kinds = settings.augmentations.map(({ kind }) => kind);
  requires(
    !kinds.includes("noise") || !kinds.includes("grain"),
    "BAD_ARGUMENT",
    () => "augmentations: noise and grain are two of one thing",
    "leave one out",
  );
  requires(
    regularizer.target !== "average" || regularizer.restart === true,
    "BAD_ARGUMENT",
    () => "regularizer.target: average is taken at restarts, there are none",
    "set restart",
  );
  requires(
    regularizer.target !== "noise" || latent === "continuous",
    "BAD_ARGUMENT",
    () => `regularizer.target: noise is for a continuous latent, this one is ${latent}`,
    "set latent to continuous, or another target",
  );
  requires(
    !whiten || (latent === "continuous" && start === "normal" && average === 0),
    "BAD_ARGUMENT",
    () => `whiten: needs a latent that is noise, this is ${latent} with start ${start} and average ${average}`,
    "set latent to continuous, start to normal and average to 0, or leave it off",
  );
  requires(
    prior.weight === 0 || isOneLatent(latent),
    "BAD_ARGUMENT",
    () => `prior: it knows latents, and what is optimised is ${latent}`,
    "set latent to continuous or quantized, or prior to 0",
  );
  requires(
    !keepBest || (average === 0 && latent !== "sampled"),
    "BAD_ARGUMENT",
    () => "keepBest: losses are not those of the picture that is shown where codes are drawn or latents averaged",
    "name a judge instead, or leave it off",
  );
  if (settings.targets.length === 0 || prompts !== "") parsePrompts(prompts);
  return settings;
}

/** @param where what messages begin with @throws BAD_ARGUMENT */
function parsed(candidate: unknown, where: string): Settings {
  const result = settingsSchema.safeParse(candidate, { reportInput: true, error: inWords });
  if (result.success) return result.data;
  const { path = [], message = "invalid", input } = result.error.issues[0] ?? {};
  const came = input === undefined ? "" : `, got ${shown(input)}`;
  throw new VqganClipError("BAD_ARGUMENT", `${where}${path.join(".") || "settings"}: ${message}${came}`);
}
