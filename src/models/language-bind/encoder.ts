/** LanguageBind's tower for sound: CLIP's image tower on a sound's filter banks, in the space of LAION's ViT-L/14 of DataComp XL. */
import { NDArray } from "../../core/ndarray.js";
import type { Tensor } from "../../graph/tensor.js";
import { add } from "../../ops/arithmetic.js";
import { reshape, transpose } from "../../ops/layout.js";
import { linear } from "../../ops/linear-algebra.js";
import { concat, slice } from "../../ops/movement.js";
import { layerNorm } from "../../ops/normalization.js";
import { frameSamples, melFrames } from "../../sound/mel.js";
import type { ImageWeights } from "../clip/image-encoder.js";
import { transformer } from "../clip/transformer.js";
import type { LanguageBindConfig } from "./config.js";

/**
 * What the net sees of a sound: three spells of `frames` frames of its filter banks, less a mean and by a deviation. Of a longer sound
 * they begin at its first frame and where the second and the last third of possible beginnings do; a shorter one is repeated while it fits
 * whole, and silence follows; its three are alike.
 *
 * @param samples at the config's rate, at least one
 * @returns [1,3,bands,frames]
 */
export function heard(samples: Float32Array, { rate, bands, frames, mean, deviation }: LanguageBindConfig): NDArray {
  const [, hop] = frameSamples(rate);
  const average = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const whole = filled(samples, frames * hop);
  const middle = average(whole);
  const mel = melFrames(
    Float64Array.from(whole, (value) => value - middle),
    { rate, bands },
  );
  const beginnings = samples.length > frames * hop ? Math.max(1, mel.frames - frames + 1) : 1;
  const second = Math.ceil(beginnings / 3);
  const begins = [0, second, second + Math.ceil((beginnings - second) / 2)].map((begin) => begin % beginnings);
  const values = new Float32Array(3 * bands * frames);
  for (const [spell, begin] of begins.entries()) {
    for (let frame = 0; frame < frames; frame++) {
      for (let band = 0; band < bands; band++) {
        const value = mel.values[(begin + frame) * bands + band] ?? 0; // behind the last frame nothing, which is no silence
        values[(spell * bands + band) * frames + frame] = (value - mean) / deviation;
      }
    }
  }
  return NDArray.float32([1, 3, bands, frames], values);
}

/** As it is where it is long enough, else repeated and filled up with silence. */
function filled(samples: Float32Array, length: number): Float32Array {
  if (samples.length >= length) return samples;
  const result = new Float32Array(length);
  for (let at = 0; at + samples.length <= length; at += samples.length) result.set(samples, at);
  return result;
}

/** @param seen [1,3,bands,frames] @returns [1,E], not normalised */
export function encodeSound(
  weights: ImageWeights,
  { tower, patch, bands, frames }: LanguageBindConfig,
  seen: Tensor,
): Tensor {
  const [down, across] = [bands / patch, frames / patch];
  const cells = transpose(reshape(seen, [1, 3, down, patch, across, patch]), [0, 2, 4, 1, 3, 5]);
  const kernel = reshape(weights.patches, [tower.width, 3 * patch * patch]);
  const patches = linear(reshape(cells, [1, down * across, 3 * patch * patch]), kernel);
  const tokens = add(concat([reshape(weights.classToken, [1, 1, tower.width]), patches], 1), weights.positions);
  const norm = (h: Tensor, { weight, bias }: ImageWeights["preNorm"]) =>
    layerNorm(h, weight, bias, { epsilon: tower.layerNormEpsilon });
  const { output } = transformer(norm(tokens, weights.preNorm), weights.blocks, tower, { kept: 1 });
  return linear(norm(reshape(slice(output, 1, 0, 1), [1, tower.width]), weights.postNorm), weights.projection);
}
