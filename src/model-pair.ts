/** A pair of models, ready to make pictures from words: all of it that is the same on Node and in browsers. */
import { requires } from "./core/errors.js";
import { NDArray } from "./core/ndarray.js";
import { editSource, MAX_EDIT_SIDE, workingSize } from "./guidance/edit.js";
import { Judge } from "./guidance/judge.js";
import { latentShape } from "./guidance/latent.js";
import { checkMask, maskOfPicture, type Rectangle, rectangleMask } from "./guidance/mask.js";
import {
  differenceText,
  firstDifference,
  type ModelDifference,
  type ModelIdentity,
} from "./guidance/model-identity.js";
import { type Score, scorePicture, unitPicture, unitTexts } from "./guidance/perceive.js";
import type { OwnLosses } from "./guidance/picture-regularizers.js";
import { type Plan, planRun } from "./guidance/plan.js";
import { type StartNotice, withPossibleStart } from "./guidance/prior-start.js";
import type { TextNotice } from "./guidance/prompt-embedding.js";
import { type Reconstruction, reconstruct } from "./guidance/reconstruct.js";
import {
  checkRecommendation,
  type Recommendation,
  type ResolvedSettings,
  requestedPrompts,
  resolveSettings,
  type SettingsRequest,
  type SettingsSources,
} from "./guidance/resolve-settings.js";
import { Run, type RunState } from "./guidance/run.js";
import { type FindOptions, type FoundMask, findMask } from "./guidance/self-mask.js";
import { readSession } from "./guidance/session-file.js";
import {
  continued,
  currentState,
  forked,
  type SessionChanges,
  type SessionTree,
  switchedTo,
  withTip,
} from "./guidance/session-tree.js";
import type { Settings, TargetSetting } from "./guidance/settings.js";
import { clampPicture } from "./image/bytes.js";
import { resizePicture } from "./image/resize.js";
import { codebookOf, encoderOf, type Generator } from "./models/generator.js";
import type { Perceptor } from "./models/perceptor.js";
import { checkPrior, type Prior } from "./models/prior.js";
import type { PictureBeginning, PictureTools, RunningPicture } from "./running-picture.js";
import type { Device, DeviceRequest } from "./runtime/devices.js";
import { type CompileOptions, compileOptionsOf } from "./runtime/program.js";

/** What was not done as asked, or not where: nothing of this stops a run, all of it is worth telling. */
export type Notice =
  | TextNotice
  | StartNotice
  | { readonly kind: "refused-device"; readonly device: Device; readonly reason: string }
  /** A run that is about to start will probably need more bytes than are free. */
  | { readonly kind: "memory"; readonly peakBytes: number; readonly availableBytes: number };

export interface PairOptions {
  /** Where to run (default "cpu"; in browsers "auto": webgpu where there is one, else wasm). */
  readonly device?: DeviceRequest;
  /** CPU threads (default: the physical cores). */
  readonly threads?: number;
  /**
   * Bytes that this process may take: runs are made to fit, by smaller micro-batches, then a low-memory session, then values
   * computed again (default: no limit). Predicted for the CPU.
   */
  readonly maxMemory?: number;
  /** Sessions that keep weights unpacked and give memory back at once: less of it, slower (default false). */
  readonly lowMemory?: boolean;
  readonly onNotice?: (notice: Notice) => void;
  /** Losses of your own, by the names that `pictureRegularizers` give them: `{ kind: "own", name, weight }`. */
  readonly losses?: OwnLosses;
}

/** The models, opened. */
export interface PairParts {
  readonly generator: Generator;
  readonly perceptor: Perceptor;
  /** Further perceptors that look at the picture beside it. */
  readonly companions?: readonly Perceptor[];
  /** The pair's own; undefined where it has none, or another model takes the place of one of the pair's. */
  readonly prior?: Prior | undefined;
  /** What the pair's makers recommend. */
  readonly recommended: Recommendation | undefined;
  /** What pictures and sessions call the models. */
  readonly names: Readonly<Partial<Record<ModelIdentity["role"], string | undefined>>> & {
    readonly companions?: readonly (string | undefined)[];
  };
  /** A second perceptor that picks the result of a run and has no part in its loss. */
  readonly judge?: Perceptor | undefined;
}

/** What to be near beside texts, with a text's weight (default 1; also keyframes, "0->1") and stop (default never). */
export type TargetRequest<Source> = { readonly weight?: number | string; readonly stop?: number } & (
  | {
      readonly kind: "image";
      readonly image: Source;
      /** Take its cutouts once (default) or anew each step. */
      readonly views?: "fixed" | "fresh";
    }
  /** A random direction of the perceptor's space. */
  | { readonly kind: "noise"; readonly seed: number }
  /** An embedding [E], as `embedTexts` and `embedImage` give it. */
  | { readonly kind: "vector"; readonly vector: ArrayLike<number> }
);

interface WithTargets<Source> extends Omit<SettingsRequest, "targets"> {
  readonly targets?: readonly TargetRequest<Source>[];
  /** Keep the state of every so many steps, to fork the run from (default 0: only where it stands). */
  readonly keepEvery?: number;
}

/** @typeParam Source what a platform can read a picture from */
export interface RunRequest<Source> extends WithTargets<Source> {
  /** Begin at this picture, resized to the run's size. */
  readonly initImage?: Source;
  /** Begin at these codes, row-major over the latent. */
  readonly initCodes?: readonly number[];
  /** Settings of a picture to make again; anything else named in the request comes first. */
  readonly like?: Settings;
}

type PlanRequest<Source> = Omit<RunRequest<Source>, "initImage" | "initCodes" | "keepEvery">;

/** @typeParam Source what a platform can read a picture from */
export interface EditRequest<Source> extends WithTargets<Source> {
  /** The picture to edit; the result has its size. */
  readonly image: Source;
  /** White may change, black stays (numbers [H,W] in bytes work too); without it, everything may. */
  readonly mask?: Source | NDArray;
  /** The part that may change, instead of a mask. */
  readonly rect?: Rectangle;
  /** A longer side is worked at this many pixels at most (default 512) unless `size` says how large. */
  readonly maxSide?: number;
}

type MaskRequest<Source> = { readonly [Name in "mask" | "rect"]: EditRequest<Source>[Name] | undefined };

/** What of a session goes on, and what changes on the way. */
export interface OpenRequest extends SessionChanges {
  /** The node that goes on (default: the one that went on last). */
  readonly node?: number;
  /** Fork it at this kept step instead of going on where it stands. */
  readonly at?: number;
}

/** Makes a platform's kind of run. */
type RunMaker<Source, Picture extends RunningPicture<Source>> = new (
  beginning: PictureBeginning,
  tools: PictureTools<Source>,
) => Picture;

export abstract class ModelPair<Source, Picture extends RunningPicture<Source>> {
  readonly generator: Generator;
  readonly perceptor: Perceptor;
  /** Further perceptors, whose losses add to those of the first. */
  readonly companions: readonly Perceptor[];
  /** What the pair's makers recommend. */
  readonly recommended: Recommendation | undefined;
  readonly judge: Perceptor | undefined;
  readonly losses: OwnLosses | undefined;
  readonly prior: Prior | undefined;
  private readonly names: PairParts["names"];
  private identified: Promise<readonly ModelIdentity[]> | undefined;

  protected constructor(
    { generator, perceptor, companions = [], prior, recommended, names, judge }: PairParts,
    protected readonly options: PairOptions,
    private readonly runMaker: RunMaker<Source, Picture>,
  ) {
    this.generator = generator;
    this.perceptor = perceptor;
    this.companions = companions;
    this.recommended =
      recommended ?? (generator.recommended && checkRecommendation(generator.recommended, generator.name));
    this.names = names;
    this.judge = judge;
    this.losses = options.losses;
    if (prior) checkPrior(prior, generator, perceptor);
    this.prior = prior;
  }

  /** A new run. @throws BAD_ARGUMENT, BAD_PROMPT when the request cannot be met */
  create(request: RunRequest<Source>): Picture {
    const { initImage, initCodes, keepEvery, like, ...asked } = request;
    requires(
      initImage === undefined || initCodes === undefined,
      "BAD_ARGUMENT",
      () => "create(): a run begins at initImage or at initCodes, got both",
    );
    const begun = initImage !== undefined || initCodes !== undefined;
    const { notice, ...resolved } = this.resolved(withTargetSettings(asked), { like, size: this.usualSize, begun });
    const plan = planRun(this, resolved.settings, this.options);
    const { settings } = plan;
    return this.newRun(
      plan,
      keepEvery,
      async () => {
        const targets = await this.targetNumbers(request.targets);
        const initPicture = initImage === undefined ? undefined : fitted(await this.decoded(initImage), settings.size);
        return Run.start(this, settings, {
          ...this.textOptions(plan),
          ...(targets && { targets }),
          ...(initPicture && { initPicture }),
          ...(initCodes && { initCodes }),
        });
      },
      notice,
    );
  }

  /**
   * A new run that begins at somebody's picture and is held against it; `strength` says how far it may go.
   *
   * @throws BAD_ARGUMENT, BAD_PROMPT, BAD_IMAGE when the request cannot be met
   */
  async edit(request: EditRequest<Source>): Promise<Picture> {
    const { image, mask, rect, maxSide = MAX_EDIT_SIDE, keepEvery, ...asked } = request;
    requestedPrompts(asked, undefined);
    encoderOf(this.generator, "edit()");
    const picture = await this.decoded(image);
    const [, height, width] = picture.shape as [number, number, number];
    const source = await editSource(picture, await this.maskOf({ mask, rect }, [height, width]));
    const size = workingSize([height, width], this.generator.factor, maxSide);
    const { settings } = this.resolved(withTargetSettings(asked), { edits: true, begun: true, size });
    const plan = planRun(this, settings, this.options);
    return this.newRun(plan, keepEvery, async () => {
      const targets = await this.targetNumbers(asked.targets);
      return Run.start(this, plan.settings, { ...this.textOptions(plan), source, ...(targets && { targets }) });
    });
  }

  /** The settings of a request, complete, and where each came from. @throws BAD_ARGUMENT, BAD_PROMPT */
  resolve({ like, ...request }: PlanRequest<Source>): ResolvedSettings {
    return this.resolved(withTargetSettings(request), { like, size: this.usualSize, begun: false });
  }

  /**
   * How a run of this request would be made to fit, and the memory it will take; nothing is loaded.
   *
   * @throws BAD_ARGUMENT, BAD_PROMPT; OUT_OF_LIMITS when it cannot be made to fit `maxMemory`
   */
  plan(request: PlanRequest<Source>): Plan {
    return planRun(this, this.resolve(request).settings, this.options);
  }

  /** Unit vectors of texts, [E] each. */
  async embedTexts(texts: readonly string[]): Promise<Float32Array[]> {
    return unitTexts(this.perceptor, texts, this.textOptions());
  }

  /** The unit vector [E] of a picture. */
  async embedImage(image: Source): Promise<Float32Array> {
    return unitPicture(this.perceptor, await this.decoded(image), this.compileOptions());
  }

  /** How near each prompt is to the picture, nearest first. */
  async score(image: Source, prompts: readonly string[]): Promise<Score[]> {
    return scorePicture(this.perceptor, await this.decoded(image), prompts, this.textOptions());
  }

  /**
   * Who says how well pictures fit the prompts of settings: the judge where there is one, else the perceptor.
   *
   * @throws BAD_ARGUMENT when no text counts at the run's end
   */
  async judgeOf(settings: Settings): Promise<Judge> {
    return Judge.of(this.judge ?? this.perceptor, settings, this.compileOptions());
  }

  /** Where in a picture a phrase is: a mask for `edit` (paper, appendix G.2). @throws BAD_PROMPT, BAD_ARGUMENT */
  async findMask(image: Source, phrase: string, options: FindOptions = {}): Promise<FoundMask> {
    return findMask(this.perceptor, await this.decoded(image), phrase, { ...options, ...this.textOptions() });
  }

  /** The picture through the generator and back: encode, quantise, decode. */
  async reconstruct(image: Source): Promise<Reconstruction> {
    return reconstruct(this.generator, await this.decoded(image), this.compileOptions());
  }

  /** Names and sha256 of the weights; reads their files once. */
  identities(): Promise<readonly ModelIdentity[]> {
    this.identified ??= Promise.all([
      this.identity("generator", this.generator),
      this.identity("perceptor", this.perceptor),
      ...this.companions.map((model, i) => this.identity("perceptor", model, this.names.companions?.[i] ?? model.name)),
      ...(this.judge ? [this.identity("judge", this.judge)] : []),
      ...(this.prior ? [this.identity("prior", this.prior)] : []),
    ]);
    return this.identified;
  }

  /** The picture [3,H,W] in 0..1 that a source holds. @throws BAD_IMAGE, OUT_OF_LIMITS */
  protected abstract decoded(source: Source): Promise<NDArray>;

  /** Bytes that are free for this process, where the platform tells. */
  protected availableMemory(): number | undefined {
    return undefined;
  }

  /**
   * Goes on from the bytes of a `.vqclip` session.
   *
   * @param name what to call it in messages
   * @throws BAD_FILE when it is none, BAD_MODEL when other weights made it
   */
  protected async continued(bytes: Uint8Array, name: string, request: OpenRequest): Promise<Picture> {
    const { tree, models } = await readSession(bytes);
    const mine = await this.identities();
    const needed = models.filter(({ role }) => role !== "prior"); // whose part is done
    const other = firstDifference(needed, mine);
    requires(
      !other,
      "BAD_MODEL",
      () => `open(): ${name} was made with ${differenceText(other as ModelDifference)}`,
      other?.role === "judge"
        ? "name the same CLIP as judge (--judge-clip)"
        : "name the same weights: a pair as model, or vqgan and clip",
    );
    const { node, at, ...changes } = request;
    const switched = node === undefined ? tree : switchedTo(tree, node);
    const wanted = at === undefined ? continued(switched, changes) : forked(switched, changes, at);
    const state = currentState(wanted);
    const { settings } = planRun(this, state.settings, this.options);
    const rounds = settings.microBatch !== state.settings.microBatch && state.step > 0; // sums in another order
    const opened = [...mine.filter(({ role }) => role !== "prior"), ...models.filter(({ role }) => role === "prior")];
    return this.reopened(withTip(wanted, { ...state, settings, changed: state.changed || rounds }), opened);
  }

  /** The pictures and vectors behind targets, one each; nothing for noise. */
  private async targetNumbers(targets: readonly TargetRequest<Source>[] | undefined) {
    if (!targets) return undefined;
    const numbers: (NDArray | undefined)[] = [];
    for (const target of targets) {
      if (target.kind === "image") numbers.push(await this.decoded(target.image));
      else numbers.push(target.kind === "vector" ? NDArray.float32([target.vector.length], target.vector) : undefined);
    }
    return numbers;
  }

  private resolved(
    request: SettingsRequest,
    { begun, ...sources }: Pick<SettingsSources, "size" | "like" | "edits"> & { readonly begun: boolean },
  ): ResolvedSettings {
    const resolved = resolveSettings(request, {
      ...sources,
      recommended: this.recommended,
      codebook: this.generator.codebook !== undefined,
      drawSeed: () => crypto.getRandomValues(new Uint32Array(1))[0] as number,
    });
    const { size, latent, start, clampToCodebook } = resolved.settings;
    latentShape(this.generator, size);
    if (latent !== "continuous") codebookOf(this.generator, `latent: ${latent}`);
    if (clampToCodebook) codebookOf(this.generator, "clampToCodebook");
    if (start === "codes") codebookOf(this.generator, "start: codes");
    return withPossibleStart(resolved, this, begun);
  }

  private get usualSize(): [number, number] {
    const { resolution } = this.generator;
    return [resolution, resolution];
  }

  private async maskOf(
    { mask, rect }: MaskRequest<Source>,
    size: readonly [number, number],
  ): Promise<NDArray | undefined> {
    requires(
      mask === undefined || rect === undefined,
      "BAD_ARGUMENT",
      () => "edit(): needs a mask or a rect, got both",
    );
    if (rect) return rectangleMask(rect, size);
    if (mask === undefined) return undefined;
    const made = await this.drawnMask(mask);
    checkMask(made, size);
    return made;
  }

  /** uint8 [H,W] */
  private async drawnMask(mask: Source | NDArray): Promise<NDArray> {
    if (mask instanceof NDArray && mask.shape.length === 2) return mask.as("uint8");
    return maskOfPicture(await this.decoded(mask as Source));
  }

  private async identity(
    role: ModelIdentity["role"],
    { name, files: [file] }: Generator | Perceptor | Prior,
    called = this.names[role] ?? name,
  ): Promise<ModelIdentity> {
    return { role, name: called, ...(file && { sha256: await file.sha256() }) };
  }

  private newRun(
    { settings, peakBytes }: Plan,
    keepEvery = 0,
    start: () => Promise<Run>,
    notice?: Notice | undefined,
  ): Picture {
    requires(
      Number.isSafeInteger(keepEvery) && keepEvery >= 0,
      "BAD_ARGUMENT",
      () => `keepEvery: expected a number of steps, or 0 for none, got ${keepEvery}`,
    );
    const told = () => {
      if (notice) this.options.onNotice?.(notice);
      return this.told(peakBytes, start);
    };
    return new this.runMaker({ settings, keepEvery, start: told }, this.tools());
  }

  /** @param opened the models that its session names (default: those at hand) */
  private reopened(tree: SessionTree, opened?: readonly ModelIdentity[]): Picture {
    return new this.runMaker({ tree }, this.tools(opened));
  }

  private tools(opened?: readonly ModelIdentity[]): PictureTools<Source> {
    return {
      models: async () => opened ?? this.identities(),
      restore: (state, former) => this.restored(state, former),
      picture: (source) => this.decoded(source),
      mask: (source) => this.drawnMask(source),
      reopen: (tree) => this.reopened(tree, opened),
    };
  }

  private async restored(state: RunState, former: Run | undefined): Promise<Run> {
    if (former?.fits(state)) {
      former.moveTo(state);
      return former;
    }
    await former?.dispose();
    const plan = planRun(this, state.settings, this.options);
    return this.told(plan.peakBytes, () => Run.restore(this, state, this.textOptions(plan)));
  }

  /** Compiles a run, and tells of its memory before and of its device after. */
  private async told(peakBytes: number, compile: () => Promise<Run>): Promise<Run> {
    const availableBytes = this.availableMemory();
    if (availableBytes !== undefined && peakBytes > availableBytes) {
      this.options.onNotice?.({ kind: "memory", peakBytes, availableBytes });
    }
    const run = await compile();
    for (const refused of run.refusedDevices) this.options.onNotice?.({ kind: "refused-device", ...refused });
    return run;
  }

  private compileOptions(): CompileOptions {
    return compileOptionsOf(this.options);
  }

  private textOptions({ lowMemory }: Partial<Pick<Plan, "lowMemory">> = {}) {
    const { onNotice } = this.options;
    return { ...this.compileOptions(), ...(lowMemory && { lowMemory }), ...(onNotice && { onNotice }) };
  }
}

/** The request with its targets as settings hold them. */
function withTargetSettings<Source>({ targets, ...request }: WithTargets<Source>): SettingsRequest {
  if (!targets) return request;
  const settings = targets.map((target): TargetSetting => {
    const aim = { weight: target.weight ?? 1, stop: Number.isFinite(target.stop) ? (target.stop as number) : null };
    if (target.kind === "noise") return { kind: "noise", ...aim, seed: target.seed };
    return target.kind === "vector"
      ? { kind: "vector", ...aim }
      : { kind: "image", ...aim, views: target.views ?? "fixed" };
  });
  return { ...request, targets: settings };
}

function fitted(picture: NDArray, [width, height]: readonly [number, number]): NDArray {
  return clampPicture(resizePicture(picture, height, width, "lanczos3"));
}
