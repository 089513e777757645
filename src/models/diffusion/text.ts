/** The text encoders of a diffusion model's folder: a CLIP's text tower, or two, whose state at every token is what the net is told. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { weightStems } from "../../core/weight-names.js";
import type { Tensor } from "../../graph/tensor.js";
import { reshape } from "../../ops/layout.js";
import { concat, slice } from "../../ops/movement.js";
import { tokenizerOfMerges } from "../clip/clip-vocabulary.js";
import { parseTextConfig, type TextConfig } from "../clip/config.js";
import { padTokenOf } from "../clip/pad-token.js";
import { encodeText, innerStates, type TextTowerWeights, textStates } from "../clip/text-encoder.js";
import { clipTokenizer } from "../clip/tokenizer.js";
import { textTowerWeights } from "../clip/weights.js";
import { type Files, readJson, readJsonIfThere, readText } from "../files.js";
import type { ModelFile } from "../model-file.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import { parsed } from "../parse.js";
import { WeightTaker } from "../take-weights.js";
import type { TextReader } from "../text-reader.js";
import { requireFit } from "./pipeline-files.js";

/** A text reader whose embedding [1,E] is the states [1,l,d] of all tokens, and behind them the whole text's own [1,P]. */
interface StatesReader extends TextReader {
  /** l */
  readonly tokens: number;
  /** d */
  readonly width: number;
  /** P; 0 where the net is told none */
  readonly pooledWidth: number;
}

/** One folder of a text encoder, and its tokenizer's. */
interface Encoder {
  readonly text: TextConfig;
  readonly tower: TextTowerWeights;
  /** Of the text's own embedding, where it has one [P,d] */
  readonly projection: Tensor | undefined;
  readonly tokenize: TextReader["tokenize"];
  readonly length: number;
  readonly files: readonly ModelFile[];
}

const WHAT = "a diffusion model";
const configSchema = z.object({
  use_attention_mask: z.literal(false, "padding that is hidden is not read").optional(),
});
const lengthSchema = z.object({ model_max_length: z.number().optional() });

/** What a second one is called, which SDXL has. */
export const SECOND = "text_encoder_2";

/**
 * Reads `text_encoder/` and `tokenizer/`, and where there are `text_encoder_2/` and `tokenizer_2/`.
 *
 * @param pipeline the folder that holds them
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE, IO_FAILED, ABORTED
 */
export async function readStatesReader(
  pipeline: Files,
): Promise<{ readonly reader: StatesReader; readonly files: readonly ModelFile[] }> {
  const first = await readEncoder(pipeline, "text_encoder", "tokenizer");
  if (!(await pipeline.folder(SECOND).has("config.json"))) return { reader: readerOf(first), files: first.files };
  const second = await readEncoder(pipeline, SECOND, "tokenizer_2");
  requireFit(`${pipeline.folder("tokenizer_2").path}: tokens of a text`, second.length, "tokenizer/ has", first.length);
  return { reader: readerOfBoth(first, second), files: [...first.files, ...second.files] };
}

/** The states behind the last norm. */
function readerOf({ text, tower, tokenize, length }: Encoder): StatesReader {
  return {
    tokens: length,
    width: text.width,
    pooledWidth: 0,
    contextLength: length,
    embeddingSize: length * text.width,
    tokenize,
    encodeText: (ids) => reshape(textStates(tower, text, ids), [-1, length * text.width]),
  };
}

/**
 * Both ones' inner states side by side, and the second one's embedding of the text. They pad texts differently, so each has its
 * own tokens: [b,2l].
 */
function readerOfBoth(first: Encoder, second: Encoder): StatesReader {
  const { length, projection } = { ...first, projection: second.projection };
  const width = first.text.width + second.text.width;
  requires(
    projection,
    "BAD_MODEL",
    () => `${SECOND}: has no text_projection.weight`,
    "SDXL's second text encoder is a CLIPTextModelWithProjection",
  );
  const pooledWidth = projection.shape[0] as number;
  return {
    tokens: length,
    width,
    pooledWidth,
    contextLength: 2 * length,
    readings: 2,
    embeddingSize: length * width + pooledWidth,
    tokenize: (text) => {
      const [one, two] = [first.tokenize(text), second.tokenize(text)];
      return { ...two, ids: [...one.ids, ...two.ids] };
    },
    encodeText: (ids, end) => {
      const [one, two] = [slice(ids, 1, 0, length), slice(ids, 1, length, 2 * length)];
      const states = [innerStates(first.tower, first.text, one), innerStates(second.tower, second.text, two)];
      const pooled = encodeText({ ...second.tower, projection }, second, two, end); // [b, P]
      return concat([reshape(concat(states, 2), [-1, length * width]), pooled], 1);
    },
  };
}

async function readEncoder(pipeline: Files, part: string, tokenizer: string): Promise<Encoder> {
  const files = pipeline.folder(part);
  const config = await readJson(files, "config.json", WHAT);
  parsed(configSchema, config, files.pathOf("config.json"));
  const text = parseTextConfig(config, files.pathOf("config.json"));
  const checkpoint = await readCheckpoint(files, await weightsIn(files, weightStems.transformers, WHAT), WHAT);
  // The library leaves the prefix out since its fifth version.
  const isBare = checkpoint.weights.entries.has("final_layer_norm.weight");
  const from = new WeightTaker(checkpoint.weights, "", (key) => (isBare ? key.replace(/^text_model\./, "") : key));
  const tower = textTowerWeights(from, text);
  const pooled = from.shapeOf("text_projection.weight")?.[0];
  const projection = pooled === undefined ? undefined : from.take("text_projection.weight", [pooled, text.width]);
  from.finish([/(^|\.)position_ids$/]);
  const { tokenize, length } = await readTokenizer(pipeline.folder(tokenizer), text);
  return { text, tower, projection, tokenize, length, files: checkpoint.files };
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
