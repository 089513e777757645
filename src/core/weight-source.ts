/** Where a weight's bytes lie; files of weights say it, and graphs pass it on to the engine. */
import type { NDArray } from "./ndarray.js";

/**
 * `file`: `length` little-endian, row-major bytes from the absolute `offset` of the file at `path` (real path, symlinks
 * resolved), which are never copied. `memory`: an array that is loaded already.
 */
export type WeightSource =
  | { readonly kind: "file"; readonly path: string; readonly offset: number; readonly length: number }
  | { readonly kind: "memory"; readonly array: NDArray };
