/** The losses of steps as columns of a table, and as curves. */
import type { Curve } from "../image/loss-plot.js";
import type { Losses } from "./losses.js";

/** The losses of a step. */
export interface LossRow {
  /** Steps done. */
  readonly step: number;
  readonly losses: Losses;
}

type Column = readonly [name: string, value: number];

/** `total, prompt_1, .., structure, perceptual, direction, whole, content and edges (where they count), picture_1, .., reward_1, .., latent`: the same for every step of a run. */
export function lossColumns({
  total,
  prompts,
  structure,
  perceptual,
  direction,
  whole,
  content,
  edges,
  picture,
  rewards,
  latent,
}: Losses): Column[] {
  const numbered = (name: string, values: readonly number[]) =>
    values.map((value, i): Column => [`${name}_${i + 1}`, value]);
  const where = (name: string, value: number | undefined): Column[] => (value === undefined ? [] : [[name, value]]);
  return [
    ["total", total],
    ...numbered("prompt", prompts),
    ["structure", structure],
    ["perceptual", perceptual],
    ...where("direction", direction),
    ...where("whole", whole),
    ...where("content", content),
    ...where("edges", edges),
    ...numbered("picture", picture),
    ...numbered("reward", rewards),
    ["latent", latent],
  ];
}

/** One curve for each loss that is not always 0. @param rows at least one */
export function lossCurves(rows: readonly LossRow[]): Curve[] {
  const steps = rows.map(({ step }) => step);
  const each = rows.map(({ losses }) => lossColumns(losses));
  return (each[0] as Column[])
    .map(([name], i) => ({ name: name.replace("_", " "), steps, values: each.map((row) => (row[i] as Column)[1]) }))
    .filter(({ values }) => values.some((value) => value !== 0));
}
