/**
 * A run that begins at the prior's picture: a feed-forward first latent (Cherti et al. 2021) instead of a blank one; the
 * optimisation from there is the paper's.
 */

import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { exactSeed } from "../core/seed.js";
import { sameShape, sizeOf } from "../core/shape.js";
import { input } from "../graph/tensor.js";
import { collage, type Spot } from "../image/collage.js";
import { windowOf } from "../image/pad.js";
import { resizePicture } from "../image/resize.js";
import { codebookOf, type Generator } from "../models/generator.js";
import type { Perceptor } from "../models/perceptor.js";
import { type Manner, type Prior, shapeOf } from "../models/prior.js";
import { add, clip, mul } from "../ops/arithmetic.js";
import { compareUnits, joined, unitRows, unitTexts } from "../perception/perceive.js";
import { type Prompt, textPrompts } from "../prompts/prompt.js";
import { weightAt } from "../prompts/weight.js";
import { type CompileOptions, compile } from "../runtime/program.js";
import { latentShape } from "./latent.js";
import { hasLogits, logitsOf, variableOfPicture } from "./latent-kind.js";
import { readingOf } from "./reading.js";
import type { ResolvedSettings } from "./resolve-settings.js";
import { ANY_LOOK, type Settings } from "./settings.js";

const NO_TEXT = "the prior draws a text, and no text prompt has a weight above 0 at the first step";

/**
 * Settings of a run that may begin at the prior; of one that begins at a picture or codes of somebody's, `begun`, as they are. A model's recommendation to do so gives way to `white` where there is no text
 * to draw, with a notice; what somebody asked for does not.
 *
 * @throws BAD_ARGUMENT where there is no prior, no text, no such look, or a look for another start
 */
export function withPossibleStart(
  { settings, origins }: ResolvedSettings,
  { prior, generator }: { readonly prior?: Prior | undefined; readonly generator: Generator },
  begun: boolean,
): ResolvedSettings {
  const { start, look } = settings;
  const asksLook = origins.look === "request" && look !== ANY_LOOK;
  requires(
    !asksLook || (start === "prior" && !begun),
    "BAD_ARGUMENT",
    () => `look: ${look} is a look of the start prior, this run starts at ${begun ? "what it was given" : start}`,
    "start at prior, or leave the look out",
  );
  if (begun || start !== "prior") return { settings, origins };
  if (origins.start === "model" && !asksLook && firstWeights(settings).every((weight) => weight === 0)) {
    const notice = { kind: "start", recommended: "prior", used: "white", reason: NO_TEXT } as const;
    return { settings: { ...settings, start: "white" }, origins, notice };
  }
  checkPriorStart(settings, prior, generator);
  return { settings, origins };
}

function checkPriorStart(settings: Settings, prior: Prior | undefined, generator: Generator): asserts prior is Prior {
  requires(
    prior,
    "BAD_ARGUMENT",
    () => "start: these models have no prior to start at",
    "take a pair whose folder has prior/, with its own VQGAN and CLIP; or start at codes, white or grey",
  );
  const { look, size } = settings;
  requires(
    look === ANY_LOOK || prior.looks.includes(look),
    "BAD_ARGUMENT",
    () => `look: ${prior.name} has no look "${look}"`,
    `it has ${prior.looks.join(", ")}; ${ANY_LOOK} takes them in turn, seed by seed`,
  );
  requires(
    firstWeights(settings).some((weight) => weight > 0),
    "BAD_ARGUMENT",
    () => `start: ${NO_TEXT}`,
    "add a text prompt, or start at codes, white or grey",
  );
  const side = prior.side * generator.factor;
  requires(
    generator.encode || size.every((extent) => extent === side),
    "BAD_ARGUMENT",
    () => `start: prior at ${size.join("x")} needs an encoder, ${generator.name} has none`,
    `take ${side}x${side}, or start at codes`,
  );
}

/** What the prior draws of each text: its weight in the first step, where that is positive and its scene the first. */
function firstWeights(settings: Settings): number[] {
  const weightOfPrompt = ({ weight, scene }: Prompt) =>
    scene === 0 ? Math.max(0, weightAt(weight, 0, settings.steps)) : 0;
  return textPrompts(settings).map(weightOfPrompt);
}

/** A picture asked of the prior: a unit embedding [E], and how to draw it. */
interface Drawing {
  readonly embedding: Float32Array;
  readonly manner: Manner;
}

/** One drawing over the whole canvas, or things at their spots, perhaps before a ground. */
type Opening =
  | { readonly whole: Drawing }
  | { readonly things: readonly Drawing[]; readonly spots: readonly (readonly Spot[])[]; readonly ground?: Drawing };

interface StartModels {
  readonly generator: Generator;
  readonly perceptor: Perceptor;
  readonly prior?: Prior | undefined;
}

/**
 * What the first scene's prompts say, read in the order of their weights. Things and grounds are drawn by themselves: the
 * prior remembers those, not sentences. Without an encoder only the thing can be had; where neither a thing nor a ground is
 * known, the weighted mean of the unit embeddings [p,E] is drawn.
 */
async function openingOf(
  settings: Settings,
  embeddings: NDArray,
  { generator, perceptor, prior }: StartModels & { readonly prior: Prior },
  options: CompileOptions,
): Promise<Opening> {
  const weights = firstWeights(settings);
  const prompts = textPrompts(settings).map(({ text }, p) => ({ text, weight: weights[p] as number }));
  const heard = prompts.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  const nearest = (text: string, phrases: readonly string[]) => nearestText(perceptor, text, phrases, options);
  const { style, ground, subjects } = await readingOf(heard.map(({ text }) => text), prior, nearest); // biome-ignore format: one thought
  const drawing = (embedding: Float32Array, tint?: number): Drawing => ({ embedding, manner: { style, tint } });
  const asked = [...subjects.map(({ phrase }) => phrase), ...(ground === undefined ? [] : [ground])];
  if (asked.length === 0) return { whole: drawing(weightedMean(unitRows(embeddings), weights)) };
  const drawings = (await unitTexts(perceptor, asked, options)).map((row, i) => drawing(row, subjects[i]?.tint));
  const spots = subjects.map((subject) => subject.spots);
  const isWhole = ground === undefined && spots.flat().every(({ scale }) => scale === 1);
  if (subjects.length === 0 || isWhole || !generator.encode) return { whole: drawings[0] as Drawing };
  const [things, behind] = [drawings.slice(0, subjects.length), drawings[subjects.length]];
  return { things, spots, ...(behind && { ground: behind }) };
}

/** The number of the text whose embedding is nearest to another's. */
async function nearestText(perceptor: Perceptor, text: string, texts: readonly string[], options: CompileOptions) {
  const [whole, ...rows] = (await unitTexts(perceptor, [text, ...texts], options)) as [Float32Array, ...Float32Array[]];
  const alike = rows.map((row) => compareUnits(row, whole).cosine);
  return alike.indexOf(Math.max(...alike));
}

/** The direction [E] of a sum of vectors by their weights. */
function weightedMean(rows: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const [first] = rows as [Float32Array];
  const sum = first.map((_, i) =>
    rows.reduce((total, row, p) => total + (weights[p] as number) * (row[i] as number), 0),
  );
  return unitRows(NDArray.float32([1, sum.length], sum))[0] as Float32Array;
}

/**
 * What is optimised to begin at the prior's picture. A canvas of the prior's own size takes its latent as it is; another takes
 * the encoding of its picture, resized to cover the canvas and cut to it about the middle; several things, and things before
 * a ground, take the encoding of their pictures put together.
 *
 * @param embeddings [p,E] of the settings' texts
 * @returns z [1,D,h,w] or logits [1,K,h,w], as `settings.latent` says
 */
export async function variableOfPrior(
  models: StartModels,
  settings: Settings,
  embeddings: NDArray,
  options: CompileOptions,
): Promise<NDArray> {
  const { generator, perceptor, prior } = models;
  checkPriorStart(settings, prior, generator);
  const { latent: kind, size, look, seed } = settings;
  const opening = await openingOf(settings, embeddings, { generator, perceptor, prior }, options);
  const drawings = "whole" in opening ? [opening.whole] : [...opening.things, ...(opening.ground ? [opening.ground] : [])]; // biome-ignore format: one thought
  const texts = NDArray.float32([drawings.length, perceptor.embeddingSize], joined(drawings.map(({ embedding }) => embedding))); // biome-ignore format: one thought
  const raw = prior.latent(
    input("text", "float32", texts.shape),
    look === ANY_LOOK ? Number(exactSeed(seed) % BigInt(prior.looks.length)) : prior.looks.indexOf(look), // neighbouring seeds differ
    drawings.map(({ manner }) => manner),
  );
  const z = kind === "continuous" ? raw : codebookOf(generator, `latent: ${kind}`).quantize(raw).zq;
  if ("whole" in opening && sameShape(latentShape(generator, size), shapeOf(prior))) {
    const program = await compile({ z }, options);
    const made = (await program.run({ text: texts })).z;
    await program.dispose();
    return hasLogits(kind) ? logitsOf(generator, made, options) : made;
  }
  const side = prior.side * generator.factor;
  const decoded = generator.decode(z, { size: [side, side] });
  const program = await compile({ pictures: clip(mul(add(decoded, 1), 0.5), 0, 1) }, options);
  const { pictures } = await program.run({ text: texts });
  await program.dispose();
  const each = drawings.map((_, i) => pictureAt(pictures, i));
  return variableOfPicture(generator, kind, canvasOf(opening, each, size), options);
}

/** One picture [3,height,width] of those that the prior drew, in the order of the opening. */
function canvasOf(opening: Opening, pictures: readonly NDArray[], size: readonly [number, number]): NDArray {
  if ("whole" in opening) return covering(pictures[0] as NDArray, size);
  const { spots } = opening;
  const ground = pictures[spots.length];
  return collage(pictures.slice(0, spots.length), spots, size, ground && covering(ground, size));
}

/** Picture i [3,S,S] of [n,3,S,S]. */
function pictureAt(pictures: NDArray, i: number): NDArray {
  const shape = pictures.shape.slice(1);
  const count = sizeOf(shape);
  return NDArray.float32(shape, pictures.floats().slice(i * count, (i + 1) * count));
}

/** A picture [3,H,W] resized until it covers the size, its middle. */
function covering(picture: NDArray, [width, height]: readonly [number, number]): NDArray {
  const [, oldHeight, oldWidth] = picture.shape as [number, number, number];
  const scale = Math.max(width / oldWidth, height / oldHeight);
  const [wide, high] = [Math.round(oldWidth * scale), Math.round(oldHeight * scale)];
  const resized = resizePicture(picture, high, wide, "bilinear");
  return windowOf(resized, Math.floor((wide - width) / 2), Math.floor((high - height) / 2), width, height);
}
