/** Models that read texts alone, of many languages, into the space of somebody else's CLIP, whose image tower they are put beside. */
import * as z from "zod";
import { requires, VqganClipError } from "../core/errors.js";
import { weightStems } from "../core/weight-names.js";
import type { StateDict } from "../weights/state-dict.js";
import { multilingualClip } from "./bert/multilingual-clip.js";
import { type BertReaderParts, bertReader } from "./bert/reader.js";
import { MODULES, sentenceTransformer } from "./bert/sentence-transformer.js";
import { bertTokenizerFile } from "./bert/word-pieces.js";
import { isClipType } from "./clip/config.js";
import { padTokenOf } from "./clip/pad-token.js";
import { type Files, type Place, readJson, readJsonIfThere } from "./files.js";
import type { ModelFile } from "./model-file.js";
import { joinedFile, readCheckpoint, weightsIn } from "./model-weights.js";
import { parsed } from "./parse.js";
import type { Perceptor } from "./perceptor.js";
import type { TextReader } from "./text-reader.js";

/** A reader of texts from files of its own. */
export interface TextTower extends TextReader {
  readonly name: string;
  readonly files: readonly ModelFile[];
  /** Its checkpoints: the transformer's, then those of maps that have their own */
  readonly dicts: readonly StateDict[];
}

/** What the folder of a pair is called that holds a text tower of its own, and what asks for it. */
export const LANGUAGES = "languages";

const WHAT = "a text tower";
const MULTILINGUAL_CLIP = "M-CLIP";
const known = "a folder of sentence-transformers (modules.json) or of M-CLIP would do";

/** Whether a folder, by its configuration, reads texts alone. */
export async function isTextTower(files: Files, config: unknown): Promise<boolean> {
  return (
    (config as { model_type?: unknown } | undefined)?.model_type === MULTILINGUAL_CLIP || (await files.has(MODULES))
  );
}

/**
 * Reads a folder of sentence-transformers, such as `clip-ViT-B-32-multilingual-v1`, or of M-CLIP.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged weights; IO_FAILED, ABORTED
 */
export async function readTextTower({ path, files, file }: Place): Promise<TextTower> {
  requires(file === undefined, "BAD_MODEL", () => `text tower: ${path}: no such folder`, known);
  const { name } = files;
  if (await files.has(MODULES)) {
    const { files: own, checkpoints, dicts, limit, ...parts } = await sentenceTransformer(files);
    return { name, files: oneFile(name, checkpoints), dicts, ...(await reader(own, parts, limit)) };
  }
  const config = await readJson(files, "config.json", WHAT);
  const origin = files.pathOf("config.json");
  const { model_type: type } = parsed(z.object({ model_type: z.string().nullish() }), config, origin);
  if (type !== MULTILINGUAL_CLIP) {
    throw new VqganClipError(
      "BAD_MODEL",
      `${origin}: model_type ${JSON.stringify(type)} is none that reads texts into a CLIP's space`,
      isClipType(type) ? "a whole model is named by --clip" : known,
    );
  }
  const { weights, files: checkpoints } = await readCheckpoint(
    files,
    await weightsIn(files, weightStems.transformers, WHAT),
    WHAT,
  );
  return {
    name,
    files: oneFile(name, checkpoints),
    dicts: [weights],
    ...(await reader(files, multilingualClip(config, weights, origin), undefined)),
  };
}

/**
 * A CLIP whose texts are read by a tower of its own.
 *
 * @throws BAD_MODEL when the two do not end in one space
 */
export function withTextTower(perceptor: Perceptor, tower: TextTower): Perceptor {
  requires(
    tower.embeddingSize === perceptor.embeddingSize,
    "BAD_MODEL",
    () =>
      `text tower: ${tower.name} makes ${tower.embeddingSize} numbers of a text, ${perceptor.name} ${perceptor.embeddingSize} of a picture`,
    "name the CLIP that it was trained for; its page says which",
  );
  const { encodeImageLayers, cosineScale } = perceptor;
  const { dicts: _, ...reader } = tower;
  const name = joinedName(perceptor.name, tower.name);
  return {
    ...reader,
    name,
    inputSize: perceptor.inputSize,
    encodeImage: (pixels) => perceptor.encodeImage(pixels),
    ...(encodeImageLayers && { encodeImageLayers: (pixels) => encodeImageLayers.call(perceptor, pixels) }),
    ...(cosineScale && { cosineScale: () => cosineScale.call(perceptor) }),
    files: oneFile(name, [...perceptor.files, ...tower.files]),
  };
}

/** What a CLIP with such a tower is called. */
export function joinedName(clip: string, tower: string): string {
  return `${clip}+${tower}`;
}

/** @param limit most tokens of a text, where its makers say it elsewhere than with the tokenizer */
async function reader(
  files: Files,
  parts: Pick<BertReaderParts, "config" | "weights" | "pooling" | "projections">,
  limit: number | undefined,
): Promise<TextReader> {
  const name = "tokenizer_config.json";
  const settings = (await readJsonIfThere(files, name)) ?? {};
  const { model_max_length } = parsed(
    z.object({ model_max_length: z.number().positive().nullish() }),
    settings,
    files.pathOf(name),
  );
  const { positions, firstPosition } = parts.config;
  return bertReader({
    ...parts,
    contextLength: Math.min(limit ?? model_max_length ?? Number.POSITIVE_INFINITY, positions - firstPosition),
    tokenizer: await bertTokenizerFile(files, settings, WHAT),
    tokenizerOrigin: files.pathOf("tokenizer.json"),
    padToken: padTokenOf(settings, files.pathOf(name)),
  });
}

function oneFile(name: string, parts: readonly ModelFile[]): readonly ModelFile[] {
  return parts.length > 1 ? [joinedFile(name, parts)] : parts;
}
