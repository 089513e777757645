/** VqganClip: a pair of models, ready to make pictures from words. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { requires } from "./core/errors.js";
import { NDArray } from "./core/ndarray.js";
import { readInput } from "./files/read-input.js";
import { latentGrid } from "./guidance/latent.js";
import { type Score, scorePicture, unitPicture, unitTexts } from "./guidance/perceive.js";
import type { TextNotice } from "./guidance/prompt-embedding.js";
import { type Reconstruction, reconstruct } from "./guidance/reconstruct.js";
import {
  parseRecommendation,
  type Recommendation,
  type ResolvedSettings,
  resolveSettings,
  type SettingsRequest,
} from "./guidance/resolve-settings.js";
import { Run, type RunState } from "./guidance/run.js";
import { type ModelIdentity, readSession } from "./guidance/session-file.js";
import { checkSettings, type Settings } from "./guidance/settings.js";
import { decodePicture } from "./image/decode.js";
import { resizePicture } from "./image/resize.js";
import { loadClip } from "./models/clip/load.js";
import type { Generator } from "./models/generator.js";
import type { Perceptor } from "./models/perceptor.js";
import { loadVqgan } from "./models/vqgan/load.js";
import { PictureRun } from "./picture-run.js";
import type { Device, DeviceRequest } from "./runtime/devices.js";
import type { CompileOptions } from "./runtime/program.js";

/** What was not done as asked, or not where: nothing of this stops a run, all of it is worth telling. */
export type Notice = TextNotice | { readonly kind: "refused-device"; readonly device: Device; readonly reason: string };

export interface PretrainedOptions {
  /** A folder that holds `vqgan/`, `clip/` and perhaps `recommended.json` (default: the bundled compact pair). */
  readonly model?: string;
  /** A VQGAN instead of the pair's: a folder, or a checkpoint with its yaml beside it. */
  readonly vqgan?: string;
  /** A CLIP instead of the pair's: a Hugging Face CLIPModel folder. */
  readonly clip?: string;
  /** Where to run (default "cpu"). */
  readonly device?: DeviceRequest;
  /** CPU threads (default: the physical cores). */
  readonly threads?: number;
  readonly onNotice?: (notice: Notice) => void;
}

/** A picture file by path or bytes, or numbers [3,H,W] in 0..1. */
export type PictureSource = string | Uint8Array | NDArray;

export interface CreateRequest extends SettingsRequest {
  /** Begin at this picture, resized to the run's size. */
  readonly initImage?: PictureSource;
  /** Begin at these codes, row-major over the latent. */
  readonly initCodes?: readonly number[];
  /** Settings of a picture to make again; anything else named in the request comes first. */
  readonly like?: Settings;
}

/** What may change when a saved run goes on. */
export type SessionChanges = Partial<Pick<Settings, "steps" | "prompts" | "learningRate">>;

/** The bundled pair, beside the package's own code. */
export const bundledModel: string = fileURLToPath(new URL("../models/compact", import.meta.url));

export class VqganClip {
  private identified: Promise<readonly ModelIdentity[]> | undefined;

  private constructor(
    readonly generator: Generator,
    readonly perceptor: Perceptor,
    /** What the pair's makers recommend. */
    readonly recommended: Recommendation | undefined,
    private readonly options: PretrainedOptions,
  ) {}

  /** Opens the models; weights are read when they are needed. @throws BAD_MODEL, BAD_FILE, IO_FAILED */
  static async fromPretrained(options: PretrainedOptions = {}): Promise<VqganClip> {
    const { model = bundledModel, vqgan = join(model, "vqgan"), clip = join(model, "clip") } = options;
    const [generator, perceptor] = [await loadVqgan(vqgan), await loadClip(clip)];
    const isPair = options.vqgan === undefined && options.clip === undefined;
    return new VqganClip(generator, perceptor, isPair ? await recommendation(model) : undefined, options);
  }

  /** A new run. @throws BAD_ARGUMENT, BAD_PROMPT when the request cannot be met */
  create(request: CreateRequest): PictureRun {
    const { initImage, initCodes, ...asked } = request;
    const { settings } = this.resolve(asked);
    requires(
      initImage === undefined || initCodes === undefined,
      "BAD_ARGUMENT",
      () => "create(): a run begins at initImage or at initCodes, got both",
    );
    return this.pictureRun(settings, async () => {
      const initPicture = initImage === undefined ? undefined : await fitted(initImage, settings.size);
      return Run.start(this, settings, {
        ...this.textOptions(),
        ...(initPicture && { initPicture }),
        ...(initCodes && { initCodes }),
      });
    });
  }

  /** The settings of a request, complete, and where each came from. @throws BAD_ARGUMENT, BAD_PROMPT */
  resolve({ like, ...request }: Omit<CreateRequest, "initImage" | "initCodes">): ResolvedSettings {
    const { resolution } = this.generator;
    const resolved = resolveSettings(request, {
      like,
      recommended: this.recommended,
      size: [resolution, resolution],
      drawSeed: () => crypto.getRandomValues(new Uint32Array(1))[0] as number,
    });
    latentGrid(this.generator, resolved.settings.size);
    return resolved;
  }

  /**
   * Goes on from a `.vqclip` session.
   *
   * @throws BAD_FILE when it is none, BAD_MODEL when other weights made it
   */
  async open(path: string, changes: SessionChanges = {}): Promise<PictureRun> {
    const { state, models } = await readSession(await readInput(path));
    const mine = await this.identities();
    for (const { role, name, sha256 } of models) {
      const loaded = mine.find((identity) => identity.role === role);
      requires(
        loaded?.sha256 === sha256,
        "BAD_MODEL",
        () =>
          `open(): ${basename(path)} was made with ${role} ${name} (${sha256.slice(0, 10)}), loaded is ${loaded?.name} (${loaded?.sha256.slice(0, 10)})`,
        "name the same weights: a pair as model, or vqgan and clip",
      );
    }
    const settings = checkSettings({ ...state.settings, ...changes });
    const steered =
      settings.prompts !== state.settings.prompts || settings.learningRate !== state.settings.learningRate;
    const resumed: RunState = { ...state, settings, changed: state.changed || (steered && state.step > 0) };
    return this.pictureRun(settings, () => Run.restore(this, resumed, this.textOptions()));
  }

  /** Unit vectors of texts, [E] each. */
  async embedTexts(texts: readonly string[]): Promise<Float32Array[]> {
    return unitTexts(this.perceptor, texts, this.textOptions());
  }

  /** The unit vector [E] of a picture. */
  async embedImage(image: PictureSource): Promise<Float32Array> {
    return unitPicture(this.perceptor, await pictureOf(image), this.compileOptions());
  }

  /** How near each prompt is to the picture, nearest first. */
  async score(image: PictureSource, prompts: readonly string[]): Promise<Score[]> {
    return scorePicture(this.perceptor, await pictureOf(image), prompts, this.textOptions());
  }

  /** The picture through the generator and back: encode, quantise, decode. */
  async reconstruct(image: PictureSource): Promise<Reconstruction> {
    return reconstruct(this.generator, await pictureOf(image), this.compileOptions());
  }

  /** Names and sha256 of the weights; reads their files once. */
  identities(): Promise<readonly ModelIdentity[]> {
    this.identified ??= Promise.all([
      this.identity("generator", this.generator, this.options.vqgan),
      this.identity("perceptor", this.perceptor, this.options.clip),
    ]);
    return this.identified;
  }

  /** The bundled pair has a name of its own; of other models only the last folder is told. */
  private async identity(
    role: ModelIdentity["role"],
    { name, files }: Generator | Perceptor,
    path: string | undefined,
  ) {
    const [file] = files;
    requires(file, "BAD_MODEL", () => `${name}: has no weights file to tell it by`);
    const isBundled = path === undefined && this.options.model === undefined;
    return { role, name: isBundled ? `${basename(bundledModel)}/${name}` : name, sha256: await file.sha256() };
  }

  private pictureRun(settings: Settings, start: () => Promise<Run>): PictureRun {
    const told = async () => {
      const run = await start();
      for (const refused of run.refusedDevices) this.options.onNotice?.({ kind: "refused-device", ...refused });
      return run;
    };
    return new PictureRun(settings, told, () => this.identities());
  }

  private compileOptions(): CompileOptions {
    const { device, threads } = this.options;
    return { ...(device !== undefined && { device }), ...(threads !== undefined && { threads }) };
  }

  private textOptions() {
    const { onNotice } = this.options;
    return { ...this.compileOptions(), ...(onNotice && { onNotice }) };
  }
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

async function pictureOf(source: PictureSource): Promise<NDArray> {
  if (typeof source === "string") return decodePicture(await readInput(source), source);
  return source instanceof Uint8Array ? decodePicture(source, "picture") : source;
}

async function fitted(source: PictureSource, [width, height]: readonly [number, number]): Promise<NDArray> {
  const { shape, data } = resizePicture(await pictureOf(source), height, width, "lanczos3");
  return NDArray.float32(
    shape,
    (data as Float32Array).map((value) => Math.min(1, Math.max(0, value))),
  );
}
