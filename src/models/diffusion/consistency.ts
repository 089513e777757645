/** A consistency model, which draws a picture's own pixels from noise in one step and reads no text, as a Generator. */
import { requires } from "../../core/errors.js";
import { weightStems } from "../../core/weight-names.js";
import type { Tensor } from "../../graph/tensor.js";
import { mul } from "../../ops/arithmetic.js";
import { type Files, readJson } from "../files.js";
import type { DecodeOptions, Generator } from "../generator.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import { WeightTaker } from "../take-weights.js";
import { consistencyStep } from "./consistency-schedule.js";
import { pipelineFile, readSchedule, recommended, requireFit, WHAT } from "./pipeline-files.js";
import { parsePixelUNetConfig } from "./pixel-unet-config.js";
import { latentOf, type OneStep } from "./schedule.js";
import { unet } from "./unet.js";
import { unetWeights } from "./unet-weights.js";

/** Of a picture, which is what the net draws */
const CHANNELS = 3;

/**
 * Reads a folder as `ConsistencyModelPipeline.save_pretrained` writes it: `unet/ scheduler/`. Its latent [1,3,H,W] is the noise
 * that the one step starts from, normally distributed.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE, IO_FAILED, ABORTED
 */
export async function readConsistency(files: Files): Promise<Generator> {
  const { schedule, origin } = await readSchedule(files);
  const stepFrom = (noising?: number) => consistencyStep(schedule, origin, noising);
  const folder = files.folder("unet");
  const path = folder.pathOf("config.json");
  const config = parsePixelUNetConfig(await readJson(folder, "config.json", WHAT), path);
  requireFit(`${path}: in_channels`, config.inChannels, "a picture has", CHANNELS);
  requireFit(`${path}: out_channels`, config.outChannels, "a picture has", CHANNELS);
  const checkpoint = await readCheckpoint(folder, await weightsIn(folder, weightStems.diffusers, WHAT), WHAT);
  /** The net that a step asks: time is a part of its weights. */
  const netFor = ({ timestep }: OneStep) =>
    unetWeights(new WeightTaker(checkpoint.weights), config, { timestep, guidance: 1 });
  netFor(stepFrom()); // says what does not fit
  const factor = 2 ** (config.down.length - 1);
  requires(factor > 1, "BAD_MODEL", () => `${path}: block_out_channels: a net of one level is not read`);
  return {
    name: files.name,
    factor,
    resolution: Math.ceil(config.sampleSize / factor) * factor,
    recommended,
    latentShape: ([height, width]) => [1, CHANNELS, height, width],
    decode: (noise, options = {}) => {
      const step = stepFrom(options.noising);
      return latentOf(step, noise, unet(netFor(step), mul(noise, step.seen), undefined, options));
    },
    encode: (x: Tensor, options: DecodeOptions = {}) => mul(x, stepFrom(options.noising).start.signal),
    noiseAt: (noising: number) => stepFrom(noising).start.noise,
    files: [await pipelineFile(files, checkpoint.files)],
  };
}
