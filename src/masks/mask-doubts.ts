/** Whether a mask that was found for a phrase is to be believed: how large it is, and whether the phrase's thing is in it. */
import { NDArray } from "../core/ndarray.js";
import { paste, windowOf } from "../image/pad.js";
import type { Perceptors } from "../perception/ensemble.js";
import { type ScoreOptions, scorePicture } from "../perception/perceive.js";
import type { EmbedOptions } from "../prompts/prompt-embedding.js";
import { maskShare, squareAround } from "./mask.js";

/** A reason not to believe a mask. */
export type MaskDoubt =
  /** It is below 3 % or above 60 % of the picture: `share` says how much, 0..1. */
  | { readonly kind: "small" | "large"; readonly share: number }
  /** What it holds is no more like the phrase than what it leaves: the cosines of both. */
  | { readonly kind: "elsewhere"; readonly inside: number; readonly outside: number };

const LEAST = 0.03;
const MOST = 0.6;

/**
 * What speaks against a mask. The perceptors see the part that it holds, cut out with all else in the picture's mean
 * colour, and the whole picture with that part in the mean colour: the first should be nearer to the phrase.
 *
 * @param picture [3,H,W] in 0..1
 * @param mask uint8 [H,W], not all 0
 */
export async function doubtsAbout(
  models: Perceptors,
  picture: NDArray,
  mask: NDArray,
  phrase: string,
  options: ScoreOptions & EmbedOptions,
): Promise<MaskDoubt[]> {
  const share = maskShare(mask);
  const doubts: MaskDoubt[] = [];
  if (share < LEAST) doubts.push({ kind: "small", share });
  if (share > MOST) doubts.push({ kind: "large", share });
  const [x, y, width, height] = squareAround(mask);
  const held = windowOf(
    blanked(picture, mask, (value) => value === 0),
    x,
    y,
    width,
    height,
  );
  const left = blanked(picture, mask, (value) => value > 0);
  const nearness = async (seen: NDArray) => {
    const [score] = await scorePicture(models, onSquare(seen, meanColour(picture)), [phrase], options);
    return (score as { cosine: number }).cosine;
  };
  const [inside, outside] = [await nearness(held), await nearness(left)];
  if (inside <= outside) doubts.push({ kind: "elsewhere", inside, outside });
  return doubts;
}

type Colour = readonly [red: number, green: number, blue: number];

function meanColour(picture: NDArray): Colour {
  const [, height, width] = picture.shape as [number, number, number];
  const count = height * width;
  const values = picture.floats();
  const mean = (channel: number) =>
    values.subarray(channel * count, (channel + 1) * count).reduce((sum, value) => sum + value, 0) / count;
  return [mean(0), mean(1), mean(2)];
}

/** The picture with its mean colour wherever the mask's value says so. */
function blanked(picture: NDArray, mask: NDArray, isBlank: (value: number) => boolean): NDArray {
  const colour = meanColour(picture);
  const covers = mask.data as Uint8Array;
  const values = picture.floats();
  return NDArray.float32(
    picture.shape,
    values.map((value, i) =>
      isBlank(covers[i % covers.length] as number) ? (colour[Math.floor(i / covers.length)] as number) : value,
    ),
  );
}

/** The picture on a square of one colour, so that nothing of it is cut off when it is looked at. */
function onSquare(picture: NDArray, colour: Colour): NDArray {
  const [, height, width] = picture.shape as [number, number, number];
  const side = Math.max(height, width);
  const values = new Float32Array(3 * side * side);
  for (const [channel, value] of colour.entries())
    values.fill(value, channel * side * side, (channel + 1) * side * side);
  paste(values, [side, side], picture, [Math.floor((side - width) / 2), Math.floor((side - height) / 2)]);
  return NDArray.float32([3, side, side], values);
}
