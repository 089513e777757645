/** VqganClip in a browser: models from a web server, pictures and sessions from bytes. Meant for a Web Worker. */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { parseRecommendation, type Recommendation } from "../guidance/resolve-settings.js";
import { ModelPair, type OpenRequest, type PairOptions, type RunRequest } from "../model-pair.js";
import type { Generator } from "../models/generator.js";
import { weightless } from "../models/weightless/names.js";
import { type PictureOptions, RunningPicture, type SessionOptions } from "../running-picture.js";
import { type EngineFiles, locateEngine } from "../runtime/program.js";
import { type BrowserAbilities, browserAbilities } from "../runtime/web-platform.js";
import { decodePicture } from "./decode-picture.js";
import { type FetchOptions, fetchFile } from "./fetch-file.js";
import { fetchClip, fetchPrior, fetchVqgan, lastFolder } from "./fetch-models.js";

export interface PretrainedOptions extends PairOptions, FetchOptions {
  /** The address of a folder that holds `vqgan/`, `clip/` and perhaps `prior/` and `recommended.json`; relative to the page's origin. */
  readonly model: string | URL;
  /** A generator instead of the pair's: `pixels` or `fft`, which have no weights, or one of your own. */
  readonly vqgan?: "pixels" | "fft" | Generator;
  /** The address of a folder with a second CLIP that picks the result of a run and has no part in its loss. */
  readonly judge?: string | URL;
  /** Where the engine's own two files are; needed with most bundlers (docs/browser.md). */
  readonly engine?: EngineFiles;
}

/** A picture file, its bytes, or numbers [3,H,W] in 0..1. */
export type PictureSource = Blob | Uint8Array | NDArray;

export type CreateRequest = RunRequest<PictureSource>;

/**
 * One picture in the making. Nothing is compiled before the first step; leaving a loop over it pauses it, and another
 * loop goes on from there. On wasm a step blocks its thread.
 */
export class PictureRun extends RunningPicture<PictureSource> {
  /** The picture as it is now as a PNG with its story. */
  toPNG(options: PictureOptions = {}): Promise<Uint8Array> {
    return this.png(options);
  }

  /** The bytes of a `.vqclip` session, from which `open` continues with the same result. */
  save(options: SessionOptions = {}): Promise<Uint8Array> {
    return this.session(options);
  }
}

export class VqganClip extends ModelPair<PictureSource, PictureRun> {
  /** Fetches the models, or takes those that were fetched before. @throws BAD_MODEL, BAD_FILE, IO_FAILED, ABORTED */
  static async fromPretrained(options: PretrainedOptions): Promise<VqganClip> {
    if (options.engine) locateEngine(options.engine);
    const model = folderAt(options.model);
    const { vqgan } = options;
    const given = typeof vqgan === "string" ? weightless.get(vqgan) : vqgan;
    requires(given || vqgan === undefined, "BAD_ARGUMENT", () => `vqgan: there is no ${vqgan}`, "known: pixels, fft");
    const generator = given ?? (await fetchVqgan(`${model}vqgan/`, options));
    const perceptor = await fetchClip(`${model}clip/`, options);
    const prior = given ? undefined : await fetchPrior(`${model}prior/`, options);
    const judge = options.judge === undefined ? undefined : await fetchClip(folderAt(options.judge), options);
    const recommended = given ? undefined : await recommendation(`${model}recommended.json`, options);
    const names = {
      generator: given ? given.name : `${lastFolder(model)}/${generator.name}`,
      perceptor: `${lastFolder(model)}/${perceptor.name}`,
      prior: prior && `${lastFolder(model)}/${prior.name}`,
    };
    return new VqganClip({ generator, perceptor, prior, recommended, names, judge }, options, PictureRun);
  }

  /** What programs can run on in this browser and on this page, and why not on more. */
  static abilities(threads?: number): Promise<BrowserAbilities> {
    return browserAbilities(threads);
  }

  /**
   * Goes on from the bytes of a `.vqclip` session, made here or on Node.
   *
   * @throws BAD_FILE when they are none, BAD_MODEL when other weights made it
   */
  async open(session: Blob | Uint8Array, request: OpenRequest = {}): Promise<PictureRun> {
    const bytes = session instanceof Blob ? new Uint8Array(await session.arrayBuffer()) : session;
    return this.continued(bytes, "the session", request);
  }

  protected override async decoded(source: PictureSource): Promise<NDArray> {
    if (source instanceof Blob) return decodePicture(source);
    return source instanceof Uint8Array ? decodePicture(new Blob([source as Uint8Array<ArrayBuffer>])) : source;
  }
}

/** An absolute address that ends with a slash. */
function folderAt(address: string | URL): string {
  const { href } = new URL(address, globalThis.location?.href);
  return href.endsWith("/") ? href : `${href}/`;
}

async function recommendation(url: string, options: FetchOptions): Promise<Recommendation | undefined> {
  const bytes = await fetchFile(url, options);
  return bytes && parseRecommendation(new TextDecoder().decode(bytes), url);
}
