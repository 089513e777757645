/** How much room a step's graph has for lists of what lies where, for generators that draw shapes only where they are. */
import type { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import type { Generator } from "../models/generator.js";
import type { Feeds } from "../runtime/engine.js";
import type { Settings } from "./settings-type.js";

type Drawn = Pick<Settings, "latent" | "size">;

/** Of lists for what is optimised; undefined where the step goes without: what it decodes is not z itself, or nothing is listed. */
export function roomFor({ culling }: Generator, { latent, size }: Drawn, z: NDArray): number | undefined {
  return latent === "continuous" ? culling?.roomFor(z, [size[1], size[0]]) : undefined;
}

/** Of lists for a random start: what a run will need that has not begun. */
export function roomAtFirst(generator: Generator, settings: Drawn & Pick<Settings, "seed">): number | undefined {
  const { culling, first } = generator;
  const { size, seed } = settings;
  return culling && first && roomFor(generator, settings, first([size[1], size[0]], new Random(seed)));
}

/** The lists, nothing where there is no room for any; undefined where z needs more room. */
export function listsFor(
  { culling }: Generator,
  { size }: Drawn,
  z: NDArray,
  room: number | undefined,
): Feeds | undefined {
  return culling && room !== undefined ? culling.feeds(z, [size[1], size[0]], room) : {};
}
