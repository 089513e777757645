/** Generators without weights, by the names that stand in the place of a folder's. */
import type { Generator } from "../generator.js";
import { strokesNamed } from "../strokes/options.js";
import { strokes } from "../strokes/strokes.js";
import { fft } from "./fft.js";
import { pixels } from "./pixels.js";
import { unet } from "./unet.js";

/** Those that any picture has a latent of. */
export const weightless: ReadonlyMap<string, Generator> = new Map([pixels, fft].map((each) => [each.name, each]));

/** `pixels`, `fft`, `unet`, `strokes` and `strokes:count=32,..`; undefined where it is another name. @throws BAD_ARGUMENT on options of strokes */
export function weightlessNamed(name: string): Generator | undefined {
  const options = strokesNamed(name);
  if (options) return strokes(options);
  return name === unet.name ? unet : weightless.get(name);
}
