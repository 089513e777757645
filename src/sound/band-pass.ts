/** Butterworth band-pass filters, as sections of second order. */
import { requires } from "../core/errors.js";
import type { Sound } from "./wav.js";

/** y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y'' */
interface Section {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

/**
 * What of a sound lies between two frequencies, by a Butterworth filter of this order in the analogue design, which has two poles for
 * each. In double precision.
 *
 * @param low, high Hz, 0 < low < high < half of the rate
 */
export function bandPassed({ rate, samples }: Sound, low: number, high: number, order: number): Float64Array {
  requires(
    low > 0 && low < high && high < rate / 2,
    "BAD_ARGUMENT",
    () => `bandPassed(): needs 0 < low < high < ${rate / 2} Hz, got ${low} and ${high}`,
  );
  const result = Float64Array.from(samples);
  for (const { b, a } of sections(low / rate, high / rate, order)) {
    let [s1, s2] = [0, 0]; // transposed direct form II
    for (let i = 0; i < result.length; i++) {
      const x = result[i] as number;
      const y = b[0] * x + s1;
      s1 = b[1] * x - a[0] * y + s2;
      s2 = b[2] * x - a[1] * y;
      result[i] = y;
    }
  }
  return result;
}

interface Complex {
  readonly re: number;
  readonly im: number;
}

/** @param low, high shares of the rate */
function sections(low: number, high: number, order: number): Section[] {
  // The analogue band whose bilinear image is the one that is asked for, at rate 1/2: s = 4 (z - 1) / (z + 1).
  const [from, to] = [4 * Math.tan(Math.PI * low), 4 * Math.tan(Math.PI * high)];
  const [width, middle] = [to - from, from * to];
  const poles = Array.from({ length: order }, (_, k): Complex => {
    const angle = (Math.PI * (2 * k + order + 1)) / (2 * order);
    return { re: Math.cos(angle), im: Math.sin(angle) };
  });
  const found: Section[] = [];
  for (const pole of poles) {
    if (pole.im < -1e-9) continue; // stands with its conjugate
    const half = { re: (pole.re * width) / 2, im: (pole.im * width) / 2 };
    const root = squareRoot({ re: half.re ** 2 - half.im ** 2 - middle, im: 2 * half.re * half.im });
    const pair = [plus(half, root), plus(half, { re: -root.re, im: -root.im })] as const;
    if (pole.im < 1e-9) found.push(section(pair.map(bilinear) as [Complex, Complex]));
    else for (const one of pair) found.push(section([bilinear(one), bilinear({ re: one.re, im: -one.im })]));
  }
  return found.map((each) => normalised(each, low, high));
}

/** Zeros at 0 Hz and at half of the rate. */
function section([p, q]: readonly [Complex, Complex]): Section {
  return { b: [1, 0, -1], a: [-(p.re + q.re), p.re * q.re - p.im * q.im] };
}

/** With gain 1 in the middle of the band: all together then have the band's own gain, 1, there. */
function normalised({ b, a }: Section, low: number, high: number): Section {
  const middle = 2 * Math.atan(Math.sqrt(Math.tan(Math.PI * low) * Math.tan(Math.PI * high)));
  const [c1, s1, c2, s2] = [Math.cos(middle), Math.sin(middle), Math.cos(2 * middle), Math.sin(2 * middle)];
  const above = Math.hypot(b[0] + b[1] * c1 + b[2] * c2, b[1] * s1 + b[2] * s2);
  const below = Math.hypot(1 + a[0] * c1 + a[1] * c2, a[0] * s1 + a[1] * s2);
  const gain = below / above;
  return { b: [b[0] * gain, b[1] * gain, b[2] * gain], a };
}

/** z = (4 + s) / (4 - s) */
function bilinear({ re, im }: Complex): Complex {
  const length = (4 - re) ** 2 + im ** 2;
  return { re: ((4 + re) * (4 - re) - im ** 2) / length, im: (im * (4 - re) + im * (4 + re)) / length };
}

const plus = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im });

function squareRoot({ re, im }: Complex): Complex {
  const length = Math.hypot(re, im);
  const real = Math.sqrt((length + re) / 2);
  const imaginary = Math.sqrt((length - re) / 2);
  return { re: real, im: im < 0 ? -imaginary : imaginary };
}
