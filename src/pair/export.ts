/** The method's programs as models of their own: the whole step, the way from a latent to a picture, and back. */
import { input, type Tensor } from "../graph/tensor.js";
import { decoded, finalPicture, originalInput } from "../guidance/decoded.js";
import { latentOf, variableShape } from "../guidance/latent-kind.js";
import type { RunModels } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import { encoderOf } from "../models/generator.js";
import { add, clip, mul } from "../ops/arithmetic.js";
import { stepOf } from "./plan.js";

/** What of the method can stand alone. */
export const exportParts = ["step", "decode", "encode"] as const;
/**
 * - `step`: the losses of a latent and their gradient, as a run computes them
 * - `decode`: a latent -> its picture, 0..1
 * - `encode`: a picture in 0..1 -> its latent; with the codes where there is a codebook
 */
export type ExportPart = (typeof exportParts)[number];

/** The graph of a part, by the names of its outputs. @throws BAD_MODEL when there is no encoder */
export function partOutputs(models: RunModels, part: ExportPart, settings: Settings): Record<string, Tensor> {
  if (part === "step") return { ...stepOf(models, settings) };
  const { generator } = models;
  const { size, latent, noising } = settings;
  const [width, height] = size;
  if (part === "decode") {
    const variable = input("z", "float32", variableShape(generator, settings, [height, width]));
    const z = latentOf(generator, latent, variable);
    const original = generator.repaints && originalInput(size);
    const { finishing } = generator;
    const { picture, inner } = decoded(generator, z, { size, noising }, original);
    return { image: clip(finishing && inner ? finalPicture(finishing, inner) : picture, 0, 1) };
  }
  const picture = input("picture", "float32", [1, 3, height, width]);
  const z = encoderOf(generator, "export()")(add(mul(picture, 2), -1), { size: [width, height], noising });
  const quantized = generator.codebook?.quantize(z);
  return { z, ...(quantized && { quantized: quantized.zq, codes: quantized.indices }) };
}

const words: Readonly<Record<string, string>> = {
  z: "what is optimised: the latent, logits of codes, or latents and logits of their shares",
  prompts: "embeddings of the prompts, as `vqgan-clip embed` gives them",
  weights: "what each prompt weighs in this step",
  stops: "below which each prompt's gradient ends; -inf for never",
  latentTarget: "what the latent is drawn to",
  latentWeight: "how much that pull weighs in this step",
  pictureWeights: "what each regulariser of the picture weighs",
  rewardWeights: "what each reward weighs",
  direction: "what embeddings are multiplied by for a reward",
  ids: "tokens of the prompts, as a reward reads them beside the picture",
  ends: "where each of these ends",
  shares: "what each prompt counts in that reward",
  textDirection: "way between two texts, of length 1",
  perceptorWeights: "what each CLIP weighs",
  keptWeights: "what the terms that hold an edit against its picture weigh",
  cameras: "of each view: unit vectors to the right, up, and back to the camera",
  visible: "the face that each pixel of each view sees: view * faces + face, or views * faces where it sees none",
  original: "the picture that is kept or repainted, 0..1",
  generatorText: "embedding of what the generator is told",
  homographies: "cutout's coordinates -> picture's, both -1..1",
  colours: "colour' = M [r,g,b,1] of each cutout",
  noise: "standard normal numbers",
  noiseRows: "which row of the noise each row of a cutout takes",
  noiseLevels: "amplitude of each cutout's noise",
  erasedRows: "1 on rows that are erased",
  erasedColumns: "1 on columns that are erased; a pixel is where both are",
  codes: "number of the code at each position",
  picture: "a picture, 0..1",
  image: "the picture of the latent, 0..1",
  inner: "what the final autoencoder draws the finished picture of",
  quantized: "the latent with the nearest code at every position",
  losses:
    "weighted losses: prompts, kept terms, regularisers of the picture; then the scores of rewards, without weights",
  latentLoss: "mean((z - latentTarget)^2), without its weight",
  gradient: "d(all losses)/dz",
};

/** What an input or output of a part is, in words. */
export function exportWords(name: string): string {
  return words[name] ?? words[name.split(" ")[0] as string] ?? name;
}
