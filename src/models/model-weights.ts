/** A model's weights in its folder, under any of the names that Hugging Face's libraries give them, whole or in parts. */
import { sha256Of } from "../core/bytes.js";
import { VqganClipError } from "../core/errors.js";
import { isWeightIndex, isWeightPart, type WeightStems, weightNames, weightParts } from "../core/weight-names.js";
import { readWeights } from "../weights/read-weights.js";
import { joined, type StateDict } from "../weights/state-dict.js";
import { type Files, firstThere, needed, readText } from "./files.js";
import type { ModelFile } from "./model-file.js";

/** The name of the weights that are there, or of the index of their parts. @throws BAD_MODEL when there are none */
export async function weightsIn(files: Files, stems: WeightStems, what: string): Promise<string> {
  const names = weightNames(stems);
  const name = await firstThere(files, names);
  if (name !== undefined) return name;
  const part = (await files.list())?.find(isWeightPart);
  throw new VqganClipError(
    "BAD_MODEL",
    `${files.pathOf(names[0] as string)}: no such file; ${what} needs it`,
    part
      ? `${part} is one of several parts: their index (${names[1]}) has to be beside them`
      : `or one of ${names.slice(1, 5).join(", ")}`,
  );
}

/**
 * A checkpoint of either format and its fingerprint, as models are assembled from.
 *
 * @param name of the file, or of the index of its parts: `sha256` is then of the lines that `sha256sum` prints of the parts
 * @throws BAD_MODEL, BAD_FILE, IO_FAILED
 */
export async function readCheckpoint(
  files: Files,
  name: string,
  what: string,
): Promise<{ readonly weights: StateDict; readonly files: readonly ModelFile[] }> {
  if (!isWeightIndex(name)) {
    const { weights, file } = await readOne(files, name, what);
    return { weights, files: [file] };
  }
  const origin = files.pathOf(name);
  const read: Awaited<ReturnType<typeof readOne>>[] = [];
  for (const part of weightParts(await readText(files, name, what), origin))
    read.push(await readOne(files, part, what));
  const whole = joinedFile(
    name,
    read.map(({ file }) => file),
  );
  return {
    weights: joined(
      origin,
      read.map(({ weights }) => weights),
    ),
    files: [whole],
  };
}

/** Several files as the one that tells a model: its sha256 is of the lines that `sha256sum` prints of them. */
export function joinedFile(name: string, parts: readonly ModelFile[]): ModelFile {
  const sha256 = async () => {
    let lines = "";
    for (const part of parts) lines += `${await part.sha256()}  ${part.name}\n`;
    return sha256Of(new TextEncoder().encode(lines));
  };
  return { name, size: parts.reduce((sum, { size }) => sum + size, 0), sha256: once(sha256) };
}

async function readOne(files: Files, name: string, what: string) {
  const source = await needed(files, name, what);
  const file: ModelFile = { name, size: source.size, sha256: once(() => files.sha256(name)) };
  return { weights: await readWeights(source), file };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
