/** A Hugging Face CLIPModel folder as a Perceptor. Node only. */
import { basename, join, resolve } from "node:path";
import { VqganClipError } from "../../core/errors.js";
import { openWeights } from "../../weights/open-file.js";
import { exists, isFolder, modelFile, readJson } from "../open-model.js";
import type { Perceptor } from "../perceptor.js";
import { clipPerceptor } from "./assemble.js";

/**
 * Opens the folder; arrays stay in `model.safetensors` (or `pytorch_model.bin`) until a program reads them.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged weights
 */
export async function loadClip(folder: string): Promise<Perceptor> {
  if (!(await isFolder(folder))) {
    throw new VqganClipError(
      "BAD_MODEL",
      `CLIP: ${folder} is no folder`,
      "give a folder with config.json and model.safetensors",
    );
  }
  const pathOf = (name: string) => join(folder, name);
  const config = await readJson(pathOf("config.json"), "a CLIP model");
  const hasPreprocessor = await exists(pathOf("preprocessor_config.json"));
  const preprocessor = hasPreprocessor ? await readJson(pathOf("preprocessor_config.json"), "CLIP") : undefined;
  const tokenizer = await readJson(pathOf("tokenizer.json"), "a CLIP model");
  const weights = await weightsIn(pathOf);
  return clipPerceptor({
    name: basename(resolve(folder)),
    config,
    preprocessor,
    tokenizer,
    weights: await openWeights(weights),
    files: [await modelFile(weights)],
    pathOf,
  });
}

/** Older repositories hold a PyTorch checkpoint only. */
async function weightsIn(pathOf: (name: string) => string): Promise<string> {
  for (const name of ["model.safetensors", "pytorch_model.bin"]) {
    if (await exists(pathOf(name))) return pathOf(name);
  }
  throw new VqganClipError("BAD_MODEL", `${pathOf("model.safetensors")}: no such file; a CLIP model needs it`);
}
