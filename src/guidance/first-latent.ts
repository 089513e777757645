/** What a run begins with: its source, its init picture, its codes, or as `settings.start` says. */
import type { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { type EditSource, workingPicture } from "../masks/edit.js";
import type { Generator } from "../models/generator.js";
import { type CompileOptions, compileOptionsOf } from "../runtime/program.js";
import { grown } from "./growth.js";
import { latentOfCodes, latentShape, normalLatent, randomCodes } from "./latent.js";
import { hasLogits, randomLogits, variableOfLatent, variableOfPicture } from "./latent-kind.js";
import type { Beginning } from "./run-state.js";
import type { Settings } from "./settings.js";
import { isPictureStart, startPicture } from "./starts.js";

/** Where a run begins, if not as `settings.start` says. */
export interface FirstOptions {
  /** Begin at this picture [3,H,W] in 0..1 of the settings' size, instead of random codes. */
  readonly initPicture?: NDArray;
  /** Edit this picture: begin at it, hold what its mask holds. */
  readonly source?: EditSource;
  /** Begin at these codes, row-major over the latent. */
  readonly initCodes?: readonly number[];
}

/** What the first latent will be made of. */
export function beginningOf({ initPicture, initCodes, source }: FirstOptions): Beginning {
  if (initPicture || source) return "picture";
  return initCodes ? "codes" : "random";
}

/**
 * @param candidate which of the seed's random starts
 * @returns what is optimised, such as z [1,D,h,w] or logits [1,K,h,w], as `settings.latent` says
 * @throws BAD_MODEL when a picture is to be encoded and there is no encoder
 */
export async function firstLatent(
  generator: Generator,
  settings: Settings,
  { initPicture, initCodes, source, ...options }: FirstOptions & CompileOptions,
  candidate = 0,
): Promise<NDArray> {
  const compileOptions = compileOptionsOf(options);
  const { size, start, latent: kind } = settings;
  const random = new Random(settings.seed).split(candidate === 0 ? "first latent" : `first latent ${candidate}`);
  const encoded = (picture: NDArray) =>
    variableOfPicture(generator, settings, picture, { ...compileOptions, noise: settings });
  const picture = source ? workingPicture(source, size, generator.factor) : initPicture;
  if (picture && generator.growth && kind === "continuous") {
    return grown(generator, generator.growth, picture, random, compileOptions);
  }
  if (picture && generator.firstOf && kind === "continuous") return generator.firstOf(picture, random);
  if (source && !generator.repaints) return encoded(workingPicture(source, size, generator.factor));
  if (initPicture) return encoded(initPicture);
  const shape = latentShape(generator, size);
  const grid = shape.slice(2) as [number, number];
  const normal = () => generator.first?.([size[1], size[0]], random) ?? normalLatent(generator, shape, random);
  if (generator.repaints) return normal();
  if (!initCodes) {
    if (isPictureStart(start)) return encoded(startPicture(start, size, random));
    if (hasLogits(kind)) return randomLogits(generator, grid, random);
  }
  const z =
    start === "normal" && !initCodes
      ? normal()
      : latentOfCodes(generator, initCodes ?? randomCodes(generator, grid[0] * grid[1], random), grid);
  return variableOfLatent(generator, settings, z, compileOptions);
}
