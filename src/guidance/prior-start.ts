/**
 * A run that begins at the prior's picture: a feed-forward first latent (Cherti et al. 2021) instead of a blank one; the
 * optimisation from there is the paper's.
 */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { sameShape, sizeOf } from "../core/shape.js";
import { input } from "../graph/tensor.js";
import { collage, type Spot } from "../image/collage.js";
import { windowOf } from "../image/pad.js";
import { resizePicture } from "../image/resize.js";
import { codebookOf, type Generator } from "../models/generator.js";
import type { Perceptor } from "../models/perceptor.js";
import { type Prior, shapeOf } from "../models/prior.js";
import { add, clip, mul } from "../ops/arithmetic.js";
import { type CompileOptions, compile } from "../runtime/program.js";
import { latentShape } from "./latent.js";
import { hasLogits, logitsOf, variableOfPicture } from "./latent-kind.js";
import { joined, unitRows } from "./perceive.js";
import { type Prompt, textPrompts } from "./prompt.js";
import type { ResolvedSettings } from "./resolve-settings.js";
import { ANY_LOOK, type Settings } from "./settings.js";
import { subjectsOf } from "./subject.js";
import { weightAt } from "./weight.js";

/** A recommended start that this run cannot have, and the one it has instead. */
export interface StartNotice {
  readonly kind: "start";
  readonly recommended: "prior";
  readonly used: "white";
  readonly reason: string;
}

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
    `it has ${prior.looks.join(", ")}; ${ANY_LOOK} draws one`,
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

/** What the prior draws, [n,E] unit embeddings, and where each goes; none where it is the whole canvas. */
interface Opening {
  readonly texts: NDArray;
  readonly arranged?: readonly (readonly Spot[])[];
}

/**
 * Of the first scene's prompts in the order of their weights, the first that holds phrases the prior knows gives them: it draws
 * subjects better than sentences, and colours, grounds and styles are what the optimisation adds best. Without any, the
 * weighted mean of the unit embeddings [p,E].
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
  for (const { text } of heard) {
    const subjects = await subjectsOf(perceptor, text, prior.phrases, options);
    if (subjects.length === 0) continue;
    const rows = subjects.map(({ embedding }) => embedding);
    const texts = NDArray.float32([rows.length, perceptor.embeddingSize], joined(rows));
    const arranged = subjects.map(({ spots }) => spots);
    const isWhole = arranged.flat().every(({ scale }) => scale === 1);
    return isWhole || !generator.encode ? { texts } : { texts, arranged };
  }
  const rows = unitRows(embeddings);
  const total = new Float32Array(embeddings.shape[1] as number);
  rows.forEach((row, p) => {
    for (const [i, value] of row.entries()) total[i] = (total[i] as number) + (weights[p] as number) * value;
  });
  const sum = NDArray.float32([1, total.length], total);
  return { texts: NDArray.float32(sum.shape, unitRows(sum)[0] as Float32Array) };
}

interface StartModels {
  readonly generator: Generator;
  readonly perceptor: Perceptor;
  readonly prior?: Prior | undefined;
}

/**
 * What is optimised to begin at the prior's picture. A canvas of the prior's own size takes its latent as it is; another takes
 * the encoding of its picture, resized to cover the canvas and cut to it about the middle; several things take the encoding of
 * their pictures side by side.
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
  const drawn = new Random(seed).split("look").integer(prior.looks.length);
  const { texts, arranged } = await openingOf(settings, embeddings, { generator, perceptor, prior }, options);
  const raw = prior.latent(
    input("text", "float32", texts.shape),
    look === ANY_LOOK ? drawn : prior.looks.indexOf(look),
  );
  const z = kind === "continuous" ? raw : codebookOf(generator, `latent: ${kind}`).quantize(raw).zq;
  if (!arranged && sameShape(latentShape(generator, size), shapeOf(prior))) {
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
  const each = Array.from({ length: texts.shape[0] as number }, (_, i) => pictureAt(pictures, i));
  const canvas = arranged ? collage(each, arranged, size) : covering(each[0] as NDArray, size);
  return variableOfPicture(generator, kind, canvas, options);
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
