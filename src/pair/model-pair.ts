/// <reference lib="esnext.disposable" preserve="true" />
/** A pair of models, ready to make pictures from words: all of it that is the same on Node and in browsers. */
import { sha256Of } from "../core/bytes.js";
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { checkVideo } from "../guidance/frame-change.js";
import { latentShape } from "../guidance/latent.js";
import { isOfCodes } from "../guidance/latent-kind.js";
import { otherGenerator, type PresetName } from "../guidance/presets.js";
import {
  type ResolvedSettings,
  requestedPrompts,
  resolveSettings,
  type SettingsRequest,
  type SettingsSources,
} from "../guidance/resolve-settings.js";
import { Run } from "../guidance/run.js";
import type { RunState } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import { isPictureStart } from "../guidance/starts.js";
import { pictureBytes } from "../image/bytes.js";
import { editSource, MAX_EDIT_SIDE, workingSize } from "../masks/edit.js";
import { codebookOf, encoderOf, priorOf, requirePictures } from "../models/generator.js";
import { textNoticesOfAll } from "../perception/ensemble.js";
import { generatorTexts } from "../prompts/generator-text.js";
import { textPrompts } from "../prompts/prompt.js";
import { readText, type TextNotice } from "../prompts/prompt-embedding.js";
import { type PortableModel, portable } from "../runtime/portable.js";
import { differenceText, firstDifference, type ModelDifference, sameModelHint } from "../sessions/model-identity.js";
import { readSession } from "../sessions/session-file.js";
import {
  branched,
  checkChanges,
  continued,
  currentState,
  forked,
  type SessionTree,
  switchedTo,
  withTip,
} from "../sessions/session-tree.js";
import { type ExportPart, partOutputs } from "./export.js";
import { PairModels, type PairParts } from "./models.js";
import type { Notice, PairOptions } from "./options.js";
import { type Plan, planRun } from "./plan.js";
import {
  type EditRequest,
  type Listening,
  type OpenRequest,
  type PlanRequest,
  type RunRequest,
  withTargetSettings,
} from "./requests.js";
import { checkRewards, judgeNotices } from "./reward-checks.js";
import { RunNotices } from "./run-notices.js";
import type { PictureBeginning, PictureTools, RunningPicture } from "./running-picture.js";
import { codeBytes, type Decode, drawnMask, fitted, maskOf, targetNumbers } from "./sources.js";

/** Makes a platform's kind of run. */
type RunMaker<Source, Picture extends RunningPicture<Source>> = new (
  beginning: PictureBeginning,
  tools: PictureTools<Source>,
) => Picture;

/** What a new run keeps and tells beside its settings. */
interface Told {
  readonly keepEvery: number | undefined;
  readonly onNotice: Listening["onNotice"] | undefined;
  /** What there is to tell of it before it starts. */
  readonly known?: readonly Notice[];
}

const MASK_OF_ALL: Notice = { kind: "mask-of-all" };

/** SSIM of a copy that holds a picture, as measured: the bundled generator's of icons are .88 and more, of photographs .48 to .76. */
const GOOD_COPY = 0.8;

/** Whether a mask holds nothing. */
function isOfAll(mask: NDArray): boolean {
  return (mask.data as Uint8Array).every((value) => value > 0);
}

/** @typeParam Picture the platform's kind of run */
export abstract class ModelPair<Source, Picture extends RunningPicture<Source>> extends PairModels<Source> {
  /** Weak, so that a run that nobody holds any more goes to the garbage collector. */
  private readonly runs = new Set<WeakRef<Picture>>();
  private readonly decode: Decode<Source> = (source, as) => this.decoded(source, as);

  protected constructor(
    parts: PairParts,
    options: PairOptions,
    private readonly runMaker: RunMaker<Source, Picture>,
  ) {
    super(parts, options);
  }

  /** A new run. @throws BAD_ARGUMENT, BAD_PROMPT when the request cannot be met */
  create(request: RunRequest<Source>): Picture {
    const { initImage, initCodes, keepEvery, like, onNotice, ...asked } = request;
    requires(
      initImage === undefined || initCodes === undefined,
      "BAD_ARGUMENT",
      () => "create(): a run begins at initImage or at initCodes, got both",
    );
    const begun = initImage !== undefined || initCodes !== undefined;
    const resolved = this.resolved(withTargetSettings(asked), { like, size: this.usualSize, begun });
    const plan = planRun(this, resolved.settings, this.options);
    const { settings } = plan;
    checkVideo(this, { settings });
    return this.newRun(
      plan,
      { keepEvery, onNotice, known: this.known(asked.preset, initImage !== undefined) },
      async (tell) => {
        const targets = await targetNumbers(request.targets, this.decode);
        const given = initImage === undefined ? undefined : await this.decoded(initImage);
        const initPicture = given && fitted(given, settings.size);
        const initBytes = given ? pictureBytes(given).bytes : initCodes && codeBytes(initCodes);
        return Run.start(this, settings, {
          ...this.textOptions(plan, tell),
          ...(targets && { targets }),
          ...(initPicture && { initPicture }),
          ...(initCodes && { initCodes }),
          ...(initBytes && { initSha256: await sha256Of(initBytes) }),
        });
      },
    );
  }

  /**
   * A new run that begins at somebody's picture and is held against it; `strength` says how far it may go.
   *
   * @throws BAD_ARGUMENT, BAD_PROMPT, BAD_IMAGE when the request cannot be met
   */
  async edit(request: EditRequest<Source>): Promise<Picture> {
    const { image, mask, rect, maxSide = MAX_EDIT_SIDE, keepEvery, like, onNotice, ...asked } = request;
    requestedPrompts(asked, like);
    requirePictures(this.generator, "edit()");
    const picture = await this.decoded(image);
    const [, height, width] = picture.shape as [number, number, number];
    const drawn = await maskOf({ mask, rect }, [height, width], this.decode);
    const source = await editSource(picture, drawn);
    const size = workingSize([height, width], this.generator.factor, maxSide);
    const { settings, origins } = this.resolved(withTargetSettings(asked), { like, edits: true, begun: true, size });
    const plan = planRun(this, settings, this.options);
    checkVideo(this, { settings, source });
    const known = this.known(asked.preset, true);
    if (drawn && isOfAll(drawn)) known.push(MASK_OF_ALL);
    if (origins.content === "no classifier") known.push({ kind: "no-classifier" });
    return this.newRun(plan, { keepEvery, onNotice, known }, async (tell) => {
      const targets = await targetNumbers(asked.targets, this.decode);
      const options = { ...this.textOptions(plan, tell), source, ...(targets && { targets }) };
      const run = await Run.start(this, plan.settings, options);
      const similarity = await run.sourceLikeness();
      if (this.generator.encode && !this.generator.noiseAt && similarity !== undefined && similarity < GOOD_COPY)
        tell({ kind: "poor-copy", similarity });
      return run;
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

  /**
   * A part of the method as an ONNX model for other programs: the whole step of a run of this request, with its gradient; or
   * the way from a latent to a picture, or back.
   *
   * @param dataFile what the file beside the model, which holds all its numbers, is to be called
   * @throws BAD_ARGUMENT, BAD_PROMPT; BAD_MODEL when there is no encoder
   */
  async portable(part: ExportPart, request: PlanRequest<Source>, dataFile: string): Promise<PortableModel> {
    return portable(partOutputs(this, part, this.resolve(request).settings), dataFile);
  }

  /** What of settings' prompts will not be read as written; nothing is loaded. @throws BAD_PROMPT */
  textNotices(settings: Pick<Settings, "prompts" | "longPrompts" | "generatorPrompt">): readonly TextNotice[] {
    const texts = textPrompts(settings).map(({ text }) => text);
    return [...textNoticesOfAll(this, texts, settings), ...this.generatorNotices(settings)];
  }

  /**
   * Frees what its runs have compiled; a run that is used again compiles again. Also what `await using vq = ...` ends with.
   */
  async dispose(): Promise<void> {
    const runs = [...this.runs].flatMap((run) => run.deref() ?? []);
    await Promise.all(runs.map((run) => run.dispose()));
  }

  /** As `dispose`: what `await using vq = ...` ends with. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

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
    const other = firstDifference(models, mine);
    requires(
      !other,
      "BAD_MODEL",
      () => `open(): ${name} was made with ${differenceText(other as ModelDifference)}`,
      other && sameModelHint(other),
    );
    const { node, at, onNotice, ...changes } = request;
    checkChanges("open()", changes);
    const switched = node === undefined ? tree : switchedTo(tree, node);
    const wanted = at === undefined ? continued(switched, changes) : forked(switched, changes, at);
    const state = currentState(wanted);
    const { settings } = planRun(this, state.settings, this.options);
    const rounds = settings.microBatch !== state.settings.microBatch && state.step > 0; // sums in another order
    if (!rounds) return this.reopened(withTip(wanted, { ...state, settings }), onNotice);
    const origin = { kind: "fork", node: wanted.current, step: state.step } as const;
    return this.reopened(branched(wanted, origin, { ...state, settings, changed: true }), onNotice);
  }

  private resolved(
    request: SettingsRequest,
    { begun, ...sources }: Pick<SettingsSources, "size" | "like" | "edits"> & { readonly begun: boolean },
  ): ResolvedSettings {
    const resolved = resolveSettings(request, {
      ...sources,
      begun,
      recommended: this.recommended,
      codebook: this.generator.codebook !== undefined,
      encoder: this.generator.encode !== undefined && !this.generator.noiseAt,
      prior: this.generator.prior !== undefined,
      editKind:
        this.generator.repaints || this.generator.firstOf ? "repainted" : this.generator.noiseAt ? "noised" : "latent",
      classifier: this.classifier !== undefined,
      drawSeed: () => crypto.getRandomValues(new Uint32Array(1))[0] as number,
    });
    const { size, latent, start, clampToCodebook, generatorPrompt, noising, prior } = resolved.settings;
    checkRewards(this, resolved.settings);
    latentShape(this.generator, size);
    if (isOfCodes(latent)) codebookOf(this.generator, `latent: ${latent}`);
    if (clampToCodebook) codebookOf(this.generator, "clampToCodebook");
    if (prior.weight > 0) priorOf(this.generator, "prior");
    if (start === "codes") codebookOf(this.generator, "start: codes");
    if (isPictureStart(start) && !begun) encoderOf(this.generator, `start: ${start}`);
    const { name, text, noiseAt } = this.generator;
    requires(
      noiseAt || noising === 1,
      "BAD_ARGUMENT",
      () => `noising: the latents of ${name} have no noise`,
      "use a diffusion model, or leave it out",
    );
    const atPicture = begun || isPictureStart(start);
    requires(
      !noiseAt || atPicture === noising < 1,
      "BAD_ARGUMENT",
      () => `noising: at ${noising} of its schedule, ${name} begins at ${noising < 1 ? "a picture" : "noise alone"}`,
      atPicture ? "set noising, such as 0.6" : "name a picture to begin at, or leave it out",
    );
    requires(
      text || generatorPrompt === null,
      "BAD_ARGUMENT",
      () => `generatorPrompt: ${name} reads no texts`,
      "use a diffusion model, or leave it out",
    );
    return resolved;
  }

  /** What of its text the generator does not read as written. */
  private generatorNotices(settings: Pick<Settings, "prompts" | "generatorPrompt">): readonly TextNotice[] {
    const { text: reader } = this.generator;
    const notices: TextNotice[] = [];
    const onNotice = (notice: TextNotice) => void notices.push(notice);
    if (reader) for (const text of generatorTexts(settings)) readText(reader, text, { onNotice });
    return notices;
  }

  private get usualSize(): [number, number] {
    const { resolution } = this.generator;
    return [resolution, resolution];
  }

  /** What can be told before a run begins. @param onPicture whether it begins at a picture */
  private known(preset: PresetName | undefined, onPicture: boolean): Notice[] {
    const { name, growth } = this.generator;
    const generator = preset && otherGenerator(preset, name);
    const known: Notice[] = preset && generator ? [{ kind: "preset-of-another", preset, generator }] : [];
    if (growth && onPicture) known.push({ kind: "growth", stages: growth.stages, steps: growth.steps });
    return known;
  }

  private newRun(
    { settings, peakBytes }: Plan,
    { keepEvery = 0, onNotice, known = [] }: Told,
    start: (tell: RunNotices["tell"]) => Promise<Run>,
  ): Picture {
    requires(
      Number.isSafeInteger(keepEvery) && keepEvery >= 0,
      "BAD_ARGUMENT",
      () => `keepEvery: expected a number of steps, or 0 for none, got ${keepEvery}`,
    );
    const tools = this.tools(onNotice);
    const { tell } = tools.notices;
    for (const notice of known) tell(notice);
    return this.made({ settings, keepEvery, start: () => this.told(peakBytes, tell, () => start(tell)) }, tools);
  }

  private reopened(tree: SessionTree, onNotice: Listening["onNotice"]): Picture {
    return this.made({ tree }, this.tools(onNotice));
  }

  private made(beginning: PictureBeginning, tools: PictureTools<Source>): Picture {
    const run = new this.runMaker(beginning, tools);
    for (const former of this.runs) if (former.deref() === undefined) this.runs.delete(former);
    this.runs.add(new WeakRef(run));
    return run;
  }

  private tools(onNotice = this.options.onNotice): PictureTools<Source> {
    const notices = new RunNotices(onNotice);
    const { tell } = notices;
    return {
      notices,
      models: () => this.identities(),
      restore: (state, former) => this.restored(state, former, tell),
      picture: this.decode,
      mask: async (source) => {
        const mask = await drawnMask(source, this.decode);
        if (isOfAll(mask)) tell(MASK_OF_ALL);
        return mask;
      },
      reopen: (tree) => this.reopened(tree, onNotice),
    };
  }

  private async restored(state: RunState, former: Run | undefined, tell: RunNotices["tell"]): Promise<Run> {
    if (former?.fits(state)) {
      former.moveTo(state);
      return former;
    }
    const letGo = this.keepPrograms(); // other prompts are other inputs of the same step
    try {
      await former?.dispose();
      const plan = planRun(this, state.settings, this.options);
      return await this.told(plan.peakBytes, tell, () => Run.restore(this, state, this.textOptions(plan, tell)));
    } finally {
      await letGo();
    }
  }

  /** Compiles a run, and tells of its memory before and of its device after. */
  private async told(peakBytes: number, tell: RunNotices["tell"], compile: () => Promise<Run>): Promise<Run> {
    const availableBytes = this.availableMemory();
    if (availableBytes !== undefined && peakBytes > availableBytes) {
      tell({ kind: "memory", peakBytes, availableBytes });
    }
    const run = await compile();
    for (const notice of await judgeNotices(this, run.state.settings)) tell(notice);
    for (const refused of run.refusedDevices) tell({ kind: "refused-device", ...refused });
    return run;
  }
}
