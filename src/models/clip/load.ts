/** A Hugging Face CLIPModel folder as a Perceptor. Node only. */
import { basename, join, resolve } from "node:path";
import { VqganClipError } from "../../core/errors.js";
import { openSafetensors } from "../../weights/open-file.js";
import { exists, isFolder, modelFile, readJson } from "../open-model.js";
import type { Perceptor } from "../perceptor.js";
import { WeightTaker } from "../take-weights.js";
import { parseClipConfig } from "./config.js";
import { encodeImage } from "./image-encoder.js";
import { encodeText } from "./text-encoder.js";
import { clipTokenizer, knownWords } from "./tokenizer.js";
import { clipWeights } from "./weights.js";

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
  const path = (name: string) => join(folder, name);
  const config = parseClipConfig(
    await readJson(path("config.json"), "a CLIP model"),
    (await exists(path("preprocessor_config.json"))) ? await readJson(path("preprocessor_config.json"), "CLIP") : {},
    path("config.json"),
  );
  const tokenizerFile = await readJson(path("tokenizer.json"), "a CLIP model");
  const tokenize = clipTokenizer(tokenizerFile, config.text, path("tokenizer.json"));
  const words = knownWords(tokenizerFile, path("tokenizer.json"));
  if (!(await exists(path("model.safetensors")))) {
    throw new VqganClipError("BAD_MODEL", `${path("model.safetensors")}: no such file; a CLIP model needs it`);
  }
  const weights = clipWeights(new WeightTaker(await openSafetensors(path("model.safetensors"))), config);
  return {
    name: basename(resolve(folder)),
    inputSize: config.image.size,
    embeddingSize: config.embeddingSize,
    contextLength: config.text.contextLength,
    tokenize,
    ...(words && { words }),
    encodeImage: (pixels) => encodeImage(weights.image, config, pixels),
    encodeText: (ids, end) => encodeText(weights.text, config, ids, end),
    files: [await modelFile(path("model.safetensors"))],
  };
}
