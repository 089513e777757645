/** A diffusion model that draws in one step, from a folder of the diffusers library, as a Generator. */
import { requires } from "../../core/errors.js";
import { type WeightStems, weightStems } from "../../core/weight-names.js";
import type { Tensor } from "../../graph/tensor.js";
import { mul } from "../../ops/arithmetic.js";
import { reshape } from "../../ops/layout.js";
import { concat, slice } from "../../ops/movement.js";
import { type Files, readJson } from "../files.js";
import { channelsOf, type DecodeOptions, type Generator } from "../generator.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import { WeightTaker } from "../take-weights.js";
import { pipelineFile, readSchedule, recommended, requireFit, WHAT } from "./pipeline-files.js";
import { latentOf, type OneStep, oneStep } from "./schedule.js";
import { readStatesReader, SECOND } from "./text.js";
import { numbersTold, USUAL_GUIDANCE } from "./time-embedding.js";
import { unet } from "./unet.js";
import { parseUNetConfig, type UNetConfig } from "./unet-config.js";
import { unetWeights } from "./unet-weights.js";

/** A folder that holds weights. */
export interface PipelinePart {
  readonly folder: string;
  readonly stems: WeightStems;
  readonly optional?: true;
}

/** Every pipeline's net. */
export const netPart: PipelinePart = { folder: "unet", stems: weightStems.diffusers };

export const pipelineParts: readonly PipelinePart[] = [
  netPart,
  { folder: "vae", stems: weightStems.diffusers },
  { folder: "text_encoder", stems: weightStems.transformers },
  { folder: SECOND, stems: weightStems.transformers, optional: true },
];

/**
 * Reads a pipeline's folder: `unet/ vae/ text_encoder/ tokenizer/ scheduler/`, SDXL's `text_encoder_2/ tokenizer_2/` too. Its latent is the noise that the one step
 * starts from, normally distributed; on disk, arrays stay in their files until a program reads them.
 *
 * @param readAutoencoder reads `vae/`
 * @param finalVae draws finished pictures in the place of `vae/`
 * @throws BAD_MODEL naming the file or key that is missing or wrong, the scheduler whose step starts from no noise, or
 *   what of `finalVae` is of another space; BAD_FILE, IO_FAILED, ABORTED
 */
export async function readDiffusion(
  files: Files,
  readAutoencoder: (folder: Files) => Promise<Generator>,
  finalVae?: Generator,
): Promise<Generator> {
  const { schedule, origin } = await readSchedule(files);
  const stepFrom = (noising?: number) => oneStep(schedule, origin, noising);
  const folder = files.folder("unet");
  const config = parseUNetConfig(await readJson(folder, "config.json", WHAT), folder.pathOf("config.json"));
  const checkpoint = await readCheckpoint(folder, await weightsIn(folder, weightStems.diffusers, WHAT), WHAT);
  /** The net that a step asks: time is a part of its weights. */
  const netFor = ({ timestep }: OneStep, beside?: Tensor) =>
    unetWeights(new WeightTaker(checkpoint.weights), config, { timestep, guidance: USUAL_GUIDANCE, beside });
  netFor(stepFrom()); // says what does not fit
  const autoencoder = await readAutoencoder(files.folder("vae"));
  const { reader, files: textFiles } = await readStatesReader(files);
  const channels = channelsOf(autoencoder);
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
  const { addition } = config;
  requireFit(
    `${folder.pathOf("config.json")}: projection_class_embeddings_input_dim`,
    addition?.inputs ?? 0,
    "the text encoders and the size make",
    reader.pooledWidth + (addition ? 6 * addition.width : 0),
  );
  if (finalVae) {
    requireFit(`${finalVae.name}: channels of its latents`, channelsOf(finalVae), `${files.name}'s have`, channels);
    requireFit(`${finalVae.name}: pixels a latent's side`, finalVae.factor, `${files.name}'s have`, autoencoder.factor);
  }
  const { factor: side, encode } = autoencoder;
  const factor = side * 2 ** Math.max(1, config.down.length - 1); // no position of the noise has pixels of its own
  const { name } = files;
  const inner = (noise: Tensor, options: DecodeOptions = {}) => {
    const text = told(name, options.text);
    const { tokens, width } = reader;
    const states = reshape(addition ? slice(text, 1, 0, tokens * width) : text, [1, tokens, width]);
    const step = stepFrom(options.noising);
    const beside =
      addition && concat([slice(text, 1, tokens * width), sizeTold(noise, side, addition.width, config)], 1);
    return latentOf(step, noise, unet(netFor(step, beside), mul(noise, step.seen), states, options));
  };
  const { decode: draw } = autoencoder;
  return {
    name,
    factor,
    resolution: Math.ceil((config.sampleSize * side) / factor) * factor,
    text: reader,
    recommended,
    latentShape: ([height, width]) => [1, channels, height / side, width / side],
    decode: (noise, options) => draw(inner(noise, options), options),
    ...(finalVae && { finishing: { inner, draw, by: finalVae } }),
    ...(encode && {
      encode: (x: Tensor, options: DecodeOptions = {}) => mul(encode(x), stepFrom(options.noising).start.signal),
      noiseAt: (noising: number) => stepFrom(noising).start.noise,
    }),
    files: [await pipelineFile(files, [checkpoint.files, autoencoder.files, textFiles].flat())],
  };
}

/** A picture of this size that was cut off nowhere, as SDXL is told it: [1,6 width] */
function sizeTold({ shape }: Tensor, side: number, width: number, { time }: UNetConfig): Tensor {
  const [, , rows, columns] = shape as [number, number, number, number];
  const [height, wide] = [rows * side, columns * side];
  return numbersTold([height, wide, 0, 0, height, wide], width, time);
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
