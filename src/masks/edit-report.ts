/** What an edit kept of its source and what it reached of its prompts. */
import type { NDArray } from "../core/ndarray.js";
import { windowOf } from "../image/pad.js";
import { psnr, ssim } from "../image/similarity.js";
import type { Perceptor } from "../models/perceptor.js";
import { compareUnits, unitPicture, unitRows } from "../perception/perceive.js";
import type { Prompt } from "../prompts/prompt.js";
import type { CompileOptions } from "../runtime/program.js";
import { type EditSource, pictureOfSource } from "./edit.js";

export interface EditReport {
  readonly kept: {
    /** Peak signal-to-noise ratio in dB of the whole picture against the source; Infinity when they are equal */
    readonly psnr: number;
    /** Structural similarity of the whole picture, 1 for equal; undefined below 11 pixels a side */
    readonly ssim: number | undefined;
    /** Share of pixels that may change, 0..1 */
    readonly free: number;
  };
  /** Per prompt, in the order written: cosine of picture and prompt; with a mask, of the square around what may change. */
  readonly reached: readonly { readonly prompt: string; readonly before: number; readonly after: number }[];
}

/**
 * @param made [3,H,W] in 0..1, of the source's size
 * @param embeddings [p,E] of the prompts
 */
export async function compareEdit(
  perceptor: Perceptor,
  source: EditSource,
  made: NDArray,
  prompts: readonly Prompt[],
  embeddings: NDArray,
  options: CompileOptions,
): Promise<EditReport> {
  const before = pictureOfSource(source);
  const [, height, width] = before.shape as [number, number, number];
  const [x, y, across, down] = source.mask ? squareAround(source.mask) : [0, 0, width, height];
  const see = (picture: NDArray) => unitPicture(perceptor, windowOf(picture, x, y, across, down), options);
  const [old, fresh] = [await see(before), await see(made)];
  const said = unitRows(embeddings);
  const mask = source.mask?.data as Uint8Array | undefined;
  return {
    kept: {
      psnr: psnr(before, made),
      ssim: Math.min(height, width) < 11 ? undefined : ssim(before, made),
      free: mask ? mask.reduce((count, value) => count + (value > 0 ? 1 : 0), 0) / mask.length : 1,
    },
    reached: prompts.map(({ text }, i) => {
      const vector = said[i] as Float32Array;
      return { prompt: text, before: compareUnits(old, vector).cosine, after: compareUnits(fresh, vector).cosine };
    }),
  };
}

/** Left, top, width and height of the smallest square that holds what may change, as far as the picture reaches. */
function squareAround(mask: NDArray): [number, number, number, number] {
  const [height, width] = mask.shape as [number, number];
  const data = mask.data as Uint8Array;
  let [left, right, top, bottom] = [width, 0, height, 0];
  data.forEach((value, i) => {
    if (value === 0) return;
    left = Math.min(left, i % width);
    right = Math.max(right, (i % width) + 1);
    top = Math.min(top, Math.floor(i / width));
    bottom = Math.max(bottom, Math.floor(i / width) + 1);
  });
  const side = Math.max(right - left, bottom - top);
  const start = (low: number, high: number, extent: number) =>
    Math.max(0, Math.min(extent - side, Math.round((low + high - side) / 2)));
  return [start(left, right, width), start(top, bottom, height), Math.min(side, width), Math.min(side, height)];
}
