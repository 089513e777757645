/** What a run can begin with when nobody gives it a picture or codes, and the pictures that some beginnings encode. */
import { NDArray } from "../core/ndarray.js";
import type { Random } from "../core/random.js";

/** Pictures that are drawn by the seed and encoded; the generator needs an encoder. */
export const pictureStarts = ["pixels", "gradient", "light", "white", "grey"] as const;
/**
 * - `pixels`: every channel of every pixel uniformly random (the paper's start)
 * - `gradient`: every channel runs from one random level to another, in a direction of its own
 * - `light`: every channel varies softly between .6 and 1, with a little noise
 * - `white`, `grey`: flat, with a little noise
 */
export type PictureStart = (typeof pictureStarts)[number];

/** Also `codes`: uniformly random codes; and `normal`: a normally distributed latent. */
export const starts = ["codes", "normal", ...pictureStarts] as const;

export function isPictureStart(start: (typeof starts)[number]): start is PictureStart {
  return pictureStarts.some((kind) => kind === start);
}

/** Deviation of the noise on a flat or soft start; enough for seeds to differ. */
const FLAT_NOISE = 0.02;
/** Levels across and down of a soft ground, and the darkest. */
const [SOFT_CELLS, DARKEST] = [4, 0.6];

/** The picture [3,height,width], 0..1, that a run begins at. */
export function startPicture(start: PictureStart, [width, height]: readonly [number, number], random: Random): NDArray {
  const shape = [3, height, width];
  const count = 3 * height * width;
  if (start === "pixels")
    return NDArray.float32(
      shape,
      Float32Array.from({ length: count }, () => random.uniform()),
    );
  if (start === "gradient") {
    const planes = [0, 1, 2].flatMap(() => [...gradientPlane([width, height], random)]);
    return NDArray.float32(shape, planes);
  }
  const ground =
    start === "light"
      ? [0, 1, 2].flatMap(() => [...softPlane([width, height], random)])
      : new Float32Array(count).fill(start === "white" ? 1 : 0.5);
  const noises = random.normals(count);
  const values = noises.map((noise, i) => Math.min(1, Math.max(0, (ground[i] as number) + FLAT_NOISE * noise)));
  return NDArray.float32(shape, values);
}

/** One channel [height,width]: linear between two random levels 0..1, which it reaches in opposite corners. */
function gradientPlane([width, height]: readonly [number, number], random: Random): Float32Array {
  const [from, to, angle] = [random.uniform(), random.uniform(), 2 * Math.PI * random.uniform()];
  const [across, down] = [Math.cos(angle), Math.sin(angle)];
  const reach = Math.abs(across) + Math.abs(down);
  return Float32Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [(2 * (i % width) + 1) / width - 1, (2 * Math.floor(i / width) + 1) / height - 1]; // -1..1
    return from + (to - from) * (0.5 + (0.5 * (across * x + down * y)) / reach);
  });
}

/** One channel [height,width]: random levels at the middles of 4 x 4 cells, linear between them. */
function softPlane([width, height]: readonly [number, number], random: Random): Float32Array {
  const levels = Array.from({ length: SOFT_CELLS ** 2 }, () => DARKEST + (1 - DARKEST) * random.uniform());
  const near = (at: number, length: number) => {
    const place = Math.min(SOFT_CELLS - 1, Math.max(0, ((at + 0.5) * SOFT_CELLS) / length - 0.5));
    const first = Math.min(SOFT_CELLS - 2, Math.floor(place));
    return [first, place - first] as const;
  };
  return Float32Array.from({ length: height * width }, (_, i) => {
    const [column, right] = near(i % width, width);
    const [row, below] = near(Math.floor(i / width), height);
    const between = (r: number) => {
      const [a, b] = [levels[r * SOFT_CELLS + column] as number, levels[r * SOFT_CELLS + column + 1] as number];
      return a + (b - a) * right;
    };
    return between(row) + (between(row + 1) - between(row)) * below;
  });
}
