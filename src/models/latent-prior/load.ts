/** A prior's folder as a Prior. Node only. */
import { basename, join, resolve } from "node:path";
import { requires } from "../../core/errors.js";
import { openWeights } from "../../weights/open-file.js";
import { exists, modelFile, readJson } from "../open-model.js";
import type { Prior } from "../prior.js";
import { latentPrior } from "./assemble.js";

/**
 * Opens a folder with `config.json` and `model.safetensors`; arrays stay in their file until a program reads them.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged weights
 */
export async function loadPrior(folder: string): Promise<Prior> {
  const [configPath, weights] = [join(folder, "config.json"), join(folder, "model.safetensors")];
  const config = await readJson(configPath, "a prior");
  requires(await exists(weights), "BAD_MODEL", () => `${weights}: no such file; a prior needs it`);
  return latentPrior({
    name: basename(resolve(folder)),
    config,
    configPath,
    weights: await openWeights(weights),
    files: [await modelFile(weights)],
  });
}
