/** Filter banks of sound as Kaldi makes them. */
import { requires } from "../core/errors.js";
import { powersOf } from "./spectrum.js";

export interface MelOptions {
  /** Samples a second */
  readonly rate: number;
  /** Bands, evenly spaced on the mel scale between 20 Hz and half of the rate */
  readonly bands: number;
}

const [FRAME_SECONDS, HOP_SECONDS] = [0.025, 0.01];
const PREEMPHASIS = 0.97;
const LOWEST = 20;
/** The smallest number that 32-bit floats add to 1. */
const EPSILON = 2 ** -23;

const mel = (hertz: number) => 1127 * Math.log(1 + hertz / 700);

/** Samples of a frame, and from one to the next. */
export const frameSamples = (rate: number) =>
  [Math.floor(rate * FRAME_SECONDS), Math.floor(rate * HOP_SECONDS)] as const;

/**
 * Logarithms of the power in triangular bands, in frames of 25 ms each 10 ms that lie within the sound: of each frame the mean is taken
 * away, x_i <- x_i - .97 x_(i-1), under a Hann window, padded with zeros to a power of two. In double precision.
 *
 * @param samples at least a frame
 * @returns [frames, bands], 1 + floor((samples - frame) / hop) frames
 */
export function melFrames(
  samples: ArrayLike<number>,
  { rate, bands }: MelOptions,
): { frames: number; values: Float64Array } {
  const [length, hop] = frameSamples(rate);
  requires(
    samples.length >= length,
    "BAD_ARGUMENT",
    () => `melFrames(): needs at least ${length} samples, got ${samples.length}`,
    "take a longer sound",
  );
  const frames = 1 + Math.floor((samples.length - length) / hop);
  const size = 2 ** Math.ceil(Math.log2(length));
  const powers = powersOf(size);
  const filters = triangles(size, rate, bands);
  const window = Float64Array.from({ length }, (_, i) => (1 - Math.cos((2 * Math.PI * i) / (length - 1))) / 2);
  const values = new Float64Array(frames * bands);
  const piece = new Float64Array(size);
  for (let frame = 0; frame < frames; frame++) {
    const at = (i: number) => samples[frame * hop + i] as number;
    let average = 0;
    for (let i = 0; i < length; i++) average += at(i) / length;
    for (let i = 0; i < length; i++) {
      const [own, before] = [at(i) - average, at(Math.max(0, i - 1)) - average];
      piece[i] = (own - PREEMPHASIS * before) * (window[i] as number);
    }
    const power = powers(piece);
    for (const [band, weights] of filters.entries()) {
      const energy = weights.reduce((sum, [row, weight]) => sum + weight * (power[row] as number), 0);
      values[frame * bands + band] = Math.log(Math.max(energy, EPSILON));
    }
  }
  return { frames, values };
}

/** Of each band the rows of the spectrum below half of the rate that it weighs, and how much. */
function triangles(size: number, rate: number, bands: number): (readonly [row: number, weight: number])[][] {
  const [low, high] = [mel(LOWEST), mel(rate / 2)];
  const step = (high - low) / (bands + 1);
  return Array.from({ length: bands }, (_, band) => {
    const centre = low + (band + 1) * step;
    return Array.from(
      { length: size / 2 },
      (_, row) => [row, 1 - Math.abs(mel((row * rate) / size) - centre) / step] as const,
    ).filter(([, weight]) => weight > 0);
  });
}
