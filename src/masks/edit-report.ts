/** What an edit kept of its source and what it reached of its prompts. */
import type { NDArray } from "../core/ndarray.js";
import { windowOf } from "../image/pad.js";
import { edgeSsim, psnr, ssim } from "../image/similarity.js";
import type { Perceptor } from "../models/perceptor.js";
import { compareUnits, unitPicture, unitRows } from "../perception/perceive.js";
import type { Prompt } from "../prompts/prompt.js";
import type { CompileOptions } from "../runtime/program.js";
import { type EditSource, pictureOfSource } from "./edit.js";
import { maskShare, squareAround } from "./mask.js";

/** What an edit kept and reached. */
export interface EditReport {
  /** Of the source. */
  readonly kept: {
    /** Peak signal-to-noise ratio in dB of the whole picture against the source; Infinity when they are equal */
    readonly psnr: number;
    /** Structural similarity of the whole picture, 1 for equal; undefined below 11 pixels a side */
    readonly ssim: number | undefined;
    /** Structural similarity of the edges, whatever the colours; undefined below 12 pixels a side */
    readonly edges: number | undefined;
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
  return {
    kept: {
      psnr: psnr(before, made),
      ssim: Math.min(height, width) < 11 ? undefined : ssim(before, made),
      edges: Math.min(height, width) < 12 ? undefined : edgeSsim(before, made),
      free: source.mask ? maskShare(source.mask) : 1,
    },
    reached: prompts.map(({ text }, i) => {
      const vector = said[i] as Float32Array;
      return { prompt: text, before: compareUnits(old, vector).cosine, after: compareUnits(fresh, vector).cosine };
    }),
  };
}
