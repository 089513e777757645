/** Power spectra of short windows of sound. */
import { requires } from "../core/errors.js";

export interface SpectrumOptions {
  /** Samples of a window, and of the transform */
  readonly size: number;
  /** Samples from one window to the next */
  readonly hop: number;
}

/**
 * |DFT|^2 under a periodic Hann window whose middle stands at 0, hop, 2 hop ...; beyond its ends the sound is mirrored. In double
 * precision.
 *
 * @param samples more than size / 2 of them
 * @returns [size / 2 + 1, 1 + floor(samples / hop)], a row for each frequency
 */
export function powerSpectrum(
  samples: Float32Array,
  { size, hop }: SpectrumOptions,
): { rows: number; columns: number; values: Float64Array } {
  const half = size / 2;
  requires(
    samples.length > half,
    "BAD_ARGUMENT",
    () => `powerSpectrum(): needs more than ${half} samples, got ${samples.length}`,
    "take a longer sound",
  );
  const rows = half + 1;
  const columns = 1 + Math.floor(samples.length / hop);
  const values = new Float64Array(rows * columns);
  const window = Float64Array.from({ length: size }, (_, i) => (1 - Math.cos((2 * Math.PI * i) / size)) / 2);
  const powers = powersOf(size);
  const piece = new Float64Array(size);
  for (let column = 0; column < columns; column++) {
    for (let i = 0; i < size; i++) {
      piece[i] = (samples[mirrored(column * hop + i - half, samples.length)] as number) * (window[i] as number);
    }
    powers(piece).forEach((power, row) => {
      values[row * columns + column] = power;
    });
  }
  return { rows, columns, values };
}

/** What makes |DFT|^2 of so many samples: a number for each frequency from 0 to half of the rate. */
export function powersOf(size: number): (piece: Float64Array) => Float64Array {
  const angles = Array.from({ length: size }, (_, i) => (2 * Math.PI * i) / size);
  const [cos, sin] = [Float64Array.from(angles, Math.cos), Float64Array.from(angles, Math.sin)];
  return (piece) => {
    const powers = new Float64Array(size / 2 + 1);
    for (let row = 0; row < powers.length; row++) {
      let [re, im] = [0, 0];
      for (let i = 0, phase = 0; i < size; i++, phase = (phase + row) % size) {
        re += (piece[i] as number) * (cos[phase] as number);
        im -= (piece[i] as number) * (sin[phase] as number);
      }
      powers[row] = re * re + im * im;
    }
    return powers;
  };
}

/** The index beyond an end, reflected without repeating the end itself. */
function mirrored(i: number, length: number): number {
  if (i < 0) return -i;
  return i < length ? i : 2 * (length - 1) - i;
}
