/** When a run has come to rest: its smoothed loss has not fallen for a while. */
import type { Losses } from "./losses.js";
import type { Settings } from "./settings.js";

/** What is remembered of the losses so far; saved and restored bit for bit. */
export interface LossWatch {
  /** Running average of the losses */
  readonly smoothed: number;
  /** Its lowest value that counted as a fall */
  readonly lowest: number;
  /** Steps since then */
  readonly since: number;
}

/** The loss that is watched: without regularisers, whose weights change by themselves. */
export function steadyLoss({ prompts, rewards, ...others }: Omit<Losses, "total">): number {
  const { structure, perceptual, direction = 0, whole = 0, content = 0, edges = 0 } = others;
  const kept = structure + perceptual + direction + whole + content + edges;
  return [...prompts, ...rewards].reduce((sum, loss) => sum + loss, kept);
}

/** The watch after one more loss; the first begins it. */
export function watchLoss(watch: LossWatch | undefined, loss: number, plateau: Settings["plateau"]): LossWatch {
  if (!watch) return { smoothed: loss, lowest: loss, since: 0 };
  const smoothed = plateau.smoothing * watch.smoothed + (1 - plateau.smoothing) * loss;
  const fell = smoothed < watch.lowest - plateau.delta;
  return fell ? { smoothed, lowest: smoothed, since: 0 } : { ...watch, smoothed, since: watch.since + 1 };
}

export function isAtRest(watch: LossWatch | undefined, { patience }: Settings["plateau"]): boolean {
  return patience > 0 && watch !== undefined && watch.since >= patience;
}
