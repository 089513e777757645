/**
 * Augmentations (paper section 2.3): each cutout gets its own random view. Everything geometric joins the cutout's
 * homography, everything about colour becomes one 3x4 matrix, so a list of augmentations costs one sampling.
 */
import { NDArray } from "../core/ndarray.js";
import type { Random } from "../core/random.js";
import { compose, type Homography, invert, type Point, scaleAndShift, squareTo } from "../image/homography.js";
import { type CutoutGeometry, drawCutout } from "./cutouts.js";

/**
 * One entry of the list; `p` is the chance that a cutout gets it. Angles in degrees, lengths as fractions of the side.
 * - `hflip`: mirror left-right
 * - `affine`: rotation U(-degrees, degrees), shift U(-translate, translate) each way, horizontal shear U(-shear, shear)
 * - `perspective`: corners move inwards by up to distortion/2 of the side (kornia's RandomPerspective)
 * - `jitter`: factors U(1-v, 1+v) for brightness, contrast (about mid-grey), saturation (about luma); hue U(-v, v) turns,
 *   as a rotation in YIQ: linear, so the lightness of a hue-shifted colour stays, where an HSV shift keeps its maximum
 * - `zoom`: grown by U(least, most) about the cutout's middle
 * - `shade`: U(-level, level) added to every channel
 * - `erasing`: a box, black, or grey where `padding` is, of area U(minArea, maxArea), aspect U(0.3, 3.3)
 * - `noise`: level U(0, level) times standard normal noise
 * - `grain`: level times noise U(0, 1), which lightens by half of it; in place of `noise`
 */
export type Augmentation =
  | { readonly kind: "hflip"; readonly p: number }
  | {
      readonly kind: "affine";
      readonly degrees: number;
      readonly translate: number;
      readonly shear: number;
      readonly p: number;
    }
  | { readonly kind: "perspective"; readonly distortion: number; readonly p: number }
  | {
      readonly kind: "jitter";
      readonly brightness: number;
      readonly contrast: number;
      readonly saturation: number;
      readonly hue: number;
      readonly p: number;
    }
  | { readonly kind: "zoom"; readonly least: number; readonly most: number }
  | { readonly kind: "shade"; readonly level: number }
  | { readonly kind: "erasing"; readonly minArea: number; readonly maxArea: number; readonly p: number }
  | { readonly kind: "noise"; readonly level: number }
  | { readonly kind: "grain"; readonly level: number };

/** What a step's cutouts look like, as the small arrays that the program is fed (n cutouts of S x S pixels). */
export interface Views {
  /** [n,3,3] cutout coordinates -> picture coordinates */
  readonly homographies: NDArray;
  /** [n,3,4] colour' = M . [r,g,b,1] */
  readonly colours: NDArray;
  /** [n,S] 1 on erased rows; [n,S] 1 on erased columns (a pixel is erased where both are 1) */
  readonly erasedRows: NDArray;
  readonly erasedColumns: NDArray;
  /** [n] amplitude of the noise */
  readonly noiseLevels: NDArray;
  /** [3,S,S] noise, standard normal or of grain, whose rows every cutout takes in its own order [n,S] */
  readonly noise: NDArray;
  readonly noiseRows: NDArray;
}

/** Draws the views of one step. Every number comes from `random`, in a fixed order. */
export function drawViews(
  count: number,
  geometry: CutoutGeometry,
  augmentations: readonly Augmentation[],
  random: Random,
): Views {
  const { cutSize } = geometry;
  const homographies: number[] = [];
  const colours: number[] = [];
  const erasedRows = new Float32Array(count * cutSize);
  const erasedColumns = new Float32Array(count * cutSize);
  const noiseLevels = new Float32Array(count);
  const noiseRows = new Int32Array(count * cutSize);
  for (let i = 0; i < count; i++) {
    let view = drawCutout(geometry, random);
    let colour = KEEP_COLOUR;
    for (const augmentation of augmentations) {
      if (augmentation.kind === "noise" || augmentation.kind === "grain") {
        noiseLevels[i] = augmentation.kind === "grain" ? augmentation.level : random.uniform(0, augmentation.level);
        noiseRows.set(permutation(cutSize, random), i * cutSize);
      } else if (augmentation.kind === "zoom") {
        const factor = random.uniform(augmentation.least, augmentation.most);
        view = compose(view, scaleAndShift(1 / factor, 1 / factor, 0, 0));
      } else if (augmentation.kind === "shade") {
        colour = composeColours(affineColour(1, random.uniform(-augmentation.level, augmentation.level)), colour);
      } else if (!random.chance(augmentation.p)) {
        // this cutout does without
      } else if (augmentation.kind === "hflip") {
        view = compose(view, scaleAndShift(-1, 1, 0, 0));
      } else if (augmentation.kind === "affine") {
        view = compose(view, invert(drawAffine(augmentation, random)));
      } else if (augmentation.kind === "perspective") {
        view = compose(view, invert(squareTo(drawCorners(augmentation.distortion, random))));
      } else if (augmentation.kind === "jitter") {
        colour = composeColours(drawColour(augmentation, random), colour);
      } else if (augmentation.kind === "erasing") {
        const [top, bottom, left, right] = drawBox(augmentation, cutSize, random);
        erasedRows.fill(1, i * cutSize + top, i * cutSize + bottom);
        erasedColumns.fill(1, i * cutSize + left, i * cutSize + right);
      } else {
        augmentation satisfies never;
      }
    }
    homographies.push(...view);
    colours.push(...colour);
  }
  const field = 3 * cutSize * cutSize;
  return {
    homographies: NDArray.float32([count, 3, 3], homographies),
    colours: NDArray.float32([count, 3, 4], colours),
    erasedRows: NDArray.float32([count, cutSize], erasedRows),
    erasedColumns: NDArray.float32([count, cutSize], erasedColumns),
    noiseLevels: NDArray.float32([count], noiseLevels),
    noise: NDArray.float32([3, cutSize, cutSize], noiseField(augmentations, field, random)),
    noiseRows: new NDArray("int32", [count, cutSize], noiseRows),
  };
}

/** The numbers of one step's noise; zeros where there is none. */
function noiseField(augmentations: readonly Augmentation[], count: number, random: Random): Float32Array {
  const has = (kind: Augmentation["kind"]) => augmentations.some((augmentation) => augmentation.kind === kind);
  if (has("noise")) return random.normals(count);
  return has("grain") ? Float32Array.from({ length: count }, () => random.uniform()) : new Float32Array(count);
}

function drawAffine(
  { degrees, translate, shear }: Extract<Augmentation, { kind: "affine" }>,
  random: Random,
): Homography {
  const angle = radians(random.uniform(-degrees, degrees));
  const slope = Math.tan(radians(random.uniform(-shear, shear)));
  const [x, y] = [random.uniform(-translate, translate), random.uniform(-translate, translate)];
  const rotation = [Math.cos(angle), -Math.sin(angle), 0, Math.sin(angle), Math.cos(angle), 0, 0, 0, 1];
  return compose(scaleAndShift(1, 1, 2 * x, 2 * y), rotation, [1, slope, 0, 0, 1, 0, 0, 0, 1]);
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

function drawCorners(distortion: number, random: Random): [Point, Point, Point, Point] {
  const inward = () => random.uniform(0, distortion); // half a side is 1 in normalised coordinates
  const corner = (x: number, y: number): Point => [x * (1 - inward()), y * (1 - inward())];
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
}

/** A 3x4 matrix, row-major: rows r', g', b' of columns r, g, b, 1. */
type Colour = readonly number[];

const KEEP_COLOUR: Colour = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
const LUMA = [0.299, 0.587, 0.114] as const;

function drawColour(
  { brightness, contrast, saturation, hue }: Extract<Augmentation, { kind: "jitter" }>,
  random: Random,
): Colour {
  const factor = (spread: number) => random.uniform(1 - spread, 1 + spread);
  const [light, sharp, vivid] = [factor(brightness), factor(contrast), factor(saturation)];
  const turned = hueRotation(2 * Math.PI * random.uniform(-hue, hue));
  const mixed = saturationMix(vivid);
  const brightened = affineColour(light * sharp, 0.5 * (1 - sharp));
  return composeColours(turned, composeColours(mixed, brightened));
}

const affineColour = (scale: number, shift: number): Colour =>
  KEEP_COLOUR.map((value, i) => (i % 4 === 3 ? shift : value * scale));

/** vivid * colour + (1 - vivid) * luma */
const saturationMix = (vivid: number): Colour =>
  KEEP_COLOUR.map((value, i) => (i % 4 === 3 ? 0 : vivid * value + (1 - vivid) * (LUMA[i % 4] as number)));

/** Rotates the chroma plane of YIQ (FCC NTSC primaries), keeping luma. */
function hueRotation(angle: number): Colour {
  const toYiq = [0.299, 0.587, 0.114, 0.5959, -0.2746, -0.3213, 0.2115, -0.5227, 0.3112];
  const turn = [1, 0, 0, 0, Math.cos(angle), -Math.sin(angle), 0, Math.sin(angle), Math.cos(angle)];
  const matrix = compose(invert(toYiq), turn, toYiq);
  return KEEP_COLOUR.map((_, i) => (i % 4 === 3 ? 0 : (matrix[Math.floor(i / 4) * 3 + (i % 4)] as number)));
}

/** `outer` after `inner`. */
function composeColours(outer: Colour, inner: Colour): Colour {
  return KEEP_COLOUR.map((_, i) => {
    const [row, column] = [Math.floor(i / 4) * 4, i % 4];
    const linear = [0, 1, 2].reduce(
      (total, k) => total + (outer[row + k] as number) * (inner[4 * k + column] as number),
      0,
    );
    return column === 3 ? linear + (outer[row + 3] as number) : linear;
  });
}

/** [top, bottom, left, right] in pixels of a box inside a square of `side` pixels. */
function drawBox(
  { minArea, maxArea }: Extract<Augmentation, { kind: "erasing" }>,
  side: number,
  random: Random,
): [number, number, number, number] {
  const area = random.uniform(minArea, maxArea) * side * side;
  const aspect = random.uniform(0.3, 3.3);
  const height = Math.min(side, Math.round(Math.sqrt(area * aspect)));
  const width = Math.min(side, Math.round(Math.sqrt(area / aspect)));
  const top = random.integer(side - height + 1);
  const left = random.integer(side - width + 1);
  return [top, top + height, left, left + width];
}

/** A random order of 0..length-1 (Fisher-Yates). */
function permutation(length: number, random: Random): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
