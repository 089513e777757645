import { describe, expect, test } from "vitest";
import { fixture } from "../../test/support/fixtures.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { fourier } from "./fourier.js";
import { whitened } from "./white-noise.js";

const difference = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));

test.each([1, 7, 12, 30, 64, 97])(
  "a transform of %d numbers is the sum that defines it, and the inverse undoes it",
  (count) => {
    const random = new Random(count);
    const [real, imaginary] = [0, 1].map(() => Float64Array.from({ length: count }, () => random.normal()));
    const x = { real: real as Float64Array, imaginary: imaginary as Float64Array };
    const y = fourier(x);
    for (let k = 0; k < count; k++) {
      const angle = (n: number) => (-2 * Math.PI * k * n) / count;
      const sum = x.real.reduce((so, a, n) => so + a * Math.cos(angle(n)) - (x.imaginary[n] as number) * Math.sin(angle(n)), 0); // biome-ignore format: one formula
      expect(y.real[k]).toBeCloseTo(sum, 9);
    }
    const back = fourier(y, "inverse");
    back.imaginary.forEach((value, n) => {
      expect(value / count).toBeCloseTo(x.imaginary[n] as number, 9);
    });
  },
);

describe("projected onto white noise", () => {
  test.each(["noise", "smooth", "spiky", "uneven"])("%s is what numpy makes of it", async (name) => {
    const reference = await fixture("noise/noise.safetensors");
    const projected = whitened(reference(`white.${name}`).floats());
    expect(difference(projected, reference(`white.${name}.projected`).floats())).toBeLessThan(2e-5);
  });

  const smooth = new Random(5).normals(512).map((value, i) => value + 4 * Math.sin(i / 9));

  test("every block of the spectrum has the sums of white noise", () => {
    const x = whitened(smooth);
    const { real, imaginary } = fourier({ real: Float64Array.from(x), imaginary: new Float64Array(512) });
    const size = Math.sqrt(512);
    const y = Array.from({ length: 256 }, (_, k) => Math.hypot(real[k] as number, imaginary[k] as number) / size);
    y[0] = Math.hypot(real[0] as number, real[256] as number) / size / Math.SQRT2;
    for (let from = 0; from < 256; from += 16) {
      const block = y.slice(from, from + 16);
      expect(block.reduce((sum, value) => sum + value, 0)).toBeCloseTo(8 * Math.sqrt(Math.PI), 4);
      expect(block.reduce((sum, value) => sum + value ** 2, 0)).toBeCloseTo(16, 4);
    }
  });

  test("what is white stays, at any scale, and nothing is made of nothing", () => {
    const white = whitened(smooth);
    expect(difference(whitened(white), white)).toBeLessThan(2e-5);
    expect(difference(whitened(smooth.map((value) => 1e-3 * value)), white)).toBeLessThan(1e-4);
    expect([...whitened(new Float32Array(64))]).toEqual([...new Float32Array(64)]);
  });

  test("equal magnitudes, as one pixel's gradient has them, are told apart", () => {
    const pixel = Float32Array.from({ length: 64 }, (_, i) => (i === 7 ? 3 : 0));
    const white = whitened(pixel);
    expect(NDArray.float32([64], white).floats().every(Number.isFinite)).toBe(true);
    expect(white.reduce((sum, value) => sum + value ** 2, 0)).toBeCloseTo(64, 1);
  });

  test("too few values are refused in words", () => {
    expect(() => whitened(new Float32Array(30))).toThrow("an even number of values, 32 or more; the latent has 30");
  });
});
