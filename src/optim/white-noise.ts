/**
 * Vectors as white as noise is: the projection of GPER (Hwang & Sung 2026), by which a gradient, and a latent that is noise,
 * stay among the vectors that a model learned to begin at.
 */
import { requires } from "../core/errors.js";
import { Random } from "../core/random.js";
import { fourier } from "./fourier.js";

/** Frequencies that are as strong together as those of noise are. */
const BLOCK = 16;
/** (mean |y|)^2 / mean |y|^2 of complex normal numbers */
const GAMMA = Math.PI / 4;
/** Of the noise, beside a block's root mean square, by which no two magnitudes are equal */
const TIES = 1e-6;
/** Both ends of a real spectrum together make one complex number as large as the others. */
const ENDS = Math.SQRT1_2;

/**
 * The vector of white magnitudes that points most where `values` does. Its orthonormal spectrum y, of N/2 complex numbers (the
 * first holds the real ones of both ends), has in every block of 16: sum |y| = 16 sqrt(pi) / 2, sum |y|^2 = 16. So its own
 * root mean square is 1; that of `values` does not count, and of nothing but zeros nothing is made.
 *
 * @param values an even number of them, 32 or more
 * @throws BAD_ARGUMENT when there are others
 */
export function whitened(values: Float32Array): Float32Array {
  const count = values.length;
  requires(
    count % 2 === 0 && count >= 2 * BLOCK,
    "BAD_ARGUMENT",
    () => `whiten: needs an even number of values, ${2 * BLOCK} or more; the latent has ${count}`,
    "draw a larger picture, or leave it off",
  );
  if (values.every((value) => value === 0)) return values.slice();
  const spectrum = fourier({ real: Float64Array.from(values), imaginary: new Float64Array(count) });
  const half = count / 2;
  const scale = 1 / Math.sqrt(count);
  const re = spectrum.real.slice(0, half).map((value) => value * scale);
  const im = spectrum.imaginary.slice(0, half).map((value) => value * scale);
  [re[0], im[0]] = [ENDS * (re[0] as number), ENDS * scale * (spectrum.real[half] as number)];

  const ties = new Random(0).split("ties");
  const blocks = Math.floor(half / BLOCK);
  for (let b = 0; b < blocks; b++) {
    const [from, to] = [Math.floor((b * half) / blocks), Math.floor(((b + 1) * half) / blocks)];
    whitenBlock(re.subarray(from, to), im.subarray(from, to), ties);
  }

  const full = { real: new Float64Array(count), imaginary: new Float64Array(count) };
  [full.real[0], full.real[half]] = [(re[0] as number) / ENDS, (im[0] as number) / ENDS];
  for (let k = 1; k < half; k++) {
    full.real[k] = full.real[count - k] = re[k] as number;
    full.imaginary[k] = im[k] as number;
    full.imaginary[count - k] = -(im[k] as number);
  }
  return Float32Array.from(fourier(full, "inverse").real, (value) => value * scale);
}

/** In place. */
function whitenBlock(re: Float64Array, im: Float64Array, ties: Random): void {
  const squares = re.reduce((sum, value, i) => sum + value ** 2 + (im[i] as number) ** 2, 0);
  const size = TIES * (Math.sqrt(squares / re.length) || 1);
  const [x, y] = [re, im].map((part) => part.map((value) => value + size * ties.uniform(-1, 1))) as [
    typeof re,
    typeof im,
  ];
  const magnitudes = x.map((value, i) => Math.hypot(value, y[i] as number));
  const factors = whiteMagnitudes(magnitudes).map((wanted, i) => wanted / (magnitudes[i] as number));
  re.set(x.map((value, i) => value * (factors[i] as number)));
  im.set(y.map((value, i) => value * (factors[i] as number)));
}

/**
 * The nearest magnitudes with sum sqrt(GAMMA) B and sum of squares B: relu(w - t) scaled, with the one t that makes
 * (sum relu)^2 / sum relu^2 = GAMMA B. A t below 0 lifts all.
 *
 * @param magnitudes B of them, no two equal
 */
function whiteMagnitudes(magnitudes: Float64Array): Float64Array {
  const count = magnitudes.length;
  const sorted = magnitudes.slice().sort().reverse();
  let [sum, squares, threshold] = [0, 0, 0];
  for (let j = 1; j <= count; j++) {
    const last = sorted[j - 1] as number;
    sum += last;
    squares += last ** 2;
    if (j <= GAMMA * count) continue;
    const spread = Math.max(0, j * squares - sum ** 2);
    threshold = (sum - Math.sqrt(((GAMMA * count) / (j - GAMMA * count)) * spread)) / j;
    if (last > threshold && (j === count || threshold >= (sorted[j] as number))) break;
  }
  const left = magnitudes.map((value) => Math.max(0, value - threshold));
  const total = left.reduce((so, value) => so + value, 0);
  return left.map((value) => (Math.sqrt(GAMMA) * count * value) / total);
}
