/** What clients may ask for, made from the one schema of settings: no paths, no addresses, nothing that is not named here. */
import * as z from "zod";
import { VqganClipError } from "../core/errors.js";
import { nearest } from "../core/nearest.js";
import { inWords } from "../core/schema-words.js";
import { SEED_FORM, seedFrom } from "../core/seed.js";
import { shown } from "../core/shown.js";
import { type PresetName, presetNames } from "../guidance/presets.js";
import { scheduleSchema, targetSchema } from "../guidance/setting-parts.js";
import { settingsSchema } from "../guidance/settings.js";
import { optimizerPolicies } from "../sessions/paint.js";
import { priorities } from "./priority.js";

const { shape } = settingsSchema;
const prompts = z.string().max(10_000);
const seed = z
  .union([z.number(), z.string()])
  .refine((value) => seedFrom(value) !== undefined, `expected ${SEED_FORM}`);
const side = z.int().min(0).max(65_536);
const rect = z.tuple([side, side, side, side]);

const [{ shape: imageTarget }] = targetSchema.options;

/** How a picture counts that the result is to be near; it comes as a file. */
const imagePromptSchema = z.strictObject({
  weight: imageTarget.weight.optional(),
  stop: z
    .number()
    .optional()
    .describe("its gradient ends once sign(weight) * distance is below this; never without it"),
  views: imageTarget.views.optional(),
});
export type ImagePromptAsked = z.infer<typeof imagePromptSchema>;

export const MOST_IMAGE_PROMPTS = 16;

const words = z.string().min(1).max(200);
/** Sessions that are looked at side by side: which ones, and in what this one differs, as name and value. */
export const groupSchema = z.strictObject({
  id: z.string().regex(/^[\w-]{1,64}$/, "expected 1 to 64 letters, digits, _ or -"),
  values: z
    .array(z.tuple([words, words]))
    .min(1)
    .max(2),
});

/** Frames of a video, and pictures that come to be styled. */
export const MOST_FRAMES = 600;

const moves = shape.motion.unwrap().shape;
const follows = shape.temporal.unwrap().shape;
const fps = z.number().min(0.1).max(60).optional().describe("frames a second (default 12)");

/** A video from words: one picture that moves between frames. */
const videoSchema = z.strictObject({
  frames: z.int().min(2).max(MOST_FRAMES).optional().describe("how many (default 60)"),
  stepsPerFrame: moves.every.optional().describe("steps of each frame after the first (default 10)"),
  zoom: moves.zoom.optional(),
  pan: moves.pan.optional(),
  rotate: moves.rotate.optional(),
  fps,
});

/** How frames that came with the request follow one another once they are styled. */
const styleSchema = z.strictObject({ blend: follows.blend.optional(), smooth: follows.smooth.optional(), fps });

/** Any setting of a single picture; whatever is left out, the models and presets decide. */
export const pictureSchema = settingsSchema
  .omit({ targets: true, motion: true, temporal: true })
  .partial()
  .extend({
    prompts: z.union([prompts, z.array(prompts).min(1).max(64)]),
    seed: seed.optional(),
    regularizer: shape.regularizer.partial().optional(),
    prior: shape.prior.partial().optional(),
    plateau: shape.plateau.partial().optional(),
    schedule: scheduleSchema.optional(),
    /** One for each file `prompt-image` of the form, in their order (default: each counts 1). */
    imagePrompts: z.array(imagePromptSchema).max(MOST_IMAGE_PROMPTS).optional(),
    preset: z.enum(presetNames as [PresetName, ...PresetName[]]).optional(),
    /** Every so many steps a state is kept, to fork from. */
    keepEvery: z.int().min(0).max(1_000_000).optional(),
    group: groupSchema.optional(),
    priority: z.enum(priorities).optional().describe("how urgent it is (default normal)"),
    /** Frames that follow one another, instead of one picture; `steps` are those of the first. */
    video: videoSchema.optional(),
  });
export type PictureAsked = z.infer<typeof pictureSchema>;

/** A picture to make out of one that came with the request, or frames out of frames. */
export const editSchema = pictureSchema.extend({
  style: styleSchema.optional(),
  strength: z.number().min(0).max(1).optional(),
  rect: rect.optional(),
  maxSide: z.int().min(16).max(4096).optional(),
});
export type EditAsked = z.infer<typeof editSchema>;

/** What may change on the way. */
export const changesSchema = z.strictObject({
  prompts: prompts.optional(),
  steps: shape.steps.optional(),
  learningRate: shape.learningRate.optional(),
  seed: seed.optional(),
  plateau: shape.plateau.partial().optional(),
});
export type Changes = z.infer<typeof changesSchema>;

const node = z.int().min(1);
export const forkSchema = changesSchema.extend({
  node: node.optional(),
  at: z.int().min(0).optional(),
  /** Whether it goes on at once (default: when it was going on before). */
  resume: z.boolean().optional(),
});
export type ForkAsked = z.infer<typeof forkSchema>;

export const switchSchema = z.strictObject({ node });

export const paintSchema = changesSchema.extend({
  optimizer: z.enum(optimizerPolicies).optional(),
  /** Whether it goes on at once (default true). */
  resume: z.boolean().optional(),
});
export type PaintAsked = z.infer<typeof paintSchema>;

export const maskSchema = z
  .strictObject({ phrase: z.string().min(1).max(1000).optional(), rect: rect.optional() })
  .refine(({ phrase, rect }) => (phrase === undefined) !== (rect === undefined), "expected either phrase or rect");
export type MaskAsked = z.infer<typeof maskSchema>;

export const tokenSchema = z.strictObject({ token: z.string().max(1000) });

/** The value as the schema has it. @throws BAD_ARGUMENT naming the field, what is wanted and what came */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true, error: inWords });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const unknown = issues.find(({ code }) => code === "unrecognized_keys"); // why another one is missing, most likely
  const { path = [], message = "invalid", input } = unknown ?? issues[0] ?? {};
  const what = input === undefined && path.length > 0 ? "it is missing" : message;
  const came = input === undefined || typeof input === "object" ? "" : `, got ${shown(input)}`;
  throw new VqganClipError("BAD_ARGUMENT", `${path.join(".") || "request"}: ${what}${came}`, meant(schema, unknown));
}

/** Known names like those that are not. */
function meant(schema: z.ZodType, issue: z.core.$ZodIssue | undefined): string | undefined {
  if (issue?.code !== "unrecognized_keys" || issue.path.length > 0 || !(schema instanceof z.ZodObject))
    return undefined;
  const known = Object.keys(schema.shape);
  const near = [...new Set(issue.keys.flatMap((key) => nearest(key, known)))];
  return near.length > 0 ? `did you mean ${near.join(" or ")}?` : undefined;
}
