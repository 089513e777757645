/**
 * Cutouts: which square windows of the picture the perceptor sees in a step (paper section 2.2). Each is one homography
 * from the cutout's normalised coordinates to the picture's, so crop and augmentations become a single sampling.
 */
import type { Random } from "../core/random.js";
import { compose, type Homography, scaleAndShift } from "../image/homography.js";

export const cutMethods = ["random", "gaussian", "shifted", "patches", "whole", "pooled"] as const;
/**
 * - `random`: side U^cutPow * (largest - smallest) + smallest, uniform position (paper, VQGAN+CLIP notebook)
 * - `gaussian`: side = largest * clip(N(.8, .3), cutSize/largest, 1) (EMA notebook)
 * - `shifted`: side = 2/3 of the largest, uniform position (Direct Ascent Synthesis: 224 of 336 pixels, rolled by 56 at most)
 * - `patches`: side = a quarter of the largest, uniform position (CLIPstyler: 128 of 512 pixels)
 * - `whole`: the whole picture, squeezed to a square by anti-aliased bilinear resampling
 * - `pooled`: the whole picture as (average pool + max pool) / 2 (nerdyrodent)
 */
export type CutMethod = (typeof cutMethods)[number];

export interface CutoutGeometry {
  readonly method: CutMethod;
  /** Exponent of `random`: above 1 favours small crops, below 1 large ones. */
  readonly power: number;
  /** Picture width and height in pixels. */
  readonly width: number;
  readonly height: number;
  /** The perceptor's input side in pixels. */
  readonly cutSize: number;
}

/** Whether cutouts are windows of the full picture (true) or of one squeezed copy of it (false). */
export function cropsPicture(method: CutMethod): boolean {
  return method !== "whole" && method !== "pooled";
}

/** Smallest and largest crop side in pixels: from the perceptor's own resolution to the picture's short side; patches are a quarter of that. */
export function cropSides({ method, width, height, cutSize }: CutoutGeometry): { smallest: number; largest: number } {
  const largest = Math.min(width, height);
  if (method === "patches") return { smallest: Math.round(largest / 4), largest: Math.round(largest / 4) };
  return { smallest: Math.min(cutSize, largest), largest };
}

/** A window's side in pixels, before it is rounded. */
function drawSide(geometry: CutoutGeometry, random: Random): number {
  const { smallest, largest } = cropSides(geometry);
  switch (geometry.method) {
    case "random":
      return random.uniform() ** geometry.power * (largest - smallest) + smallest;
    case "shifted":
      return (2 / 3) * largest;
    case "gaussian":
      return largest * Math.min(1, Math.max(smallest / largest, random.normal(0.8, 0.3)));
    default:
      return largest;
  }
}

/** One window's homography: cutout coordinates in [-1,1]^2 -> picture coordinates in [-1,1]^2. */
export function drawCutout(geometry: CutoutGeometry, random: Random): Homography {
  if (!cropsPicture(geometry.method)) return compose();
  const { width, height } = geometry;
  const side = Math.floor(drawSide(geometry, random));
  const left = random.integer(width - side + 1);
  const top = random.integer(height - side + 1);
  return scaleAndShift(side / width, side / height, (2 * left + side) / width - 1, (2 * top + side) / height - 1);
}
