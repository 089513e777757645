/** How much memory a run will need, before it starts, and how to make it fit: all from graphs alone, nothing is loaded. */
import { gigabytes } from "../core/bytes.js";
import { VqganClipError } from "../core/errors.js";
import { input, type Tensor } from "../graph/tensor.js";
import { finalGraph } from "../guidance/final-pictures.js";
import { variableShape } from "../guidance/latent-kind.js";
import { pulled } from "../guidance/prior-pull.js";
import { roomAtFirst } from "../guidance/room.js";
import type { RunModels } from "../guidance/run-state.js";
import { buildViews } from "../guidance/sampling.js";
import type { Settings } from "../guidance/settings.js";
import { buildStep } from "../guidance/step.js";
import { rewardValues, type Seer } from "../perception/rewards.js";
import { textPrompts } from "../prompts/prompt.js";
import { countFlops, type FlopCount } from "../runtime/flops.js";
import { predictPeakMemory } from "../runtime/memory.js";
import { Remembered } from "./remembered.js";

/** How much more room than at a random start shapes come to need: the most that was seen, in default runs and on photographs. */
const GROWN = 1.8;

/** Counted before, by settings. */
const flops = new Remembered<FlopCount>();
const peaks = new Remembered<number>();

/** What of a run decides its memory and leaves its picture alone, but for the rounding of sums. */
export interface Plan {
  /** The run's, with the micro-batch and `recompute` that were chosen. */
  readonly settings: Settings;
  /** Whether its session has to keep weights unpacked and give memory back at once. */
  readonly lowMemory: boolean;
  /** Predicted peak of the whole process, in bytes. */
  readonly peakBytes: number;
}

export interface PlanLimits {
  /** Bytes the process may take; without it nothing is changed. */
  readonly maxMemory?: number | undefined;
  readonly lowMemory?: boolean | undefined;
}

/**
 * The plan of a run. With a limit, the first of these that fits, each with the largest micro-batch up to the settings' own:
 * as it is; in a low-memory session; and with the generator's values computed again.
 *
 * @throws OUT_OF_LIMITS when nothing fits, naming the size that would
 */
export function planRun(models: RunModels, settings: Settings, { maxMemory, lowMemory = false }: PlanLimits): Plan {
  const asked = planned(models, settings, lowMemory);
  if (maxMemory === undefined || asked.peakBytes <= maxMemory) return asked;
  const ways = [
    { ...settings, lowMemory },
    { ...settings, lowMemory: true },
    { ...settings, lowMemory: true, recompute: true },
  ];
  for (const { lowMemory: low, ...way } of ways) {
    const plan = largestBatch(models, way, low, maxMemory);
    if (plan) return plan;
  }
  const least = smallest(models, settings, settings.size);
  const fitting = fittingSize(models, settings, maxMemory);
  throw new VqganClipError(
    "OUT_OF_LIMITS",
    `memory: this run needs about ${gigabytes(least.peakBytes)} with everything that saves memory, ${gigabytes(maxMemory)} are allowed`,
    fitting
      ? `${fitting.join("x")} would fit, or allow ${gigabytes(least.peakBytes, Math.ceil)}`
      : "the models alone are too large: allow more, or take smaller ones",
  );
}

/** The arithmetic of one step; a search looks at each of its population. */
export function stepFlops(models: RunModels, settings: Settings): FlopCount {
  return flops.of(models, settings, () => {
    const { convolution, matrix } = countFlops(
      Object.values(stepOf(models, settings, roomAtFirst(models.generator, settings))),
    );
    const looks = settings.search === "gradient" ? 1 : settings.population + 1;
    const pull = countFlops(pullOf(models, settings));
    return { convolution: looks * convolution + pull.convolution, matrix: looks * matrix + pull.matrix };
  });
}

function largestBatch(models: RunModels, settings: Settings, low: boolean, maxMemory: number): Plan | undefined {
  const tried = (microBatch: number) => planned(models, { ...settings, microBatch }, low);
  const whole = tried(settings.microBatch);
  if (whole.peakBytes <= maxMemory) return whole;
  let [fits, tooLarge] = [0, Math.min(settings.microBatch, settings.cutouts)];
  let best: Plan | undefined;
  while (tooLarge - fits > 1) {
    const microBatch = Math.floor((fits + tooLarge) / 2);
    const plan = tried(microBatch);
    if (plan.peakBytes <= maxMemory) [fits, best] = [microBatch, plan];
    else tooLarge = microBatch;
  }
  return best;
}

const smallest = (models: RunModels, settings: Settings, size: Settings["size"]): Plan =>
  planned(models, { ...settings, size, microBatch: 1, recompute: true }, true);

/** The largest size of about the same shape that fits. */
function fittingSize(models: RunModels, settings: Settings, maxMemory: number): Settings["size"] | undefined {
  const { factor } = models.generator;
  const [width, height] = settings.size;
  const scaled = (share: number) =>
    [width, height].map((side) => Math.max(factor, Math.round((side * share) / factor) * factor)) as Settings["size"];
  const shares = Array.from({ length: 18 }, (_, i) => 0.95 - 0.05 * i);
  let [low, high] = [0, shares.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (smallest(models, settings, scaled(shares[middle] as number)).peakBytes <= maxMemory) high = middle;
    else low = middle + 1;
  }
  const share = shares[low];
  return share === undefined ? undefined : scaled(share);
}

function planned(models: RunModels, settings: Settings, lowMemory: boolean): Plan {
  const peakBytes = peaks.of(models, { ...settings, lowMemory }, () => peakOf(models, settings, lowMemory));
  return { settings, lowMemory, peakBytes };
}

function peakOf(models: RunModels, settings: Settings, lowMemory: boolean): number {
  // Later micro-batches take the place of the first ones: three show the peak of any number.
  const few = { ...settings, cutouts: Math.min(settings.cutouts, 3 * settings.microBatch) };
  const room = roomAtFirst(models.generator, few);
  const programs = [Object.values(stepOf(models, few, room && Math.ceil(GROWN * room)))];
  const { judge, generator } = models;
  const { judgeReward } = settings;
  const { finishing } = generator;
  const square = ({ inputSize: side }: Seer) => input("pixels", "float32", [1, 3, side, side]);
  if (judge) programs.push([judge.encodeImage(square(judge))]);
  if (judgeReward) programs.push([rewardValues(models, [judgeReward], textPrompts(settings).length, square)]);
  const looks = settings.targets.some((target) => target.kind === "image" && target.views === "fresh");
  if (looks) programs.push([buildViews(models, few)]);
  programs.push(pullOf(models, few));
  if (finishing) programs.push([finalGraph(finishing, settings.size)]);
  return predictPeakMemory(programs, { lowMemory, recompute: settings.recompute });
}

/** What the generator's prior does after the step, where it weighs anything. */
function pullOf({ generator }: RunModels, settings: Settings): Tensor[] {
  const [width, height] = settings.size;
  const { prior } = generator;
  return prior && settings.prior.weight > 0 ? [pulled(prior, variableShape(generator, settings, [height, width]))] : [];
}

/** The step's graph, before there is a run. @param room see `buildStep` */
export function stepOf(models: RunModels, settings: Settings, room?: number) {
  const [width, height] = settings.size;
  const rows = settings.targets.reduce(
    (sum, { kind }) => sum + (kind === "image" ? settings.cutouts : 1),
    textPrompts(settings).length,
  );
  return buildStep(models, settings, variableShape(models.generator, settings, [height, width]), rows, room);
}
