/** A generator from its files, in any of the forms that are known. */
import { requires } from "../core/errors.js";
import { type Files, firstThere, type Place, readCheckpoint, readJson } from "./files.js";
import type { Generator } from "./generator.js";
import { tinyGenerator } from "./tiny/autoencoder.js";
import { diffusersGenerator } from "./vqgan/assemble.js";
import { readVqgan } from "./vqgan/read.js";

/** Where a whole pipeline of the diffusers library keeps its autoencoder. */
const parts = ["vae", "vqvae"];
const weightNames = ["safetensors", "bin", "fp16.safetensors"].map((ending) => `diffusion_pytorch_model.${ending}`);

/**
 * Reads a folder of the diffusers library (a VQModel, AutoencoderKL or AutoencoderTiny, or a pipeline that holds one in
 * `vae/` or `vqvae/`), or what `readVqgan` reads. On disk, arrays stay in their file until a program reads them.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged or hostile checkpoints; IO_FAILED, ABORTED
 */
export async function readGenerator(place: Place): Promise<Generator> {
  const folder = await diffusersFolder(place);
  return folder ? readDiffusers(folder, place.file) : readVqgan(place);
}

/** The folder with a `config.json` of the library's; undefined where there is none. */
export async function diffusersFolder({ files, file }: Place): Promise<Files | undefined> {
  if (file !== undefined && !weightNames.includes(file)) return undefined;
  const folders = file === undefined ? [files, ...parts.map((part) => files.folder(part))] : [files];
  const there = await Promise.all(folders.map((folder) => folder.has("config.json")));
  for (const folder of folders.filter((_, i) => there[i])) {
    const config = (await readJson(folder, "config.json", "a model")) as { _class_name?: unknown } | null;
    if (typeof config?._class_name === "string") return folder;
  }
  return undefined;
}

async function readDiffusers(folder: Files, file: string | undefined): Promise<Generator> {
  const config = (await readJson(folder, "config.json", "a model of diffusers")) as { _class_name: string };
  const name = file ?? (await firstThere(folder, weightNames));
  requires(
    name,
    "BAD_MODEL",
    () => `${folder.path}: holds none of ${weightNames.join(", ")}`,
    "is the download complete?",
  );
  const read = {
    name: folder.name,
    config,
    configPath: folder.pathOf("config.json"),
    ...(await readCheckpoint(folder, name, "a model of diffusers")),
  };
  return config._class_name === "AutoencoderTiny" ? tinyGenerator(read) : diffusersGenerator(read);
}
