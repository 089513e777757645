/** A prior's folder as a Prior. */
import { weightStems } from "../../core/weight-names.js";
import { type Files, readJson } from "../files.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import type { Prior } from "../prior.js";
import { latentPrior } from "./assemble.js";

/**
 * Reads a folder with `config.json` and `model.safetensors`; on disk, arrays stay in their file until a program reads them.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged weights; IO_FAILED, ABORTED
 */
export async function readPrior(files: Files): Promise<Prior> {
  const what = "a prior";
  const config = await readJson(files, "config.json", what);
  return latentPrior({
    name: files.name,
    config,
    configPath: files.pathOf("config.json"),
    ...(await readCheckpoint(files, await weightsIn(files, weightStems.transformers, what), what)),
  });
}
