/** A VQGAN, a CLIP and a prior from their folders on a web server, weights in memory. */
import { VqganClipError } from "../core/errors.js";
import { clipPerceptor } from "../models/clip/assemble.js";
import type { Generator } from "../models/generator.js";
import { latentPrior } from "../models/latent-prior/assemble.js";
import type { ModelFile } from "../models/model-file.js";
import type { Perceptor } from "../models/perceptor.js";
import type { Prior } from "../models/prior.js";
import { vqganGenerator } from "../models/vqgan/assemble.js";
import { parseSafetensors } from "../weights/safetensors.js";
import { type FetchOptions, fetchFile } from "./fetch-file.js";

/**
 * A folder with `config.yaml` and `model.safetensors`.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged weights; IO_FAILED, ABORTED
 */
export async function fetchVqgan(folder: string, options: FetchOptions = {}): Promise<Generator> {
  const yamlPath = `${folder}config.yaml`;
  const yaml = decoded(await needed(yamlPath, "a VQGAN", options));
  const { bytes, file } = await weightsIn(folder, "a VQGAN", options);
  const weights = parseSafetensors(bytes, `${folder}model.safetensors`);
  return vqganGenerator({ name: lastFolder(folder), yaml, yamlPath, weights, files: [file] });
}

/**
 * A Hugging Face CLIPModel folder.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged weights; IO_FAILED, ABORTED
 */
export async function fetchClip(folder: string, options: FetchOptions = {}): Promise<Perceptor> {
  const json = async (name: string) => parseJson(await needed(folder + name, "a CLIP model", options), folder + name);
  const config = await json("config.json");
  const preprocessor = await fetchFile(`${folder}preprocessor_config.json`, options);
  const tokenizer = await json("tokenizer.json");
  const { bytes, file } = await weightsIn(folder, "a CLIP model", options);
  return clipPerceptor({
    name: lastFolder(folder),
    config,
    preprocessor: preprocessor && parseJson(preprocessor, `${folder}preprocessor_config.json`),
    tokenizer,
    weights: parseSafetensors(bytes, `${folder}model.safetensors`),
    files: [file],
    pathOf: (name) => folder + name,
  });
}

/**
 * A prior's folder with `config.json` and `model.safetensors`; undefined where there is none.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged weights; IO_FAILED, ABORTED
 */
export async function fetchPrior(folder: string, options: FetchOptions = {}): Promise<Prior | undefined> {
  const configPath = `${folder}config.json`;
  const json = await fetchFile(configPath, options);
  if (!json) return undefined;
  const { bytes, file } = await weightsIn(folder, "a prior", options);
  return latentPrior({
    name: lastFolder(folder),
    config: parseJson(json, configPath),
    configPath,
    weights: parseSafetensors(bytes, `${folder}model.safetensors`),
    files: [file],
  });
}

/** The name of the folder at an address that ends with a slash. */
export function lastFolder(folder: string): string {
  return decodeURIComponent(new URL(folder).pathname.split("/").at(-2) ?? "") || "model";
}

async function weightsIn(folder: string, what: string, options: FetchOptions) {
  const name = "model.safetensors";
  const bytes = await needed(folder + name, what, options);
  let digest: Promise<string> | undefined;
  const file: ModelFile = { name, size: bytes.length, sha256: () => (digest ??= sha256(bytes)) };
  return { bytes, file };
}

async function needed(url: string, what: string, options: FetchOptions): Promise<Uint8Array> {
  const bytes = await fetchFile(url, options);
  if (bytes) return bytes;
  throw new VqganClipError("BAD_MODEL", `${url}: no such file; ${what} needs it`, "is the folder on the server?");
}

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function parseJson(bytes: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(decoded(bytes));
  } catch (cause) {
    throw new VqganClipError("BAD_MODEL", `${url}: not JSON: ${(cause as Error).message}`, undefined, { cause });
  }
}

async function sha256(bytes: Uint8Array): Promise<string> {
  if (!globalThis.crypto?.subtle) {
    throw new VqganClipError(
      "IO_FAILED",
      "weights cannot be told by their sha256: the page is not in a secure context",
      "serve it over https, or from localhost",
    );
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
