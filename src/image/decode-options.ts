/** How picture files are decoded, on Node and in browsers alike. */
import type { NamesOf } from "../core/known-names.js";

/** What a file is to be: a picture, laid on white where it is transparent, or a mask, in which paint counts as far as it is opaque. */
export type DecodeAs = "picture" | "mask";

export interface DecodeOptions {
  /** Width times height that is accepted (default 50 million). */
  readonly maxPixels?: number;
  /** Default "picture". */
  readonly as?: DecodeAs;
}

export const decodeOptionNames: NamesOf<DecodeOptions> = { maxPixels: true, as: true };
