/** A CLIP on disk as a Perceptor, in any of the forms it is published in. Node only. */
import { basename, dirname, join, resolve } from "node:path";
import { requires, VqganClipError } from "../../core/errors.js";
import { openWeights } from "../../weights/open-file.js";
import type { StateDict } from "../../weights/state-dict.js";
import { exists, isFolder, modelFile, readJson } from "../open-model.js";
import type { Perceptor } from "../perceptor.js";
import { siglipPerceptor } from "../siglip/assemble.js";
import { type ClipParts, clipPerceptor, openClipPerceptor } from "./assemble.js";
import { openAiConfig } from "./open-clip-config.js";

const HUGGING_FACE_WEIGHTS = ["model.safetensors", "pytorch_model.bin"];
const OPEN_CLIP_WEIGHTS = ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"];
const OPEN_CLIP_CONFIG = "open_clip_config.json";

/**
 * Opens a Hugging Face CLIPModel or SiglipModel folder (`config.json`), an OpenCLIP folder (`open_clip_config.json`), or weights in the
 * form of OpenAI and OpenCLIP with a `tokenizer.json` beside them: OpenAI's own archives (`RN50.pt`) say themselves what
 * they are, others need their `open_clip_config.json`. Arrays stay in their file until a program reads them.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged weights
 */
export async function loadClip(path: string): Promise<Perceptor> {
  if (!(await exists(path))) {
    throw new VqganClipError(
      "BAD_MODEL",
      `CLIP: ${path}: no such file or folder`,
      "give a folder with config.json and model.safetensors, or an archive of OpenAI's with tokenizer.json beside it",
    );
  }
  if (!(await isFolder(path))) return openClipPerceptor(await openClipParts(path));
  const pathOf = (name: string) => join(path, name);
  if (await isOpenClip(pathOf))
    return openClipPerceptor(await openClipParts(await weightsIn(pathOf, OPEN_CLIP_WEIGHTS)));
  const config = await readJson(pathOf("config.json"), "a CLIP model");
  const hasPreprocessor = await exists(pathOf("preprocessor_config.json"));
  const preprocessor = hasPreprocessor ? await readJson(pathOf("preprocessor_config.json"), "CLIP") : undefined;
  const tokenizer = await readJson(pathOf("tokenizer.json"), "a CLIP model");
  const weights = await weightsIn(pathOf, HUGGING_FACE_WEIGHTS);
  const parts: ClipParts = {
    name: basename(resolve(path)),
    config,
    preprocessor,
    tokenizer,
    weights: await openWeights(weights),
    files: [await modelFile(weights)],
    pathOf,
  };
  if ((config as { model_type?: unknown } | null)?.model_type !== "siglip") return clipPerceptor(parts);
  const about = pathOf("tokenizer_config.json");
  const tokenizerConfig = (await exists(about)) ? await readJson(about, "SigLIP") : undefined;
  return siglipPerceptor({ ...parts, tokenizerConfig });
}

/** Some repositories hold a model in both forms, or a `config.json` that is another library's. */
async function isOpenClip(pathOf: (name: string) => string): Promise<boolean> {
  if (!(await exists(pathOf(OPEN_CLIP_CONFIG)))) return false;
  if (!(await exists(pathOf("config.json")))) return true;
  const config = (await readJson(pathOf("config.json"), "a CLIP model")) as { model_type?: unknown } | null;
  return config?.model_type === undefined;
}

async function openClipParts(path: string): Promise<ClipParts> {
  const folder = dirname(path);
  const pathOf = (name: string) => join(folder, name);
  const weights = await openWeights(path);
  const isInFolder = OPEN_CLIP_WEIGHTS.includes(basename(path));
  return {
    name: isInFolder ? basename(resolve(folder)) : basename(path).replace(/\.[^.]+$/, ""),
    config: await openClipConfig(pathOf(OPEN_CLIP_CONFIG), weights),
    tokenizer: await readTokenizer(pathOf("tokenizer.json")),
    weights,
    files: [await modelFile(path)],
    pathOf,
  };
}

async function openClipConfig(path: string, weights: StateDict): Promise<unknown> {
  if (await exists(path)) return readJson(path, "a CLIP model");
  requires(
    weights.metadata.get("format") === "torchscript",
    "BAD_MODEL",
    () => `${path}: no such file; ${weights.origin} needs it`,
    "only the archives that OpenAI published say themselves what they are; a config.json belongs to a whole folder",
  );
  return openAiConfig(weights);
}

async function readTokenizer(path: string): Promise<unknown> {
  requires(
    await exists(path),
    "BAD_MODEL",
    () => `${path}: no such file; a CLIP model needs it`,
    "copy the tokenizer.json of openai/clip-vit-base-patch32: all of OpenAI's models share it",
  );
  return readJson(path, "a CLIP model");
}

/** Older repositories hold a PyTorch checkpoint only. */
async function weightsIn(pathOf: (name: string) => string, names: readonly string[]): Promise<string> {
  for (const name of names) if (await exists(pathOf(name))) return pathOf(name);
  throw new VqganClipError("BAD_MODEL", `${pathOf(names[0] as string)}: no such file; a CLIP model needs it`);
}
