/** LanguageBind's tower for sound from a folder of Hugging Face (`LanguageBind_Audio_FT`); its text tower is passed over. */
import { weightStems } from "../../core/weight-names.js";
import { towerWeights } from "../clip/weights.js";
import type { Files } from "../files.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import type { SoundNet } from "../sound-net.js";
import { WeightTaker } from "../take-weights.js";
import { parseLanguageBind } from "./config.js";
import { encodeSound, heard } from "./encoder.js";

const WHAT = "a sound encoder";

/** Whether a `config.json` is of one. */
export function isLanguageBind(config: unknown): boolean {
  return (config as { model_type?: unknown } | null | undefined)?.model_type === "LanguageBindAudio";
}

/** @throws BAD_MODEL naming keys and arrays that do not fit; BAD_FILE, IO_FAILED */
export async function readLanguageBind(files: Files, json: unknown): Promise<SoundNet> {
  const config = parseLanguageBind(json, files.pathOf("config.json"));
  const { tower, patch, bands, frames, embeddingSize, rate } = config;
  const { weights: dict } = await readCheckpoint(files, await weightsIn(files, weightStems.transformers, WHAT), WHAT);
  const from = new WeightTaker(dict);
  const cells = (bands / patch) * (frames / patch);
  const weights = towerWeights(from, { ...tower, patch, cells }, embeddingSize);
  from.finish([/^text_model\./, /^text_projection\./, /\.position_ids$/, /^logit_scale$/]);
  return {
    embeddingSize,
    rate,
    seen: (samples) => heard(samples, config),
    encode: (seen) => encodeSound(weights, config, seen),
  };
}
