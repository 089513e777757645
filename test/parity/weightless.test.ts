/** Generators without weights: what they encode they give back, and a normal latent is a picture of unit spread. */
import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { sizeOf } from "../../src/core/shape.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { encoderOf } from "../../src/models/generator.js";
import { pictureOfAxes } from "../../src/models/weightless/colour.js";
import { fft } from "../../src/models/weightless/fft.js";
import { weightless } from "../../src/models/weightless/names.js";
import { evaluate } from "../../src/runtime/reference/evaluate.js";
import { largestError } from "../support/fixtures.js";

const sizes = [
  [32, 32],
  [24, 17], // odd sides have no Nyquist column
  [19, 40],
] as const;

function picture(height: number, width: number): NDArray {
  const values = new Random(5).normals(3 * height * width).map((value) => Math.tanh(value));
  return NDArray.float32([1, 3, height, width], values);
}

describe.each([...weightless.values()])("$name", (generator) => {
  test.each(sizes)("a picture %i pixels high and %i wide comes back from its latent", (height, width) => {
    const x = input("x", "float32", [1, 3, height, width]);
    const z = encoderOf(generator, "test")(x);
    expect(z.shape).toEqual(generator.latentShape([height, width]));
    const given = picture(height, width);
    const [back] = evaluate([generator.decode(z, { size: [width, height] })], { x: given }) as [NDArray];
    expect(largestError(back, given)).toBeLessThan(1 / 255); // black and white come within half of an 8-bit step
  });

  test("a normal latent gives a picture with contrast, and every part of the latent moves it", () => {
    const shape = generator.latentShape([24, 20]);
    const latent = NDArray.float32(shape, new Random(1).normals(sizeOf(shape)));
    const z = input("z", "float32", shape);
    const y = generator.decode(z, { size: [20, 24] });
    const ct = input("ct", "float32", y.shape);
    const [gradient] = grad(y, [z], ct) as [Tensor];
    const [made, dz] = evaluate([y, gradient], { z: latent, ct: picture(24, 20) }) as [NDArray, NDArray];
    const spread = Math.sqrt(made.floats().reduce((total, value) => total + value ** 2, 0) / made.size);
    expect(spread).toBeGreaterThan(0.3);
    expect(spread).toBeLessThan(0.9);
    const still = dz.floats().filter((value) => Math.abs(value) < 1e-9).length;
    // A spectrum's imaginary parts at 0 and at the last row and column of a real picture do nothing.
    expect(still).toBeLessThanOrEqual(generator === fft ? 3 * 2 * 24 : 0);
  });

  test("it needs the picture's size", () => {
    expect(() => generator.decode(input("z", "float32", generator.latentShape([16, 16])))).toThrow("picture's size");
  });
});

test("fft agrees with the plain sum of its definition", () => {
  const [height, width] = [5, 6];
  const shape = fft.latentShape([height, width]) as [number, number, number, number];
  const latent = NDArray.float32(shape, new Random(2).normals(sizeOf(shape)));
  const [made] = evaluate([fft.decode(input("z", "float32", shape), { size: [width, height] })], { z: latent }) as [
    NDArray,
  ];
  const columns = shape[3];
  const full = (row: number, column: number) => Math.hypot(Math.min(row, height - row) / height, column / width);
  const scales = Array.from(
    { length: height * columns },
    (_, i) => 1 / Math.max(full(Math.floor(i / columns), i % columns), 1 / 6),
  );
  const copies = (column: number) => (column === 0 || column === 3 ? 1 : 2);
  const norm = Math.sqrt(scales.reduce((total, s, i) => total + (copies(i % columns) * s) ** 2, 0) / (height * width));
  const axes = new Float32Array(3 * height * width);
  for (let i = 0; i < axes.length; i++) {
    const [axis, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < columns; column++) {
        const [re, im] = [axis, axis + 3].map((c) => latent.at((c * height + row) * columns + column)) as [
          number,
          number,
        ];
        const angle = 2 * Math.PI * ((row * y) / height + (column * x) / width);
        const wave = re * Math.cos(angle) - im * Math.sin(angle);
        axes[i] =
          (axes[i] as number) +
          (copies(column) * (scales[row * columns + column] as number) * wave) / (norm * Math.sqrt(height * width));
      }
    }
  }
  const v = input("v", "float32", [1, 3, height, width]);
  const [expected] = evaluate([pictureOfAxes(v)], { v: NDArray.float32(v.shape, axes) }) as [NDArray];
  expect(largestError(made, expected)).toBeLessThan(1e-5);
});
