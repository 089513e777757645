/** Scenes of two icons on a plain or shaded ground, whose places are known: for measuring what finds them. */
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { fixturePath } from "./fixtures.js";

/** Pixels a side. */
export const SIDE = 128;
/** Sides of the icons. */
const SMALLEST = 40;
const LARGEST = 64;

export interface Scene {
  /** [3,128,128] in 0..1 */
  readonly picture: NDArray;
  /** What is to be found. */
  readonly phrase: string;
  /** 1 on its pixels, [128*128] */
  readonly object: Uint8Array;
  /** 1 in the box around them, [128*128] */
  readonly box: Uint8Array;
}

/** Where an icon lies, in pixels. */
export interface Placed {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** Icons by number, their names, and scenes drawn of them. */
export interface IconSheet {
  readonly phrases: readonly string[];
  /**
   * Icons over a ground.
   *
   * @param pixels the ground [3*128*128], drawn over in place
   * @param tint a colour 0..1 that takes the icon's own colours' place and keeps their lightness
   * @returns 1 on the icon's pixels, [128*128]
   */
  paste(pixels: Float32Array, icon: number, place: Placed, tint?: readonly number[]): Promise<Uint8Array>;
}

export async function openIcons(): Promise<IconSheet> {
  const { side, columns, icons } = JSON.parse(await readFile(fixturePath("scenes/icons.json"), "utf8"));
  const sheet = sharp(await readFile(fixturePath("scenes/icons.png"))).ensureAlpha();
  return {
    phrases: icons.map(({ phrase }: { phrase: string }) => phrase),
    paste: async (pixels, icon, place, tint) => {
      const at = { left: (icon % columns) * side, top: Math.floor(icon / columns) * side, width: side, height: side };
      const rgba = await sheet.clone().extract(at).resize(place.side, place.side).raw().toBuffer();
      return paste(pixels, tint ? tinted(rgba, tint) : rgba, place);
    },
  };
}

/** Scene i of `count` has icon i to find, and another beside it; a seed decides their sizes and places. */
export async function composeScenes(count: number, seed: number): Promise<Scene[]> {
  const icons = await openIcons();
  const scenes: Scene[] = [];
  for (let i = 0; i < count; i++) {
    const random = new Random(seed).split(`scene ${i}`);
    const target = i % icons.phrases.length;
    const other = (target + 1 + random.integer(icons.phrases.length - 1)) % icons.phrases.length;
    const [place, beside] = twoPlaces(random);
    const pixels = ground(random);
    const object = await icons.paste(pixels, target, place);
    await icons.paste(pixels, other, beside);
    const picture = NDArray.float32([3, SIDE, SIDE], pixels);
    scenes.push({ picture, phrase: icons.phrases[target] as string, object, box: boxOf(object) });
  }
  return scenes;
}

/** Two squares that do not touch. */
export function twoPlaces(random: Random): [Placed, Placed] {
  const draw = (): Placed => {
    const side = SMALLEST + random.integer(LARGEST - SMALLEST + 1);
    return { left: random.integer(SIDE - side + 1), top: random.integer(SIDE - side + 1), side };
  };
  for (;;) {
    const [a, b] = [draw(), draw()];
    const apart = (from: keyof Omit<Placed, "side">) => a[from] + a.side < b[from] || b[from] + b.side < a[from];
    if (apart("left") || apart("top")) return [a, b];
  }
}

/** A pastel colour, or two that pass into each other from the upper to the lower edge: [3*128*128] in 0..1. */
export function ground(random: Random): Float32Array {
  const colour = () => [0, 1, 2].map(() => random.uniform(0.55, 1));
  const above = colour();
  const below = random.uniform() < 0.5 ? above : colour();
  const share = (i: number) => Math.floor((i % (SIDE * SIDE)) / SIDE) / (SIDE - 1);
  return Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const channel = Math.floor(i / (SIDE * SIDE));
    return (above[channel] as number) * (1 - share(i)) + (below[channel] as number) * share(i);
  });
}

function paste(pixels: Float32Array, rgba: Uint8Array, { left, top, side }: Placed): Uint8Array {
  const object = new Uint8Array(SIDE * SIDE);
  for (let i = 0; i < side * side; i++) {
    const at = (top + Math.floor(i / side)) * SIDE + left + (i % side);
    const alpha = (rgba[4 * i + 3] as number) / 255;
    for (let channel = 0; channel < 3; channel++) {
      const under = pixels[channel * SIDE * SIDE + at] as number;
      pixels[channel * SIDE * SIDE + at] = under + alpha * ((rgba[4 * i + channel] as number) / 255 - under);
    }
    if (alpha > 0.5) object[at] = 1;
  }
  return object;
}

/** Of the tint where a pixel is of middle lightness, towards black and white elsewhere. */
function tinted(rgba: Uint8Array, tint: readonly number[]): Uint8Array {
  return rgba.map((value, i) => {
    if (i % 4 === 3) return value;
    const at = i - (i % 4);
    const light = [0.299, 0.587, 0.114].reduce((sum, part, c) => sum + (part * (rgba[at + c] as number)) / 255, 0);
    const colour = tint[i % 4] as number;
    return 255 * (light < 0.5 ? 2 * light * colour : colour + (2 * light - 1) * (1 - colour));
  });
}

/** 1 in the box around an object. */
export function boxOf(object: Uint8Array): Uint8Array {
  const box = new Uint8Array(SIDE * SIDE);
  const pixels = [...object.keys()].filter((i) => object[i] === 1);
  const xs = pixels.map((i) => i % SIDE);
  const ys = pixels.map((i) => Math.floor(i / SIDE));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let y = top; y <= bottom; y++) box.fill(1, y * SIDE + left, y * SIDE + right + 1);
  return box;
}

/** Intersection over union of a mask with what is 1. */
export function overlap(mask: ArrayLike<number>, known: Uint8Array): number {
  let [both, either] = [0, 0];
  known.forEach((value, i) => {
    const [found, is] = [(mask[i] as number) > 0, value === 1];
    if (found && is) both++;
    if (found || is) either++;
  });
  return either === 0 ? 1 : both / either;
}
