/** The text encoder of a diffusion model's folder: a CLIP's text tower, whose state at every token is what the net is told. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { weightStems } from "../../core/weight-names.js";
import { reshape } from "../../ops/layout.js";
import { tokenizerOfMerges } from "../clip/clip-vocabulary.js";
import { parseTextConfig, type TextConfig } from "../clip/config.js";
import { padTokenOf } from "../clip/pad-token.js";
import { textStates } from "../clip/text-encoder.js";
import { clipTokenizer } from "../clip/tokenizer.js";
import { textTowerWeights } from "../clip/weights.js";
import { type Files, readJson, readJsonIfThere, readText } from "../files.js";
import type { ModelFile } from "../model-file.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import { parsed } from "../parse.js";
import { WeightTaker } from "../take-weights.js";
import type { TextReader } from "../text-reader.js";

/** A text reader whose embedding [1,E] is the states [1,L,d] of all tokens. */
interface StatesReader extends TextReader {
  /** d */
  readonly width: number;
}

const WHAT = "a diffusion model";
const configSchema = z.object({
  use_attention_mask: z.literal(false, "padding that is hidden is not read").optional(),
});
const lengthSchema = z.object({ model_max_length: z.number().optional() });

/**
 * Reads `text_encoder/` and `tokenizer/`.
 *
 * @param pipeline the folder that holds both
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE, IO_FAILED, ABORTED
 */
export async function readStatesReader(
  pipeline: Files,
): Promise<{ readonly reader: StatesReader; readonly files: readonly ModelFile[] }> {
  const files = pipeline.folder("text_encoder");
  const config = await readJson(files, "config.json", WHAT);
  parsed(configSchema, config, files.pathOf("config.json"));
  const text = parseTextConfig(config, files.pathOf("config.json"));
  const checkpoint = await readCheckpoint(files, await weightsIn(files, weightStems.transformers, WHAT), WHAT);
  // The library leaves the prefix out since its fifth version.
  const isBare = checkpoint.weights.entries.has("final_layer_norm.weight");
  const from = new WeightTaker(checkpoint.weights, "", (key) => (isBare ? key.replace(/^text_model\./, "") : key));
  const tower = textTowerWeights(from, text);
  from.finish([/(^|\.)position_ids$/]);
  const { tokenize, length } = await readTokenizer(pipeline.folder("tokenizer"), text);
  const reader: StatesReader = {
    width: text.width,
    contextLength: length,
    embeddingSize: length * text.width,
    tokenize,
    encodeText: (ids) => reshape(textStates(tower, text, ids), [-1, length * text.width]),
  };
  return { reader, files: checkpoint.files };
}

/** Padding changes what the net is told: it is what the tokenizer's files say, CLIP's end token where they say nothing. */
async function readTokenizer(files: Files, text: TextConfig) {
  const [settings, special] = ["tokenizer_config.json", "special_tokens_map.json"] as const;
  const config = (await readJsonIfThere(files, settings)) ?? {};
  const pad =
    padTokenOf(config, files.pathOf(settings)) ??
    padTokenOf((await readJsonIfThere(files, special)) ?? {}, files.pathOf(special));
  const { model_max_length: most = text.contextLength } = parsed(lengthSchema, config, files.pathOf(settings));
  const length = Math.min(text.contextLength, most);
  const file = (await readJsonIfThere(files, "tokenizer.json")) ?? (await tokenizerOfOldFiles(files, pad));
  const limits = { ...text, contextLength: length };
  return { length, tokenize: clipTokenizer(file, limits, files.pathOf("tokenizer.json"), pad) };
}

interface TokenizerFile {
  readonly added_tokens: readonly unknown[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

/** `merges.txt` and `vocab.json`. The token that pads is a special one, in texts too. */
async function tokenizerOfOldFiles(files: Files, pad: string | undefined): Promise<unknown> {
  const merges = await readText(files, "merges.txt", WHAT);
  const file = tokenizerOfMerges(merges, files.pathOf("merges.txt")) as TokenizerFile;
  const { vocab } = file.model;
  const own = (await readJsonIfThere(files, "vocab.json")) as Readonly<Record<string, unknown>> | null | undefined;
  const stray = Object.entries(own ?? {}).find(([word, id]) => vocab[word] !== id);
  requires(
    !stray,
    "BAD_MODEL",
    () => `${files.pathOf("vocab.json")}: ${JSON.stringify(stray?.[0])} is not where CLIP's vocabulary has it`,
    "save the tokenizer with a newer version of transformers, which writes tokenizer.json",
  );
  const id = pad === undefined ? undefined : vocab[pad];
  if (id === undefined) return file;
  return { ...file, added_tokens: [...file.added_tokens, { id, content: pad, special: true, normalized: false }] };
}
