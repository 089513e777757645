/**
 * A head from its file, as it is published: the maps are told by the shapes of the arrays. What stands between them no
 * checkpoint says: of LAION's two forms it is known, others have a JSON file beside them.
 */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import type { Affine } from "../../nn/layers.js";
import type { StateDict } from "../../weights/state-dict.js";
import { type Place, readJsonIfThere, stemOf } from "../files.js";
import { readCheckpoint } from "../model-weights.js";
import { parsed } from "../parse.js";
import { WeightTaker } from "../take-weights.js";
import { type Activation, activations, applyHead, type Head } from "./head.js";

const names = Object.keys(activations) as [Activation, ...Activation[]];

/** What the JSON file beside a head may say; its name is the head's with another ending. */
const configSchema = z.strictObject({
  activation: z.enum(names).optional(),
  normalized: z.boolean().default(true),
  softmax: z.boolean().default(false),
  outputs: z
    .array(z.string().regex(/^[\w-]{1,64}$/, "expected names of letters, digits, _ and -"))
    .min(1)
    .max(1000)
    .optional(),
});

/** The maps of LAION's second aesthetic predictor, between which dropout stood in training; ImageReward has the same. */
export const dropoutMaps = [0, 2, 4, 6, 7].map((number) => `layers.${number}`);

/** Where dropout or an activation stands between maps, LAION's aesthetic predictors skip a number. */
const laion: Readonly<Record<string, Activation>> = {
  [dropoutMaps.join(" ")]: "none",
  "layers.0 layers.3 layers.6 layers.9 layers.11": "relu",
};

/** Whether a checkpoint holds maps of vectors alone, and no model that sees. */
export function isHead({ entries }: StateDict): boolean {
  return (
    entries.size > 0 &&
    [...entries].every(([name, { shape }]) => shape.length <= 2 && /(^|\.)(weight|bias)$/.test(name))
  );
}

/**
 * Reads a head: a state dict of linear maps (`layers.0.weight`, `layers.0.bias`, .. or `weight`, `bias`), .safetensors or
 * of torch. On disk, arrays stay in their file until a program reads them.
 *
 * @throws BAD_MODEL naming what is missing or does not fit; BAD_FILE on damaged weights; IO_FAILED, ABORTED
 */
export async function readHead({ path, files, file }: Place & { readonly file: string }): Promise<Head> {
  const { weights, files: read } = await readCheckpoint(files, file, "a head");
  const configName = `${stemOf(file)}.json`;
  const config = parsed(configSchema, (await readJsonIfThere(files, configName)) ?? {}, files.pathOf(configName));
  const keys = mapKeys(weights, path);
  const activation = config.activation ?? (keys.length === 1 ? "none" : laion[keys.join(" ")]);
  requires(
    activation,
    "BAD_MODEL",
    () => `${path}: ${keys.length} maps, and nothing says what stands between them`,
    `write {"activation": "relu"} into ${configName} beside it; known: ${names.join(", ")}`,
  );
  const from = new WeightTaker(weights);
  const layers = takeMaps(from, keys, path);
  from.finish([]);
  const [, embeddingSize] = (layers[0] as Affine).weight.shape as [number, number];
  const [count] = (layers.at(-1) as Affine).weight.shape as [number];
  const { outputs = [], softmax, normalized } = config;
  requires(
    outputs.length === count || (outputs.length === 0 && count === 1),
    "BAD_MODEL",
    () => `${path}: it gives ${count} numbers, ${outputs.length} of them have names`,
    `name each in ${configName}: {"outputs": ["valence", "arousal"]}`,
  );
  const form = { layers, activation, normalized, softmax };
  return {
    name: stemOf(file),
    embeddingSize,
    outputs,
    apply: (embeddings) => applyHead(form, embeddings),
    files: read,
  };
}

/** The names of the maps, in the order of their numbers. */
function mapKeys({ entries }: StateDict, path: string): string[] {
  const keys = [...entries.keys()]
    .flatMap((name) => /^(?:(.*)\.)?weight$/.exec(name)?.slice(1) ?? [])
    .map((key) => key ?? "");
  requires(
    keys.length > 0,
    "BAD_MODEL",
    () => `${path}: no array is called weight, as those of a linear map are`,
    `it holds ${[...entries.keys()].slice(0, 4).join(", ")}`,
  );
  return keys.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** Maps by their names, of which each takes what the one before it gives. @throws BAD_MODEL where one does not */
export function takeMaps(from: WeightTaker, keys: readonly string[], path: string): Affine[] {
  let width: number | undefined;
  return keys.map((key) => {
    const prefix = key === "" ? "" : `${key}.`;
    const shape = from.shapeOf(`${prefix}weight`) ?? [];
    const [rows, columns] = shape;
    requires(
      shape.length === 2 && rows && columns && (width === undefined || columns === width),
      "BAD_MODEL",
      () => `${path}: ${prefix}weight is [${shape}], and should be a map of ${width ?? "an embedding's"} numbers`,
      "a head is linear maps, one after the other",
    );
    width = rows;
    return {
      weight: from.take(`${prefix}weight`, [rows, columns]),
      bias: from.take(`${prefix}bias`, [rows]),
    };
  });
}
