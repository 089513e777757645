/** VqganClip in a browser: models from a web server, pictures and sessions from bytes. Meant for a Web Worker. */
import { type NamesOf, requireKnown } from "../core/known-names.js";
import type { NDArray } from "../core/ndarray.js";
import { constant } from "../graph/tensor.js";
import type { StepEvent } from "../guidance/run-state.js";
import type { DecodeAs } from "../image/decode-options.js";
import { type ModelChoice, modelChoiceNames } from "../pair/model-choice.js";
import { ModelPair } from "../pair/model-pair.js";
import { openPair } from "../pair/open-pair.js";
import { type PairOptions, pairOptionNames } from "../pair/options.js";
import type { PictureOptions, SessionOptions } from "../pair/picture-requests.js";
import type { OpenRequest, RunRequest } from "../pair/requests.js";
import { RunningPicture } from "../pair/running-picture.js";
import { type EngineFiles, locateEngine } from "../runtime/own-engine.js";
import { compile, compileOptionsOf } from "../runtime/program.js";
import { type BrowserAbilities, browserAbilities } from "../runtime/web-platform.js";
import { decodePicture } from "./decode-picture.js";
import type { FetchOptions } from "./fetch-file.js";
import { atAddress } from "./web-files.js";

/** Models are addresses, relative to the page's; `model` may be left out where `vqgan` and `clip` are both named. */
export interface PretrainedOptions extends PairOptions, FetchOptions, ModelChoice<string | URL> {
  /** Where the engine's own two files are; needed with most bundlers (docs/browser.md). */
  readonly engine?: EngineFiles;
}

const optionNames: NamesOf<PretrainedOptions> = {
  ...pairOptionNames,
  ...modelChoiceNames,
  engine: true,
  onProgress: true,
  signal: true,
};

/** A picture file, its bytes, or numbers [3,H,W] in 0..1. */
export type PictureSource = Blob | Uint8Array | NDArray;

/** What `create` takes in a browser. */
export type CreateRequest = RunRequest<PictureSource>;

/**
 * One picture in the making. Nothing is compiled before the first step; leaving a loop over it pauses it, and another
 * loop goes on from there. On wasm a step blocks its thread; messages that came meanwhile are let in before the next.
 */
export class PictureRun extends RunningPicture<PictureSource> {
  /** The steps that remain, as on Node. */
  override async *[Symbol.asyncIterator](): AsyncGenerator<StepEvent> {
    for await (const event of super[Symbol.asyncIterator]()) {
      await new Promise((resume) => setTimeout(resume)); // a step on wasm ends without the event loop's turn
      yield event;
    }
  }

  /** The picture as it is now as a PNG with its story. */
  toPNG(options: PictureOptions = {}): Promise<Uint8Array> {
    return this.png(options);
  }

  /** The picture as it is now as an SVG. @throws BAD_ARGUMENT unless the generator draws shapes (`strokes`) */
  toSVG(options: PictureOptions = {}): Promise<string> {
    return this.svg(options);
  }

  /** The mesh as it is now with its colours. @param ending `.obj`, `.ply` or `.glb` @throws BAD_ARGUMENT unless the generator has shapes in space (`mesh:`) */
  toMesh(ending: string): Promise<Uint8Array> {
    return this.mesh(ending);
  }

  /** The bytes of a `.vqclip` session, from which `open` continues with the same result. */
  save(options: SessionOptions = {}): Promise<Uint8Array> {
    return this.session(options);
  }
}

/** Has the engine fetched and started while the models come. Where that fails the first program fails too, and says why. */
function startEngine(options: PretrainedOptions): void {
  compile({ nothing: constant(0) }, compileOptionsOf(options)).then(
    (program) => program.dispose(),
    () => {},
  );
}

/** A pair of models in a browser, ready to make pictures from words. */
export class VqganClip extends ModelPair<PictureSource, PictureRun> {
  /** Fetches the models, or takes those that were fetched before. @throws BAD_ARGUMENT, BAD_MODEL, BAD_FILE, IO_FAILED, ABORTED */
  static async fromPretrained(options: PretrainedOptions): Promise<VqganClip> {
    requireKnown("fromPretrained()", options, optionNames);
    if (options.engine) locateEngine(options.engine);
    startEngine(options);
    const pair = options.model === undefined ? undefined : atAddress(options.model, options).files;
    const parts = await openPair(options, {
      inPair: pair && (async (name) => atAddress(pair.pathOf(name), options)),
      pairName: pair?.name,
      find: async (address) => ({ place: atAddress(address, options) }),
    });
    return new VqganClip(parts, options, PictureRun);
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

  protected override async decoded(source: PictureSource, as: DecodeAs = "picture"): Promise<NDArray> {
    if (source instanceof Blob) return decodePicture(source, { as });
    return source instanceof Uint8Array ? decodePicture(new Blob([source as Uint8Array<ArrayBuffer>]), { as }) : source;
  }
}
