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
  const angles = Array.from({ length: size }, (_, i) => (2 * Math.PI * i) / size);
  const [cos, sin] = [Float64Array.from(angles, Math.cos), Float64Array.from(angles, Math.sin)];
  const window = Float64Array.from(cos, (c) => (1 - c) / 2);
  const piece = new Float64Array(size);
  for (let column = 0; column < columns; column++) {
    for (let i = 0; i < size; i++) {
      piece[i] = (samples[mirrored(column * hop + i - half, samples.length)] as number) * (window[i] as number);
    }
    for (let row = 0; row < rows; row++) {
      let [re, im] = [0, 0];
      for (let i = 0, phase = 0; i < size; i++, phase = (phase + row) % size) {
        re += (piece[i] as number) * (cos[phase] as number);
        im -= (piece[i] as number) * (sin[phase] as number);
      }
      values[row * columns + column] = re * re + im * im;
    }
  }
  return { rows, columns, values };
}

/** The index beyond an end, reflected without repeating the end itself. */
function mirrored(i: number, length: number): number {
  if (i < 0) return -i;
  return i < length ? i : 2 * (length - 1) - i;
}
