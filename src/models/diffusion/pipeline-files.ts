/** What every pipeline's folder of the diffusers library has beside its nets: an index, a scheduler, and a sum over all. */
import { requires, VqganClipError } from "../../core/errors.js";
import { type Files, readText } from "../files.js";
import type { ModelFile } from "../model-file.js";
import { joinedFile } from "../model-weights.js";

export const PIPELINE_INDEX = "model_index.json";
const SCHEDULE = "scheduler_config.json";
/** Who needs a file that is missing. */
export const WHAT = "a diffusion model";

/** `scheduler/scheduler_config.json`, and what to call it. The library writes numbers into this file that JSON has not. */
export async function readSchedule(files: Files): Promise<{ readonly schedule: unknown; readonly origin: string }> {
  const folder = files.folder("scheduler");
  const text = await readText(folder, SCHEDULE, WHAT);
  const origin = folder.pathOf(SCHEDULE);
  try {
    return { schedule: JSON.parse(text.replace(/:\s*-?(Infinity|NaN)\b/g, ": null")), origin };
  } catch (cause) {
    const message = `${origin}: not JSON: ${(cause as Error).message}`;
    throw new VqganClipError("BAD_MODEL", message, undefined, { cause });
  }
}

/** One file that stands for the whole: with the weights the schedule, which decides about the picture as much. */
export async function pipelineFile(files: Files, weights: readonly ModelFile[]): Promise<ModelFile> {
  const folder = files.folder("scheduler");
  const size = (await folder.open(SCHEDULE))?.size ?? 0;
  return joinedFile(PIPELINE_INDEX, [...weights, { name: SCHEDULE, size, sha256: () => folder.sha256(SCHEDULE) }]);
}

/** @throws BAD_MODEL naming both sides unless two parts agree on a number */
export function requireFit(what: string, found: number, who: string, wanted: number): void {
  requires(found === wanted, "BAD_MODEL", () => `${what} is ${found}, ${who} ${wanted}`);
}

/** What noise asks of a run: few steps, small ones, and a pull to the length that noise has. What is no noise any more draws no picture. */
export const recommended = {
  steps: 50,
  learningRate: 0.02,
  regularizer: { weight: 0.01, target: "noise", decay: 0, every: 1 },
};
