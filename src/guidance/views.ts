/** The random numbers of a step's cutouts, for every perceptor that looks. */
import type { NDArray } from "../core/ndarray.js";
import type { Random } from "../core/random.js";
import { inputOf, type Perceptors, perceptorsOf } from "../perception/ensemble.js";
import type { Feeds } from "../runtime/engine.js";
import { drawViews } from "./augmentations.js";
import { cutoutGeometry } from "./sampling.js";
import type { Settings } from "./settings.js";

/** Draws what each perceptor sees, as the step is fed it; a further perceptor changes nothing of the first one's. */
export function drawAllViews(models: Perceptors, settings: Settings, random: Random): Feeds {
  const feeds: Record<string, NDArray> = {};
  for (const [k, perceptor] of perceptorsOf(models).entries()) {
    const own = k === 0 ? random : random.split(`perceptor ${k}`);
    const views = drawViews(settings.cutouts, cutoutGeometry(settings, perceptor), settings.augmentations, own);
    for (const [name, array] of Object.entries(views)) feeds[inputOf(k, name)] = array as NDArray;
  }
  return feeds;
}
