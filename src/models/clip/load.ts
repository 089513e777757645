/** A Hugging Face CLIPModel folder as a Perceptor. Node only. */
import { basename, join, resolve } from "node:path";
import { VqganClipError } from "../../core/errors.js";
import { openSafetensors } from "../../weights/open-file.js";
import { exists, isFolder, modelFile, readJson } from "../open-model.js";
import type { Perceptor } from "../perceptor.js";
import { clipPerceptor } from "./assemble.js";

/**
 * Opens the folder; arrays stay in `model.safetensors` until a program reads them.
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
  if (!(await exists(pathOf("model.safetensors")))) {
    throw new VqganClipError("BAD_MODEL", `${pathOf("model.safetensors")}: no such file; a CLIP model needs it`);
  }
  return clipPerceptor({
    name: basename(resolve(folder)),
    config,
    preprocessor,
    tokenizer,
    weights: await openSafetensors(pathOf("model.safetensors")),
    files: [await modelFile(pathOf("model.safetensors"))],
    pathOf,
  });
}
