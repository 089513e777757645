/** The form of the sentence-transformers library: `modules.json`, and a folder for each part behind the transformer. */
import * as z from "zod";
import { requires, VqganClipError } from "../../core/errors.js";
import { weightStems } from "../../core/weight-names.js";
import type { StateDict } from "../../weights/state-dict.js";
import { type Files, readJson, readJsonIfThere } from "../files.js";
import type { ModelFile } from "../model-file.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import { parsed } from "../parse.js";
import { WeightTaker } from "../take-weights.js";
import { parseBertConfig } from "./config.js";
import type { Pooling } from "./encoder.js";
import type { BertReaderParts, Projection } from "./reader.js";
import { bertWeights, ignoredOfBert } from "./weights.js";

export const MODULES = "modules.json";
const WHAT = "a text tower of sentence-transformers";

const modulesSchema = z.array(z.object({ path: z.string().regex(/^[\w.-]*$/), type: z.string() })).min(2);
const typeSchema = z.object({ model_type: z.string() });
const flag = z.boolean().default(false);
const poolingSchema = z.object({
  pooling_mode: z.enum(["cls", "mean"], "only the first token and the mean are read").nullish(),
  pooling_mode_cls_token: flag,
  pooling_mode_mean_tokens: flag,
  pooling_mode_max_tokens: flag,
  pooling_mode_mean_sqrt_len_tokens: flag,
  pooling_mode_weightedmean_tokens: flag,
  pooling_mode_lasttoken: flag,
});
const denseSchema = z.object({
  in_features: z.int().positive(),
  out_features: z.int().positive(),
  bias: z.boolean().default(true),
  activation_function: z
    .string()
    .regex(/\.(Identity|Tanh)$/, "only Identity and Tanh are read")
    .default("torch.nn.modules.activation.Tanh"),
});
const limitSchema = z.object({
  max_seq_length: z.int().positive().nullish(),
  do_lower_case: z.literal(false, "texts are read as they are written").nullish(),
});

export interface SentenceTransformer extends Pick<BertReaderParts, "config" | "weights" | "pooling" | "projections"> {
  /** Where the transformer and its tokenizer are */
  readonly files: Files;
  readonly checkpoints: readonly ModelFile[];
  readonly dicts: readonly StateDict[];
  /** Most tokens of a text, where its makers say it */
  readonly limit: number | undefined;
}

/** @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE, IO_FAILED, ABORTED */
export async function sentenceTransformer(root: Files): Promise<SentenceTransformer> {
  const origin = root.pathOf(MODULES);
  const modules = parsed(modulesSchema, await readJson(root, MODULES, WHAT), origin);
  const [first, second, ...others] = modules.map(({ path, type }) => ({
    kind: type.split(".").at(-1) as string,
    folder: path === "" ? root : root.folder(path),
  }));
  requires(
    first?.kind === "Transformer" && second?.kind === "Pooling",
    "BAD_MODEL",
    () => `${origin}: begins with ${first?.kind}, ${second?.kind}`,
    "a Transformer, a Pooling and any Dense are read, as in clip-ViT-B-32-multilingual-v1",
  );
  const { folder } = first;
  const file = await readJson(folder, "config.json", WHAT);
  const at = folder.pathOf("config.json");
  const config = parseBertConfig(file, parsed(typeSchema, file, at).model_type, at);
  const tower = await readCheckpoint(folder, await weightsIn(folder, weightStems.transformers, WHAT), WHAT);
  const prefixes = ["", `${config.naming}.`, "roberta."]; // those of models that were saved with a head
  const prefix = prefixes.find((each) => tower.weights.has(`${each}embeddings.word_embeddings.weight`)) ?? "";
  const taker = new WeightTaker(tower.weights, prefix);
  const weights = bertWeights(taker, config);
  taker.finish(ignoredOfBert);

  const limit = await limitOf(folder);
  const pooling = poolingOf(await readJson(second.folder, "config.json", WHAT), second.folder.pathOf("config.json"));
  const checkpoints = [...tower.files];
  const dicts = [tower.weights];
  const projections: Projection[] = [];
  let width = config.width;
  for (const { kind, folder: dense } of others) {
    if (kind === "Normalize") continue; // embeddings are compared by their directions
    if (kind !== "Dense") {
      throw new VqganClipError("BAD_MODEL", `${origin}: a ${kind} is not read`, "Dense and Normalize are");
    }
    const { projection, weights: dict, files } = await denseOf(dense, width);
    projections.push(projection);
    checkpoints.push(...files);
    dicts.push(dict);
    width = projection.map.weight.shape[0] as number;
  }
  return { files: folder, config, weights, pooling, projections, checkpoints, dicts, limit };
}

async function limitOf(folder: Files): Promise<number | undefined> {
  const name = "sentence_bert_config.json";
  const { max_seq_length } = parsed(limitSchema, (await readJsonIfThere(folder, name)) ?? {}, folder.pathOf(name));
  return max_seq_length ?? undefined;
}

function poolingOf(file: unknown, origin: string): Pooling {
  const { pooling_mode, ...modes } = parsed(poolingSchema, file, origin);
  const chosen = Object.entries(modes).flatMap(([name, on]) =>
    on ? [name.replace(/^pooling_mode_|_tokens?$/g, "")] : [],
  );
  const [mode = pooling_mode, second] = chosen;
  requires(
    second === undefined && (mode === "cls" || mode === "mean"),
    "BAD_MODEL",
    () => `${origin}: pools by ${chosen.length > 0 ? chosen.join(" and ") : "nothing"}`,
    "either the first token (cls) or the mean is read",
  );
  return mode === "cls" ? "first" : "mean";
}

async function denseOf(folder: Files, width: number) {
  const origin = folder.pathOf("config.json");
  const { in_features, out_features, bias, activation_function } = parsed(
    denseSchema,
    await readJson(folder, "config.json", WHAT),
    origin,
  );
  requires(
    in_features === width,
    "BAD_MODEL",
    () => `${origin}: in_features is ${in_features}, what comes before gives ${width}`,
  );
  const { weights, files } = await readCheckpoint(
    folder,
    await weightsIn(folder, weightStems.transformers, WHAT),
    WHAT,
  );
  const taker = new WeightTaker(weights, "linear.");
  const map = {
    weight: taker.take("weight", [out_features, in_features]),
    ...(bias && { bias: taker.take("bias", [out_features]) }),
  };
  taker.finish([]);
  return { projection: { map, tanh: activation_function.endsWith("Tanh") }, weights, files };
}
