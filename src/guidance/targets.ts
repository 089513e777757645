/**
 * What a run is drawn to beside texts: pictures, noise and given vectors. Each becomes rows of prompt embeddings that
 * share its weight: a picture has one row for each of its cutouts, so its loss is the mean over all pairs of cutouts.
 */
import { sha256Of } from "../core/bytes.js";
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { pictureBytes } from "../image/bytes.js";
import { resizePicture } from "../image/resize.js";
import { joinedSize, perceptorsOf } from "../perception/ensemble.js";
import type { Prompt } from "../prompts/prompt.js";
import { sceneCount, sceneShare, weightsAt } from "../prompts/story.js";
import { weightAt, weightOf } from "../prompts/weight.js";
import { type CompileOptions, compile, type Program } from "../runtime/program.js";
import { buildViews } from "./sampling.js";
import type { TargetSetting } from "./setting-parts.js";
import type { Settings } from "./settings.js";
import type { StepModels } from "./step.js";
import { drawAllViews } from "./views.js";

/** The numbers behind one entry of `settings.targets`. */
export interface Target {
  /** Embeddings [k,E] of all perceptors, not normalised; or a picture uint8 [3,H,W] of the run's size, looked at anew each step */
  readonly numbers: NDArray;
  /** Of what it was made from: a picture's bytes at the run's size, or the vector's; noise is told by its seed */
  readonly sha256?: string;
}

/**
 * The numbers of every target.
 *
 * @param given one for each of `settings.targets`: a picture [3,H,W] in 0..1, a vector [E], or nothing for noise
 * @throws BAD_ARGUMENT when one is missing or a vector does not fit the perceptor
 */
export async function beginTargets(
  models: StepModels,
  settings: Settings,
  given: readonly (NDArray | undefined)[],
  options: CompileOptions,
): Promise<Target[]> {
  const size = joinedSize(models);
  const targets: Target[] = [];
  for (const [i, target] of settings.targets.entries()) {
    const source = given[i];
    if (target.kind === "noise") {
      targets.push({ numbers: NDArray.float32([1, size], new Random(target.seed).normals(size)) });
      continue;
    }
    requires(source, "BAD_ARGUMENT", () => `targets: the ${target.kind} of entry ${i + 1} is missing`);
    if (target.kind === "vector") {
      requires(
        source.size === size && source.floats().every(Number.isFinite) && source.floats().some((value) => value !== 0),
        "BAD_ARGUMENT",
        () =>
          `vector prompt: ${namesOf(models)} ${models.companions?.length ? "need" : "needs"} ${size} finite numbers, not all 0, got ${source.size}`,
        "`vqgan-clip embed --json` writes such a vector",
      );
      const numbers = source.as("float32").reshape([1, size]);
      targets.push({ numbers, sha256: await sha256Of(numbers.bytes) });
      continue;
    }
    const picture = pictureBytes(resizePicture(source, settings.size[1], settings.size[0], "lanczos3"));
    const sha256 = await sha256Of(picture.bytes);
    if (target.views === "fresh") targets.push({ numbers: picture, sha256 });
    else {
      const views = await Views.compile(models, settings, options);
      targets.push({ numbers: await views.embed(picture, `fixed views of target ${i}`), sha256 });
      await views.dispose();
    }
  }
  return targets;
}

/** All that a run is drawn to, in the form the step takes: rows of embeddings, weights and stops. */
export class Aims {
  private readonly counts: readonly number[];

  private constructor(
    private readonly texts: readonly Prompt[],
    private readonly embeddings: NDArray,
    private readonly settings: Settings,
    private readonly targets: readonly Target[],
    private readonly views: Views | undefined,
  ) {
    const viewCount = views?.count ?? 0;
    this.counts = [
      ...texts.map(() => 1),
      ...targets.map(({ numbers }) => (isPicture(numbers) ? viewCount : (numbers.shape[0] as number))),
    ];
  }

  /** @param embeddings [p,E] of the texts */
  static async of(
    models: StepModels,
    settings: Settings,
    texts: readonly Prompt[],
    embeddings: NDArray,
    targets: readonly Target[],
    options: CompileOptions,
  ): Promise<Aims> {
    const looks = targets.some(({ numbers }) => isPicture(numbers));
    const views = looks ? await Views.compile(models, settings, options) : undefined;
    return new Aims(texts, embeddings, settings, targets, views);
  }

  /** Rows of embeddings in all. */
  get rowCount(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** What the step is fed: `prompts` [r,E], `weights` [r], `stops` [r]. */
  async feeds(step: number): Promise<{ prompts: NDArray; weights: NDArray; stops: NDArray }> {
    const parts = [this.embeddings];
    for (const [i, { numbers }] of this.targets.entries()) {
      const looked = isPicture(numbers) && this.views?.embed(numbers, `views of step ${step} of target ${i}`);
      parts.push(looked ? await looked : numbers);
    }
    const [, size] = this.embeddings.shape as [number, number];
    const rows = new Float32Array(this.rowCount * size);
    let at = 0;
    for (const part of parts) {
      rows.set(part.floats(), at);
      at += part.size;
    }
    const spread = (values: readonly number[]) =>
      NDArray.float32(
        [this.rowCount],
        values.flatMap((value, i) => new Array<number>(this.counts[i] as number).fill(value)),
      );
    return {
      prompts: NDArray.float32([this.rowCount, size], rows),
      weights: spread(this.weights(step).map((weight, i) => weight / (this.counts[i] as number))),
      stops: spread([...this.texts.map(({ stop }) => stop), ...this.settings.targets.map(stopOf)]),
    };
  }

  /** What each text and then each target weighs in a step. */
  private weights(step: number): number[] {
    const { texts, settings } = this;
    const { steps, sceneFade, targets, promptReduction, direction } = settings;
    const drawing = direction?.to === null ? 0 : 1; // prompts that a direction leads to draw in no other way
    const all = [
      ...weightsAt(texts, step, steps, sceneFade).map((weight) => drawing * weight),
      ...targets.map(({ weight }) => weightAt(weightOf(weight), step, steps)),
    ];
    if (promptReduction === "sum") return all;
    // Targets are in every scene: the mean is over what the scenes of this step hold.
    const scenes = sceneCount(texts);
    const shown = texts.reduce((sum, { scene }) => sum + sceneShare(scene, scenes, step, steps, sceneFade), 0);
    return all.map((weight) => weight / (shown + targets.length));
  }

  /** Losses of rows, summed for each prompt. */
  perPrompt(losses: readonly number[]): number[] {
    let at = 0;
    return this.counts.map((count) => {
      at += count;
      return losses.slice(at - count, at).reduce((sum, loss) => sum + loss, 0);
    });
  }

  /** The texts and their embeddings [p,E]. */
  get written(): { readonly prompts: readonly Prompt[]; readonly embeddings: NDArray } {
    return { prompts: this.texts, embeddings: this.embeddings };
  }

  async dispose(): Promise<void> {
    await this.views?.dispose();
  }
}

const stopOf = ({ stop }: TargetSetting): number => stop ?? Number.NEGATIVE_INFINITY;

const namesOf = (models: StepModels): string =>
  perceptorsOf(models)
    .map(({ name }) => name)
    .join(" and ");

function isPicture(numbers: NDArray): boolean {
  return numbers.shape.length === 3;
}

/** Looks at a picture as the run looks at its own: the same kinds of cutouts and augmentations. */
class Views {
  private constructor(
    private readonly models: StepModels,
    private readonly settings: Settings,
    private readonly program: Program<"embeddings">,
    readonly count: number,
  ) {}

  static async compile(models: StepModels, settings: Settings, options: CompileOptions): Promise<Views> {
    const embeddings = buildViews(models, settings);
    return new Views(models, settings, await compile({ embeddings }, options), embeddings.shape[0] as number);
  }

  /** @param picture uint8 [3,H,W] of the run's size; @returns [n,E] */
  async embed(picture: NDArray, label: string): Promise<NDArray> {
    const pixels = Float32Array.from(picture.data as Uint8Array, (byte) => byte / 255);
    const all = {
      ...drawAllViews(this.models, this.settings, new Random(this.settings.seed).split(label)),
      picture: NDArray.float32([1, ...picture.shape], pixels),
    };
    const feeds = Object.fromEntries(Object.entries(all).filter(([name]) => this.program.reads(name)));
    return (await this.program.run(feeds)).embeddings;
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }
}
