/** A latent diffusion model without texts: its VQGAN as a Generator, and its net as what says what latents are like. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { weightStems } from "../../core/weight-names.js";
import type { Tensor } from "../../graph/tensor.js";
import { pad, slice } from "../../ops/movement.js";
import { type Files, readJson } from "../files.js";
import { channelsOf, type Generator, type LatentPrior } from "../generator.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import { parsed } from "../parse.js";
import { WeightTaker } from "../take-weights.js";
import { pipelineFile, readSchedule, requireFit, WHAT } from "./pipeline-files.js";
import { parsePixelUNetConfig } from "./pixel-unet-config.js";
import { type Level, levelsOf } from "./schedule.js";
import { sinusoids } from "./time-embedding.js";
import { unet } from "./unet.js";
import type { UNetLevel } from "./unet-config.js";
import { unetWeights } from "./unet-weights.js";

/** By what the net's latents are the autoencoder's; the library's own standard where its file says nothing. */
const scaled = z.object({ scaling_factor: z.number().positive().default(0.18215) });

/**
 * Reads a folder as `LDMPipeline.save_pretrained` writes it: `unet/ vqvae/ scheduler/`. Its latent is the VQGAN's.
 *
 * @param readAutoencoder reads `vqvae/`
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE, IO_FAILED, ABORTED
 */
export async function readLatentDiffusion(
  files: Files,
  readAutoencoder: (folder: Files) => Promise<Generator>,
): Promise<Generator> {
  const { schedule, origin } = await readSchedule(files);
  const levels = levelsOf(schedule, origin);
  const folder = files.folder("unet");
  const path = folder.pathOf("config.json");
  const config = parsePixelUNetConfig(await readJson(folder, "config.json", WHAT), path);
  const checkpoint = await readCheckpoint(folder, await weightsIn(folder, weightStems.diffusers, WHAT), WHAT);
  const netFor = (timestep: number | Tensor) =>
    unetWeights(new WeightTaker(checkpoint.weights), config, { timestep, guidance: 1 });
  netFor(0); // says what does not fit
  const inner = files.folder("vqvae");
  const autoencoder = await readAutoencoder(inner);
  const { scaling_factor: scale } = parsed(
    scaled,
    await readJson(inner, "config.json", WHAT),
    inner.pathOf("config.json"),
  );
  const channels = channelsOf(autoencoder);
  requireFit(`${path}: in_channels`, config.inChannels, "the autoencoder's latents have", channels);
  requireFit(`${path}: out_channels`, config.outChannels, "the autoencoder's latents have", channels);
  const { channels: width } = config.down[0] as UNetLevel;
  const multiple = 2 ** (config.down.length - 1);
  const prior: LatentPrior = {
    timeWidth: width,
    at: (share) => {
      requires(
        share >= 0 && share <= 1,
        "BAD_ARGUMENT",
        () => `prior: a share of the schedule is 0 to 1, got ${share}`,
      );
      const time = Math.round(share * (levels.length - 1));
      const { signal, noise, guess } = levels[time] as Level;
      return {
        signal: signal * scale,
        noise,
        of: guess.of / scale,
        answer: guess.answer / scale,
        time: sinusoids(time, width, config.time),
      };
    },
    answer: (x, time) => within(x, multiple, (whole) => unet(netFor(time), whole, undefined)),
  };
  return {
    ...autoencoder,
    name: files.name,
    prior,
    files: [await pipelineFile(files, [checkpoint.files, autoencoder.files].flat())],
  };
}

/** What a net says of x [n,D,h,w] whose sides its levels do not halve evenly: edges are repeated for it, and taken away. */
function within(x: Tensor, multiple: number, net: (x: Tensor) => Tensor): Tensor {
  const [, , height, width] = x.shape as [number, number, number, number];
  const missing = (side: number) => (multiple - (side % multiple)) % multiple;
  const answer = net(pad(x, [0, 0, 0, 0], [0, 0, missing(height), missing(width)], "edge"));
  return slice(slice(answer, 2, 0, height), 3, 0, width);
}
