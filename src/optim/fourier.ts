/** Discrete Fourier transforms of any length, for a few passes a step over as many numbers as a latent has. */

export interface Spectrum {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/**
 * X_k = sum over n of x_n exp(-2 pi i k n / N), not scaled; `inverse` has +2 pi (Stockham's order, any radix).
 *
 * Each prime factor p of N takes p operations a number: sides of pictures have small ones.
 */
export function fourier(given: Spectrum, direction: "forward" | "inverse" = "forward"): Spectrum {
  const count = given.real.length;
  const sign = direction === "forward" ? -1 : 1;
  const cosines = Float64Array.from({ length: count }, (_, i) => Math.cos((2 * Math.PI * i) / count));
  const sines = Float64Array.from({ length: count }, (_, i) => sign * Math.sin((2 * Math.PI * i) / count));
  let from = { real: given.real.slice(), imaginary: given.imaginary.slice() };
  let to = { real: new Float64Array(count), imaginary: new Float64Array(count) };
  let stride = 1; // the product of the factors that are done
  for (const p of primeFactors(count)) {
    pass(from, to, p, stride, cosines, sines);
    [from, to] = [to, from];
    stride *= p;
  }
  return from;
}

/** One factor p: `stride` interleaved transforms of n = N / stride numbers become p times as many of n / p. */
function pass(
  { real, imaginary }: Spectrum,
  to: Spectrum,
  p: number,
  stride: number,
  cosines: Float64Array,
  sines: Float64Array,
): void {
  const count = real.length;
  const share = count / stride / p;
  for (let r = 0; r < share; r++) {
    for (let u = 0; u < p; u++) {
      const turn = r * u * stride; // below count
      const c = cosines[turn] as number;
      const s = sines[turn] as number;
      for (let q = 0; q < stride; q++) {
        let a = 0;
        let b = 0;
        for (let t = 0; t < p; t++) {
          const angle = ((u * t) % p) * (count / p);
          const at = q + stride * (r + share * t);
          const x = real[at] as number;
          const y = imaginary[at] as number;
          a += x * (cosines[angle] as number) - y * (sines[angle] as number);
          b += x * (sines[angle] as number) + y * (cosines[angle] as number);
        }
        const out = q + stride * (p * r + u);
        to.real[out] = a * c - b * s;
        to.imaginary[out] = a * s + b * c;
      }
    }
  }
}

/** Smallest first. */
function primeFactors(n: number): number[] {
  for (let p = 2; p * p <= n; p++) if (n % p === 0) return [p, ...primeFactors(n / p)];
  return n > 1 ? [n] : [];
}
