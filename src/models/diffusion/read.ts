/** A diffusion model that draws in one step, from a folder of the diffusers library, as a Generator. */
import { requires, VqganClipError } from "../../core/errors.js";
import { weightStems } from "../../core/weight-names.js";
import type { Tensor } from "../../graph/tensor.js";
import { mul } from "../../ops/arithmetic.js";
import { reshape } from "../../ops/layout.js";
import { type Files, readJson, readText } from "../files.js";
import type { DecodeOptions, Generator } from "../generator.js";
import type { ModelFile } from "../model-file.js";
import { joinedFile, readCheckpoint, weightsIn } from "../model-weights.js";
import { WeightTaker } from "../take-weights.js";
import { latentOf, type OneStep, oneStep } from "./schedule.js";
import { readStatesReader } from "./text.js";
import { USUAL_GUIDANCE } from "./time-embedding.js";
import { unet } from "./unet.js";
import { parseUNetConfig } from "./unet-config.js";
import { unetWeights } from "./unet-weights.js";

const WHAT = "a diffusion model";
export const PIPELINE_INDEX = "model_index.json";
const SCHEDULE = "scheduler_config.json";
/** The folders that hold weights. */
export const pipelineParts = [
  { folder: "unet", stems: weightStems.diffusers },
  { folder: "vae", stems: weightStems.diffusers },
  { folder: "text_encoder", stems: weightStems.transformers },
] as const;

/** Few steps, small ones, and a pull to the length that noise has: what is no noise any more draws no picture. */
const recommended = {
  steps: 50,
  learningRate: 0.02,
  regularizer: { weight: 0.01, target: "noise", decay: 0, every: 1 },
};

/**
 * Reads a pipeline's folder: `unet/ vae/ text_encoder/ tokenizer/ scheduler/`. Its latent is the noise that the one step
 * starts from, normally distributed; on disk, arrays stay in their files until a program reads them.
 *
 * @param readAutoencoder reads `vae/`
 * @throws BAD_MODEL naming the file or key that is missing or wrong, or the scheduler whose step starts from no noise;
 *   BAD_FILE, IO_FAILED, ABORTED
 */
export async function readDiffusion(
  files: Files,
  readAutoencoder: (folder: Files) => Promise<Generator>,
): Promise<Generator> {
  const schedule = await scheduleIn(files);
  const stepFrom = (noising?: number) => oneStep(schedule, files.folder("scheduler").pathOf(SCHEDULE), noising);
  const folder = files.folder("unet");
  const config = parseUNetConfig(await readJson(folder, "config.json", WHAT), folder.pathOf("config.json"));
  const checkpoint = await readCheckpoint(folder, await weightsIn(folder, weightStems.diffusers, WHAT), WHAT);
  /** The net that a step asks: time is a part of its weights. */
  const netFor = ({ timestep }: OneStep) =>
    unetWeights(new WeightTaker(checkpoint.weights), config, { timestep, guidance: USUAL_GUIDANCE });
  netFor(stepFrom()); // says what does not fit
  const autoencoder = await readAutoencoder(files.folder("vae"));
  const { reader, files: textFiles } = await readStatesReader(files);
  const [, channels] = autoencoder.latentShape([autoencoder.factor, autoencoder.factor]) as [number, number];
  requireFit(
    `${folder.pathOf("config.json")}: in_channels`,
    config.inChannels,
    "the autoencoder's latents have",
    channels,
  );
  requireFit(`${folder.pathOf("config.json")}: out_channels`, config.outChannels, "one step needs", channels);
  requireFit(
    `${folder.pathOf("config.json")}: cross_attention_dim`,
    config.textWidth,
    "the text encoder has",
    reader.width,
  );
  const { factor: side, encode } = autoencoder;
  const factor = side * 2 ** Math.max(1, config.down.length - 1); // no position of the noise has pixels of its own
  const { name } = files;
  return {
    name,
    factor,
    resolution: Math.ceil((config.sampleSize * side) / factor) * factor,
    text: reader,
    recommended,
    latentShape: ([height, width]) => [1, channels, height / side, width / side],
    decode: (noise, options = {}) => {
      const states = reshape(told(name, options.text), [1, reader.contextLength, reader.width]);
      const step = stepFrom(options.noising);
      const answer = unet(netFor(step), mul(noise, step.seen), states, options);
      return autoencoder.decode(latentOf(step, noise, answer), options);
    },
    ...(encode && {
      encode: (x: Tensor, options: DecodeOptions = {}) => mul(encode(x), stepFrom(options.noising).start.signal),
      noiseAt: (noising: number) => stepFrom(noising).start.noise,
    }),
    files: [
      joinedFile(PIPELINE_INDEX, await everyFile(files, [checkpoint.files, autoencoder.files, textFiles].flat())),
    ],
  };
}

function told(name: string, text: Tensor | undefined): Tensor {
  requires(
    text,
    "BAD_ARGUMENT",
    () => `decode(): ${name} needs what to draw`,
    "pass { text }, the embedding of a text",
  );
  return text;
}

function requireFit(what: string, found: number, who: string, wanted: number): void {
  requires(found === wanted, "BAD_MODEL", () => `${what} is ${found}, ${who} ${wanted}`);
}

/** The library writes numbers into this file that JSON has not. */
async function scheduleIn(files: Files): Promise<unknown> {
  const folder = files.folder("scheduler");
  const text = await readText(folder, SCHEDULE, WHAT);
  try {
    return JSON.parse(text.replace(/:\s*-?(Infinity|NaN)\b/g, ": null"));
  } catch (cause) {
    const message = `${folder.pathOf(SCHEDULE)}: not JSON: ${(cause as Error).message}`;
    throw new VqganClipError("BAD_MODEL", message, undefined, { cause });
  }
}

/** With the weights the schedule, which decides about the picture as much. */
async function everyFile(files: Files, weights: readonly ModelFile[]): Promise<readonly ModelFile[]> {
  const folder = files.folder("scheduler");
  const size = (await folder.open(SCHEDULE))?.size ?? 0;
  return [...weights, { name: SCHEDULE, size, sha256: () => folder.sha256(SCHEDULE) }];
}
