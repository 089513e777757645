/** VqganClip on Node: models from folders, pictures and sessions from files. */
import { readFile } from "node:fs/promises";
import { freemem } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NDArray } from "./core/ndarray.js";
import { readInput } from "./files/read-input.js";
import { parseRecommendation, type Recommendation } from "./guidance/resolve-settings.js";
import type { Progress } from "./hub/pull.js";
import { type ResolvedModel, type ResolveOptions, resolveModel } from "./hub/resolve.js";
import { decodePicture } from "./image/decode.js";
import { ModelPair, type OpenRequest, type PairOptions, type RunRequest } from "./model-pair.js";
import type { Generator } from "./models/generator.js";
import { loadClip, loadGenerator, loadPrior } from "./models/load.js";
import { onDisk } from "./models/on-disk.js";
import { weightless } from "./models/weightless/names.js";
import { PictureRun, type PictureSource } from "./picture-run.js";

export type { Notice, OpenRequest } from "./model-pair.js";
export type { PictureSource } from "./picture-run.js";

export interface PretrainedOptions extends PairOptions {
  /** A folder that holds `vqgan/`, `clip/` and perhaps `prior/` and `recommended.json` (default: the bundled compact pair). */
  readonly model?: string;
  /**
   * A generator instead of the pair's: a folder, a checkpoint with its yaml beside it, a published name, `pixels` or
   * `fft` (docs/models.md), or one of your own.
   */
  readonly vqgan?: string | Generator;
  /**
   * A CLIP instead of the pair's: a folder of Hugging Face or OpenCLIP, an archive of OpenAI, or a published name. Several
   * look at the picture together, with the weights `perceptorWeights`; the first one scores, embeds and finds masks.
   */
  readonly clip?: string | readonly string[];
  /**
   * A second CLIP, a folder or a published name, that has no part in the loss: it looks at the picture every
   * `judgeEvery` steps, and the one it scores best is the run's result (default: none, and the last picture).
   */
  readonly judge?: string;
  /** Where published models are kept (default: the Hugging Face hub's cache, as its variables say). */
  readonly cacheDir?: string;
  /** Never download: published models must be in the cache (default: what HF_HUB_OFFLINE says). */
  readonly localFilesOnly?: boolean;
  /** Called while a published model is downloaded. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops a download. */
  readonly signal?: AbortSignal;
}

export type CreateRequest = RunRequest<PictureSource>;

/** The bundled pair, beside the package's own code. */
export const bundledModel: string = fileURLToPath(new URL("../models/compact", import.meta.url));

export class VqganClip extends ModelPair<PictureSource, PictureRun> {
  /**
   * Opens the models; weights are read when they are needed. Published names that are not in the cache are downloaded.
   *
   * @throws BAD_MODEL, BAD_FILE, IO_FAILED; ABORTED by `signal`
   */
  static async fromPretrained(options: PretrainedOptions = {}): Promise<VqganClip> {
    const { model = bundledModel, cacheDir, localFilesOnly, onProgress, signal } = options;
    const hub = { ...(cacheDir && { cacheDir }), ...(localFilesOnly && { localFilesOnly }), onProgress, signal };
    const inPair = (part: string) => ({ path: join(model, part), name: undefined });
    const clips: ResolvedModel[] = [];
    for (const name of [options.clip ?? []].flat()) clips.push(await resolveModel(name, "CLIP", hub));
    const [clip = inPair("clip"), ...others] = clips;
    const second = options.judge === undefined ? undefined : await resolveModel(options.judge, "CLIP", hub);
    const [{ generator, name }, perceptor] = [
      await generatorOf(options.vqgan, inPair("vqgan"), hub),
      await loadClip(clip.path),
    ];
    const companions = await Promise.all(others.map(({ path }) => loadClip(path)));
    const judge = second && (await loadClip(second.path));
    const isPair = options.vqgan === undefined && options.clip === undefined;
    const recommended = isPair ? await recommendation(model) : undefined;
    const hasPrior = isPair && (await onDisk(join(model, "prior"))).file === undefined;
    const prior = hasPrior ? await loadPrior(join(model, "prior")) : undefined;
    // The bundled pair has a name of its own; of other models only the last folder is told.
    const nameOf = (name: string, given: unknown) =>
      given === undefined && options.model === undefined ? `${basename(bundledModel)}/${name}` : name;
    const names = {
      generator: name ?? nameOf(generator.name, options.vqgan),
      perceptor: clip.name ?? nameOf(perceptor.name, options.clip),
      companions: others.map(({ name }) => name),
      judge: second?.name,
      prior: prior && nameOf(prior.name, undefined),
    };
    return new VqganClip({ generator, perceptor, companions, prior, recommended, names, judge }, options, PictureRun);
  }

  /**
   * Goes on from a `.vqclip` session.
   *
   * @throws BAD_FILE when it is none, BAD_MODEL when other weights made it
   */
  async open(path: string, request: OpenRequest = {}): Promise<PictureRun> {
    return this.continued(await readInput(path), basename(path), request);
  }

  protected override availableMemory(): number | undefined {
    const { device = "cpu" } = this.options;
    return device === "cpu" ? freemem() : undefined;
  }

  protected override async decoded(source: PictureSource): Promise<NDArray> {
    if (typeof source === "string") return decodePicture(await readInput(source), source);
    return source instanceof Uint8Array ? decodePicture(source, "picture") : source;
  }
}

/** The generator that options name, and its published name where it has one. */
async function generatorOf(
  given: PretrainedOptions["vqgan"],
  usual: ResolvedModel,
  hub: ResolveOptions,
): Promise<{ readonly generator: Generator; readonly name?: string | undefined }> {
  if (typeof given === "object") return { generator: given };
  const known = given === undefined ? undefined : weightless.get(given);
  if (known) return { generator: known };
  const { path, name } = given === undefined ? usual : await resolveModel(given, "VQGAN", hub);
  return { generator: await loadGenerator(path), name };
}

async function recommendation(folder: string): Promise<Recommendation | undefined> {
  const path = join(folder, "recommended.json");
  try {
    return parseRecommendation(await readFile(path, "utf8"), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
