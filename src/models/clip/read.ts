/** A CLIP from its files as a Perceptor, in any of the forms it is published in. */
import { requires } from "../../core/errors.js";
import { weightNames, weightStems } from "../../core/weight-names.js";
import type { StateDict } from "../../weights/state-dict.js";
import { bertTokenizerFile } from "../bert/word-pieces.js";
import { chineseClipPerceptor } from "../chinese-clip/assemble.js";
import { convolutionalClipPerceptor } from "../convolutional-clip/assemble.js";
import { type Files, firstThere, type Place, readJson, readJsonIfThere, readText, stemOf } from "../files.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import type { Perceptor } from "../perceptor.js";
import { siglipPerceptor } from "../siglip/assemble.js";
import { isTextTower } from "../text-tower.js";
import { type ClipParts, clipPerceptor, openClipPerceptor } from "./assemble.js";
import { clipVocabulary, tokenizerOfMerges } from "./clip-vocabulary.js";
import { isClipType } from "./config.js";
import { configOfArrays, isHuge, parseOpenClipConfig } from "./open-clip-config.js";

const OPEN_CLIP_CONFIG = "open_clip_config.json";
const WHAT = "a CLIP model";

/**
 * Reads a folder with a `config.json` (a Hugging Face CLIPModel, SiglipModel, Siglip2Model or ChineseCLIPModel, a convolutional CLIP), an OpenCLIP folder (`open_clip_config.json`), or weights in the
 * form of OpenAI and OpenCLIP: OpenAI's own archives (`RN50.pt`) and ViT-H/14 say themselves what they are, others need their
 * `open_clip_config.json`; without a `tokenizer.json` beside them texts are read with CLIP's own vocabulary. On disk, arrays stay in their file until a program reads them.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged weights; IO_FAILED, ABORTED
 */
export async function readClip({ path, files, file }: Place): Promise<Perceptor> {
  requires(
    file === undefined || (await files.has(file)),
    "BAD_MODEL",
    () => `CLIP: ${path}: no such file or folder`,
    "give a folder with config.json and model.safetensors, or an archive of OpenAI's",
  );
  // Some repositories hold a model in both forms, or a `config.json` that is another library's.
  const config = await readJsonIfThere(files, "config.json");
  const type = (config as { model_type?: unknown } | null | undefined)?.model_type;
  if (file !== undefined && !(type !== undefined && weightNames(weightStems.transformers).includes(file))) {
    return openClipPerceptor(await openClipParts(files, file));
  }
  const openClip = async () =>
    (await files.has(OPEN_CLIP_CONFIG)) ||
    (config === undefined && (await firstThere(files, weightNames(weightStems.openClip))));
  if (type === undefined && (await openClip())) {
    return openClipPerceptor(await openClipParts(files, await weightsIn(files, weightStems.openClip, WHAT)));
  }
  requires(
    type === undefined || isClipType(type) || !(await isTextTower(files, config)),
    "BAD_MODEL",
    () => `CLIP: ${path}: reads texts alone`,
    "name it as text tower (--text-tower) beside the CLIP that it was trained for",
  );
  const tokenizerConfig =
    type === "clip" || type === undefined ? undefined : await readJsonIfThere(files, "tokenizer_config.json");
  const isChinese = type === "chinese_clip";
  const parts: ClipParts = {
    name: files.name,
    config: await readJson(files, "config.json", WHAT),
    preprocessor: await readJsonIfThere(files, "preprocessor_config.json"),
    tokenizer: isChinese
      ? await bertTokenizerFile(files, tokenizerConfig ?? {}, WHAT)
      : ((await readJsonIfThere(files, "tokenizer.json")) ?? (await mergesTokenizer(files))),
    ...(await readCheckpoint(files, file ?? (await weightsIn(files, weightStems.transformers, WHAT)), WHAT)),
    pathOf: (name) => files.pathOf(name),
  };
  if (type === "convolutional_clip") return convolutionalClipPerceptor(parts);
  if (isChinese) return chineseClipPerceptor({ ...parts, tokenizerConfig });
  if (type !== "siglip" && type !== "siglip2") return clipPerceptor(parts);
  return siglipPerceptor({ ...parts, tokenizerConfig });
}

async function openClipParts(files: Files, file: string): Promise<ClipParts> {
  const checkpoint = await readCheckpoint(files, file, WHAT);
  const config = (await readJsonIfThere(files, OPEN_CLIP_CONFIG)) ?? ownConfig(files, checkpoint.weights);
  return {
    name: weightNames(weightStems.openClip).includes(file) ? files.name : stemOf(file),
    config,
    tokenizer: (await readJsonIfThere(files, "tokenizer.json")) ?? (await ownTokenizer(files, config)),
    ...checkpoint,
    pathOf: (name) => files.pathOf(name),
  };
}

function ownConfig(files: Files, weights: StateDict): unknown {
  requires(
    weights.metadata.get("format") === "torchscript" || isHuge(weights),
    "BAD_MODEL",
    () => `${files.pathOf(OPEN_CLIP_CONFIG)}: no such file; ${weights.origin} needs it`,
    "only the archives that OpenAI published, and a ViT-H/14 such as HPS, say themselves what they are; a config.json belongs to a whole folder",
  );
  return configOfArrays(weights);
}

/** Older folders have a `merges.txt` instead. */
async function mergesTokenizer(files: Files): Promise<unknown> {
  const merges = "merges.txt";
  if (!(await files.has(merges))) return readJson(files, "tokenizer.json", WHAT); // which says what is missing
  return tokenizerOfMerges(await readText(files, merges, WHAT), files.pathOf(merges));
}

/** CLIP's, which everybody has who does not name another. */
async function ownTokenizer(files: Files, config: unknown): Promise<unknown> {
  const { text, tokenizerName } = parseOpenClipConfig(config, files.pathOf(OPEN_CLIP_CONFIG));
  const path = files.pathOf("tokenizer.json");
  requires(
    tokenizerName === undefined,
    "BAD_MODEL",
    () => `${path}: no such file; ${WHAT} needs it`,
    `its texts are read by the tokenizer of ${tokenizerName}: copy that one's tokenizer.json`,
  );
  return clipVocabulary(text.vocabulary, path);
}
