/** The settings that have a form of their own, as schemas: augmentations, weights, targets, losses of the picture, rewards, schedules, directions. */

import * as z from "zod";
import { HEX_COLOUR } from "../core/colour.js";
import { SEED_FORM, type Seed, seedFrom } from "../core/seed.js";
import type { Schedule } from "../optim/schedule.js";
import type { RewardName } from "../perception/rewards.js";
import { parseWeight, WEIGHT_FORM } from "../prompts/weight.js";

const chance = z.number().min(0).max(1).describe("share of the cutouts that it happens to");
const spread = (of: string) => z.number().min(0).max(1).describe(`how far ${of} strays at most`);
const area = (which: string) => z.number().min(0).max(1).describe(`${which} share of a cutout that is erased`);

export const augmentationSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("hflip"), p: chance }),
  z.strictObject({
    kind: z.literal("affine"),
    degrees: z.number().min(0).max(180).describe("how far it turns at most, either way"),
    translate: spread("the place, in sides of the cutout,"),
    shear: z.number().min(0).max(80).describe("how far it slants at most, in degrees"),
    p: chance,
  }),
  z.strictObject({
    kind: z.literal("perspective"),
    distortion: z.number().min(0).max(0.95).describe("how far corners move at most, in halves of a side"),
    p: chance,
  }),
  z.strictObject({
    kind: z.literal("jitter"),
    brightness: spread("the factor of brightness, from 1,"),
    contrast: spread("the factor of contrast, from 1,"),
    saturation: spread("the factor of saturation, from 1,"),
    hue: z.number().min(0).max(0.5).describe("how far the hue turns at most, in whole turns"),
    p: chance,
  }),
  z.strictObject({
    kind: z.literal("zoom"),
    least: z.number().min(0.1).max(10).describe("least factor that the picture grows by about the cutout's middle"),
    most: z.number().min(0.1).max(10).describe("greatest factor that it grows by"),
  }),
  z.strictObject({
    kind: z.literal("shade"),
    level: z.number().min(0).max(1).describe("how much it lightens or darkens at most, of 1"),
  }),
  z.strictObject({ kind: z.literal("erasing"), minArea: area("least"), maxArea: area("greatest"), p: chance }),
  z.strictObject({
    kind: z.literal("noise"),
    level: z.number().min(0).max(10).describe("greatest standard deviation of the noise that is added"),
  }),
  z.strictObject({
    kind: z.literal("grain"),
    level: z.number().min(0).max(10).describe("how much the noise that is added lightens at most"),
  }),
]);

/** A number, or the text of keyframes (`parseWeight`). */
const weight = z
  .union([
    z
      .number()
      .min(-1000)
      .max(1000)
      .refine((value) => value !== 0, "a weight of 0 does nothing: leave it out"),
    z.string().refine((text) => typeof parseWeight(text) === "object", `expected ${WEIGHT_FORM}`),
  ])
  .describe(`how much it counts, from -1000 to 1000 but 0: ${WEIGHT_FORM}`);

/** Kept exactly: a number, or text beyond what a number holds. */
export const seed = z.unknown().transform((value, context): Seed => {
  const exact = seedFrom(value);
  if (exact === undefined) context.addIssue({ code: "custom", message: `expected ${SEED_FORM}`, input: value });
  return exact as Seed;
});

const aim = {
  weight,
  stop: z.number().nullable().describe("its gradient ends once sign(weight) * distance is below this; null for never"),
};

/** What a run is drawn to beside texts; the numbers of pictures and vectors are in the run's state. */
export const targetSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("image"),
    ...aim,
    views: z.enum(["fixed", "fresh"]).describe("whether the picture's cutouts are taken once, or anew each step"),
  }),
  z.strictObject({ kind: z.literal("noise"), ...aim, seed: seed.describe("which random direction") }),
  z.strictObject({ kind: z.literal("vector"), ...aim }),
]);
export type TargetSetting = z.infer<typeof targetSchema>;

/** A colour of six hexadecimal digits; `#` may be left out. */
const colour = z
  .string()
  .regex(HEX_COLOUR, "expected colours such as ff8000")
  .overwrite((text) => `#${text.replace("#", "").toLowerCase()}`);

/** What the picture itself is asked to be, as `picture-regularizers.ts` computes it. */
export const pictureRegularizerSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tv"), weight }),
  z.strictObject({ kind: z.literal("smoothness"), weight }),
  z.strictObject({
    kind: z.literal("symmetry"),
    weight,
    mirror: z.enum(["left-right", "top-bottom", "both"]).default("left-right").describe("which halves are alike"),
  }),
  z.strictObject({ kind: z.literal("saturation"), weight }),
  z.strictObject({
    kind: z.literal("palette"),
    weight,
    colours: z.array(colour).min(1).max(256).describe("the colours to be near, such as #ff8000"),
  }),
  z.strictObject({
    kind: z.literal("border"),
    weight,
    colour: colour.default("#ffffff").describe("what colour the picture's margin is to have"),
    width: z.number().min(0.1).max(50).default(5).describe("how wide the margin is, in percent of the shorter side"),
  }),
  z.strictObject({
    kind: z.literal("own"),
    weight,
    name: z
      .string()
      .regex(/^[\w-]{1,64}$/, "expected a name of letters, digits, _ and -")
      .describe("which of the losses that the library was given"),
  }),
]);
/** What stands for one where it is asked for: which halves, a margin's colour and width may be left out. */
export type PictureRegularizerRequest = z.input<typeof pictureRegularizerSchema>;

const rewardText = z.string().trim().min(1).max(1000);
const rewardKinds = {
  model: {
    kind: z.literal("model"),
    name: z
      .string()
      .regex(/^[\w.-]{1,64}$/, "expected a name of letters, digits, ., _ and -")
      .describe("which of the reward models that were given"),
    output: z
      .string()
      .regex(/^[\w-]{1,64}$/, "expected a name of letters, digits, _ and -")
      .nullable()
      .default(null)
      .describe("which of its numbers; null for its only one"),
  },
  axis: {
    kind: z.literal("axis"),
    from: rewardText.describe("the text that it leads away from"),
    to: rewardText.describe("the text that it leads to"),
  },
};

/** A score of the picture, as `rewards.ts` reads it. */
export const rewardNameSchema = z.discriminatedUnion("kind", [
  z.strictObject(rewardKinds.model),
  z.strictObject(rewardKinds.axis),
]) satisfies z.ZodType<RewardName>;

const rewardWeight = z
  .union([z.literal(0), weight])
  .describe(`how much it counts, from -1000 to 1000; 0: it is told and counts for nothing: ${WEIGHT_FORM}`);

/** The same with its weight: the loss is minus weight * score. */
export const rewardSchema = z.discriminatedUnion("kind", [
  z.strictObject({ ...rewardKinds.model, weight: rewardWeight }),
  z.strictObject({ ...rewardKinds.axis, weight: rewardWeight }),
]);

const factor = z.number().min(0).max(1);
const final = factor.default(0).describe("what the factor of the rate falls to, from 1");
const warmup = z
  .int()
  .min(0)
  .max(1_000_000)
  .default(0)
  .describe("steps over which the rate first rises to the full one");
const cycled = {
  warmup,
  cycles: z.int().min(1).max(10_000).default(1).describe("how often it runs its course, each time from the full rate"),
  over: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe("steps that it spans, warm-up included; null for the run's"),
};
const stepped = {
  ...cycled,
  decay: factor.default(0.5).describe("factor of the rate after each `every` steps"),
  every: z.int().min(1).max(1_000_000).default(100).describe("steps between two falls"),
};

/** `rateFactor` says what each does. */
export const scheduleSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), warmup }),
  z.strictObject({ kind: z.literal("linear"), final, ...cycled }),
  z.strictObject({ kind: z.literal("cosine"), final, ...cycled }),
  z.strictObject({ kind: z.literal("step"), ...stepped }),
  z.strictObject({ kind: z.literal("exponential"), ...stepped }),
  z.strictObject({
    kind: z.literal("stages"),
    middle: factor.default(0.4).describe("factor of the rate from half of its course on"),
    last: factor.default(0.1).describe("factor of the rate from three quarters of its course on"),
    ...cycled,
  }),
]) satisfies z.ZodType<Schedule>;

/** A schedule, of which fields may be left out. */
export type ScheduleRequest = z.input<typeof scheduleSchema>;

/** Which way an edit is to go, and how its cutouts are held against it. */
export const directionSchema = z.strictObject({
  from: rewardText.describe("what the source is, such as a photo"),
  to: rewardText
    .nullable()
    .describe("what it is to become, such as a sketch; null for the prompts, which then draw in no other way"),
  weight: z.number().positive().max(1000).describe("how much it counts"),
  threshold: z
    .number()
    .min(0)
    .max(2)
    .default(0)
    .describe("cutouts whose 1 - cosine is below this are left as they are"),
  against: z
    .enum(["same", "whole"])
    .default("same")
    .describe("what a cutout's change is taken from: the source's same cutout, or the whole source"),
  whole: z
    .number()
    .min(0)
    .max(1000)
    .default(0)
    .describe("how much the change of the whole picture counts beside that of its cutouts; 0 for none"),
});

/** A direction, of which fields may be left out. */
export type DirectionRequest = z.input<typeof directionSchema>;
