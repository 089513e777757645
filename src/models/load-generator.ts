/** A generator from disk, in any of the forms that are known. Node only. */
import { basename, dirname, join, resolve } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { openWeights } from "../weights/open-file.js";
import type { Generator } from "./generator.js";
import { exists, isFolder, modelFile, readJson } from "./open-model.js";
import { tinyGenerator } from "./tiny/autoencoder.js";
import { diffusersGenerator } from "./vqgan/assemble.js";
import { loadVqgan } from "./vqgan/load.js";

/** Where a whole pipeline of the diffusers library keeps its autoencoder. */
const parts = ["vae", "vqvae"];
const weightNames = ["safetensors", "bin", "fp16.safetensors"].map((ending) => `diffusion_pytorch_model.${ending}`);

/**
 * Opens a folder of the diffusers library (a VQModel, AutoencoderKL or AutoencoderTiny, or a pipeline that holds one in
 * `vae/` or `vqvae/`), or what `loadVqgan` opens. Arrays stay in their file until a program reads them.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged or hostile checkpoints
 */
export async function loadGenerator(path: string): Promise<Generator> {
  const folder = await diffusersFolder(path);
  return folder === undefined ? loadVqgan(path) : loadDiffusers(folder, path);
}

/** The folder with a `config.json` of the library's; undefined where there is none. */
export async function diffusersFolder(path: string): Promise<string | undefined> {
  const isPart = !(await isFolder(path)) && weightNames.includes(basename(path));
  const folders = isPart ? [dirname(path)] : [path, ...parts.map((part) => join(path, part))];
  for (const folder of folders) {
    const config = join(folder, "config.json");
    if (!(await exists(config))) continue;
    const file = (await readJson(config, "a model")) as { _class_name?: unknown } | null;
    if (typeof file?._class_name === "string") return folder;
  }
  return undefined;
}

async function loadDiffusers(folder: string, path: string): Promise<Generator> {
  const configPath = join(folder, "config.json");
  const config = (await readJson(configPath, "a model of diffusers")) as { _class_name: string };
  const weights = path === folder || (await isFolder(path)) ? await weightsIn(folder) : path;
  const read = {
    name: basename(resolve(folder)),
    config,
    configPath,
    weights: await openWeights(weights),
    files: [await modelFile(weights)],
  };
  return config._class_name === "AutoencoderTiny" ? tinyGenerator(read) : diffusersGenerator(read);
}

async function weightsIn(folder: string): Promise<string> {
  for (const name of weightNames) {
    if (await exists(join(folder, name))) return join(folder, name);
  }
  throw new VqganClipError(
    "BAD_MODEL",
    `${folder}: holds none of ${weightNames.join(", ")}`,
    "is the download complete?",
  );
}
