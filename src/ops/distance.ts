/** Lengths and angles between embeddings. */
import type { Tensor } from "../graph/tensor.js";
import { asin, clip, div, max, mul, sqrt, square, sub } from "./arithmetic.js";
import { reshape, transpose } from "./layout.js";
import { matmul } from "./linear-algebra.js";
import { sum } from "./reduction.js";

/** x / max(|x|, 1e-12) along `axis` (torch's F.normalize). */
export function normalize(x: Tensor, axis = -1): Tensor {
  const length = sqrt(max(sum(square(x), { axes: [axis], keepDims: true }), 1e-24));
  return div(x, length);
}

/** Cosine of the angle between every row of a [n,E] and every row of b [p,E] -> [n,p]. */
export function cosineSimilarity(a: Tensor, b: Tensor): Tensor {
  return matmul(normalize(a), transpose(normalize(b)));
}

/**
 * Squared spherical distance 2 asin(|a^ - b^| / 2)^2 of every row of a [n,E] to every row of b [p,E] -> [n,p], in
 * 0..pi^2/2. The chord is kept off 0 and 2, where the derivative of asin(sqrt) has no limit that floats can hold.
 */
export function sphericalDistance(a: Tensor, b: Tensor): Tensor {
  const [n, e] = a.shape as [number, number];
  const [p] = b.shape as [number];
  return sphericalOfChord(sub(reshape(normalize(a), [n, 1, e]), reshape(normalize(b), [1, p, e]))); // [n, p]
}

/** The same distance of each row of a [n,E] to the row of b [n,E] beside it -> [n]. */
export function pairedSphericalDistance(a: Tensor, b: Tensor): Tensor {
  return sphericalOfChord(sub(normalize(a), normalize(b)));
}

/** Of chords [...,E] between unit vectors -> [...]. */
function sphericalOfChord(chord: Tensor): Tensor {
  const quarter = mul(sum(square(chord), { axes: [-1] }), 0.25); // (|a^ - b^| / 2)^2
  const bounded = clip(quarter, 1e-14, 1 - 1e-7);
  return mul(square(asin(sqrt(bounded))), 2);
}
