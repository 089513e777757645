/** A generator from its files, in any of the forms that are known. */
import { requires } from "../core/errors.js";
import { weightNames, weightStems } from "../core/weight-names.js";
import { readConsistency } from "./diffusion/consistency.js";
import { readLatentDiffusion } from "./diffusion/latent-diffusion.js";
import { PIPELINE_INDEX } from "./diffusion/pipeline-files.js";
import { netPart, type PipelinePart, pipelineParts, readDiffusion } from "./diffusion/read.js";
import { type Files, type Place, readJson, readJsonIfThere } from "./files.js";
import type { Generator } from "./generator.js";
import { readCheckpoint, weightsIn } from "./model-weights.js";
import { tinyGenerator } from "./tiny/autoencoder.js";
import { diffusersGenerator } from "./vqgan/assemble.js";
import { readVqgan } from "./vqgan/read.js";

/** Where a pipeline of the diffusers library that is not read as a whole keeps its autoencoder. */
const parts = ["vae", "vqvae"];
const WHAT = "a model of diffusers";

/**
 * Reads a folder of the diffusers library (a pipeline of Stable Diffusion's form that draws in one step; a VQModel,
 * AutoencoderKL or AutoencoderTiny, or another pipeline that holds one in `vae/` or `vqvae/`), or what `readVqgan` reads. On disk, arrays stay in their file until a program reads them.
 *
 * @param finalVae an autoencoder that draws finished pictures in the place of a diffusion model's own
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged or hostile checkpoints; IO_FAILED, ABORTED;
 *   BAD_ARGUMENT where `finalVae` has nothing to draw
 */
export async function readGenerator(place: Place, finalVae?: Generator): Promise<Generator> {
  const pipeline = await pipelineAt(place);
  requires(
    !finalVae || pipeline === withTexts,
    "BAD_ARGUMENT",
    () => `finalVae: ${place.files.name} draws its pictures without an autoencoder beside it`,
    "it goes with a diffusion model (docs/diffusion.md)",
  );
  if (pipeline) return pipeline.read(place.files, finalVae);
  const folder = await diffusersFolder(place);
  return folder ? readDiffusers(folder, place.file) : readVqgan(place);
}

/** A pipeline that is read as a whole, and its folders that hold weights. */
interface Pipeline {
  readonly read: (files: Files, finalVae?: Generator) => Promise<Generator>;
  readonly parts: readonly PipelinePart[];
}

const readPart = (folder: Files) => readDiffusers(folder, undefined);
const withTexts: Pipeline = {
  read: (files, finalVae) => readDiffusion(files, readPart, finalVae),
  parts: pipelineParts,
};
const ofPixels: Pipeline = { read: readConsistency, parts: [netPart] };
const ofLatents: Pipeline = {
  read: (files) => readLatentDiffusion(files, readPart),
  parts: [netPart, { ...netPart, folder: "vqvae" }],
};

/** The whole pipeline that a place is; undefined where it is none that is read. */
export async function pipelineAt({ files, file }: Place): Promise<Pipeline | undefined> {
  if (file !== undefined) return undefined;
  const index = (await readJsonIfThere(files, PIPELINE_INDEX)) as
    | { unet?: unknown; vqvae?: unknown }
    | null
    | undefined;
  const kind = Array.isArray(index?.unet) ? index.unet[1] : undefined;
  if (kind === "UNet2DConditionModel") return withTexts;
  if (kind === "UNet2DModel") return index?.vqvae ? ofLatents : ofPixels;
  return undefined;
}

/**
 * Reads an autoencoder of the diffusers library, or the one that a pipeline's folder holds.
 *
 * @throws BAD_MODEL when it is none, or has codes; as `readGenerator`
 */
export async function readAutoencoder(place: Place): Promise<Generator> {
  const folder = await diffusersFolder(place);
  const read = folder && (await readDiffusers(folder, place.file));
  requires(
    read && !read.codebook,
    "BAD_MODEL",
    () => `${place.path}: is no AutoencoderKL or AutoencoderTiny of diffusers`,
    "name a folder with its config.json and weights",
  );
  return read;
}

/** The folder with a `config.json` of the library's; undefined where there is none. */
export async function diffusersFolder({ files, file }: Place): Promise<Files | undefined> {
  if (file !== undefined && !weightNames(weightStems.diffusers).includes(file)) return undefined;
  const folders = file === undefined ? [files, ...parts.map((part) => files.folder(part))] : [files];
  const there = await Promise.all(folders.map((folder) => folder.has("config.json")));
  for (const folder of folders.filter((_, i) => there[i])) {
    const config = (await readJson(folder, "config.json", "a model")) as { _class_name?: unknown } | null;
    if (typeof config?._class_name === "string") return folder;
  }
  return undefined;
}

async function readDiffusers(folder: Files, file: string | undefined): Promise<Generator> {
  const config = (await readJson(folder, "config.json", WHAT)) as { _class_name: string };
  const name = file ?? (await weightsIn(folder, weightStems.diffusers, WHAT));
  const read = {
    name: folder.name,
    config,
    configPath: folder.pathOf("config.json"),
    ...(await readCheckpoint(folder, name, WHAT)),
  };
  return config._class_name === "AutoencoderTiny" ? tinyGenerator(read) : diffusersGenerator(read);
}
