/** What a run begins with: its source, its init picture, its codes, or as `settings.start` says. */
import type { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { compileOptionsOf } from "../runtime/program.js";
import { workingPicture } from "./edit.js";
import { flatPicture, latentOfCodes, latentShape, normalLatent, randomCodes } from "./latent.js";
import { hasLogits, logitsOf, randomLogits, variableOfPicture } from "./latent-kind.js";
import type { StartOptions } from "./run.js";
import type { Settings } from "./settings.js";
import type { StepModels } from "./step.js";

/** @returns a latent, such as z [1,D,h,w], or logits [1,K,h,w], as `settings.latent` says */
export async function firstLatent(
  { generator }: Pick<StepModels, "generator">,
  settings: Settings,
  { initPicture, initCodes, source, ...options }: StartOptions,
): Promise<NDArray> {
  const compileOptions = compileOptionsOf(options);
  const { size, start, latent: kind } = settings;
  const random = new Random(settings.seed).split("first latent");
  const picture = source
    ? workingPicture(source, size, generator.factor)
    : (initPicture ??
      (initCodes || start === "codes" || start === "normal" ? undefined : flatPicture(start, size, random)));
  if (picture) return variableOfPicture(generator, kind, picture, compileOptions);
  const shape = latentShape(generator, size);
  const grid = shape.slice(2) as [number, number];
  if (!initCodes && hasLogits(kind)) return randomLogits(generator, grid, random);
  if (!initCodes && start === "normal") return normalLatent(generator, shape, random);
  const z = latentOfCodes(generator, initCodes ?? randomCodes(generator, grid[0] * grid[1], random), grid);
  return hasLogits(kind) ? logitsOf(generator, z, compileOptions) : z;
}
