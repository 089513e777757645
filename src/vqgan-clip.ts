/** VqganClip on Node: models from folders, pictures and sessions from files. */
import { basename, join } from "node:path";
import { switchTelemetryOff } from "#telemetry";
import { type NamesOf, requireKnown } from "./core/known-names.js";
import type { NDArray } from "./core/ndarray.js";
import { packagePath } from "./core/own-files.js";
import { EngineProcess } from "./engine/engine-process.js";
import { readInput } from "./files/read-input.js";
import type { Progress } from "./hub/pull.js";
import { decodePicture } from "./image/decode.js";
import type { DecodeAs } from "./image/decode-options.js";
import { onDisk } from "./models/on-disk.js";
import type { ExportPart } from "./pair/export.js";
import { type ModelChoice, modelChoiceNames } from "./pair/model-choice.js";
import { ModelPair } from "./pair/model-pair.js";
import type { PairParts } from "./pair/models.js";
import { type PairOptions, pairOptionNames } from "./pair/options.js";
import type { OpenRequest, PlanRequest, RunRequest } from "./pair/requests.js";
import { PictureRun, type PictureSource } from "./picture-run.js";
import { dataPathOf, writePortable } from "./portable-files.js";
import { availableMemory } from "./runtime/available-memory.js";
import { givenThreads } from "./runtime/given-threads.js";
import type { PortableModel } from "./runtime/portable.js";

export type { PictureSource } from "./picture-run.js";

// The engine comes with the first program, which may be in a worker that was made before.
switchTelemetryOff();

/** Models are paths; `vqgan`, `clip` and `judge` may be published names too. */
export interface PretrainedOptions extends PairOptions, ModelChoice<string> {
  /** Where published models are kept (default: the Hugging Face hub's cache, as its variables say). */
  readonly cacheDir?: string;
  /** Never download: published models must be in the cache (default: what HF_HUB_OFFLINE says). */
  readonly localFilesOnly?: boolean;
  /** Called while a published model is downloaded. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops a download. */
  readonly signal?: AbortSignal;
  /**
   * Run programs in a child process (default false): steps then block nothing here, and the engine can be killed. For
   * whatever serves. The graph of a run is still built here, once, in about a tenth of a second.
   */
  readonly isolate?: boolean;
}

const optionNames: NamesOf<PretrainedOptions> = {
  ...pairOptionNames,
  ...modelChoiceNames,
  cacheDir: true,
  localFilesOnly: true,
  isolate: true,
  onProgress: true,
  signal: true,
};

/** What `create` takes on Node. */
export type CreateRequest = RunRequest<PictureSource>;

/** The bundled pair, beside the package's own code. */
export const bundledModel: string = packagePath("models/compact");

/** A pair of models on Node, ready to make pictures from words. */
export class VqganClip extends ModelPair<PictureSource, PictureRun> {
  private constructor(
    parts: PairParts,
    options: PairOptions,
    private readonly engine: EngineProcess | undefined,
  ) {
    super(parts, options, PictureRun);
  }

  /**
   * Opens the models; weights are read when they are needed. Published names that are not in the cache are downloaded.
   *
   * @throws BAD_ARGUMENT, BAD_MODEL, BAD_FILE, IO_FAILED; ABORTED by `signal`
   */
  static async fromPretrained(options: PretrainedOptions = {}): Promise<VqganClip> {
    requireKnown("fromPretrained()", options, optionNames);
    const { isolate = false, model, cacheDir, localFilesOnly, onProgress, signal } = options;
    const hub = { ...(cacheDir && { cacheDir }), ...(localFilesOnly && { localFilesOnly }), onProgress, signal };
    const { openPair } = await import("./pair/open-pair.js"); // all that reads models comes with the first of them
    const parts = await openPair(options, {
      inPair: (name) => onDisk(join(model ?? bundledModel, name)),
      // The bundled pair has a name of its own; of other models only the last folder is told.
      pairName: model === undefined ? basename(bundledModel) : undefined,
      find: async (address, kind) => {
        if (kind === "mesh") return { place: await onDisk(address) };
        const { resolveModel } = await import("./hub/resolve.js");
        const { path, name } = await resolveModel(address, kind, hub);
        return { place: await onDisk(path), name };
      },
    });
    const { threads = givenThreads() } = options;
    const engine = isolate ? new EngineProcess() : undefined;
    const given = { ...options, ...(threads !== undefined && { threads }) };
    return new VqganClip({ ...parts, engine }, given, engine);
  }

  /**
   * With `isolate`, ends the engine's process at once: a step that is being taken fails with ABORTED, whatever is used later
   * starts another one. Runs keep the state of their last finished step, so their sessions can be saved and opened.
   */
  kill(): void {
    this.engine?.kill();
  }

  /**
   * Goes on from a `.vqclip` session.
   *
   * @param session its path, or its bytes
   * @throws BAD_FILE when it is none, BAD_MODEL when other weights made it
   */
  async open(session: string | Uint8Array, request: OpenRequest = {}): Promise<PictureRun> {
    if (typeof session !== "string") return this.continued(session, "the session", request);
    return this.continued(await readInput(session), basename(session), request);
  }

  /**
   * Writes a part of the method as an ONNX model for other programs: `path`, and beside it `path`.data, which holds all its
   * numbers. docs/export.md says what goes in and comes out.
   *
   * @throws BAD_ARGUMENT, BAD_PROMPT, BAD_MODEL; IO_FAILED, leaving nothing half-written
   */
  async export(path: string, part: ExportPart, request: PlanRequest<PictureSource>): Promise<PortableModel> {
    const model = await this.portable(part, request, basename(dataPathOf(path)));
    await writePortable(path, model);
    return model;
  }

  protected override availableMemory(): number | undefined {
    const { device = "cpu" } = this.options;
    return device === "cpu" ? availableMemory() : undefined;
  }

  protected override async decoded(source: PictureSource, as: DecodeAs = "picture"): Promise<NDArray> {
    if (typeof source === "string") return decodePicture(await readInput(source), source, { as });
    return source instanceof Uint8Array ? decodePicture(source, as, { as }) : source;
  }
}
