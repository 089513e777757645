import { expect, test } from "vitest";
import { gradcheck, over } from "../../test/gradients/gradcheck.js";
import { fixturePath } from "../../test/support/fixtures.js";
import { grad } from "../autodiff/grad.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import { loadClip } from "../models/load.js";
import { compile } from "../runtime/program.js";
import { evaluate } from "../runtime/reference/evaluate.js";
import { directionLoss, edgesLoss, perceptualLoss } from "./losses.js";

test("the perceptual term has the derivative that central differences give", () => {
  const originals = [3, 5].map((channels) =>
    constant(NDArray.float32([2, 4, channels], new Random(channels).normals(8 * channels))),
  );
  const gradientCase = over("perceptual", [2, 4, 3], [2, 4, 5])((a, b) => perceptualLoss([a, b], originals));
  expect(gradcheck(gradientCase)).toBeLessThan(2e-6);
});

test("it is the mean over layers and positions of squared distances of unit vectors, summed over cutouts", () => {
  const [layer, original] = ["layer", "original"].map((name) => input(name, "float32", [1, 2, 2])) as [never, never];
  const [loss] = evaluate([perceptualLoss([layer, layer], [original, layer])], {
    layer: NDArray.float32([1, 2, 2], [3, 0, 1, 1]),
    original: NDArray.float32([1, 2, 2], [0, 2, 5, 5]), // a right angle, and the same direction
  }) as [NDArray];
  expect(loss.at(0)).toBeCloseTo(2 / 2 / 2, 6);
});

const way = constant(NDArray.float32([1, 4], [0.6, 0, -0.8, 0]));

test("the directional term has the derivative that central differences give", () => {
  const original = constant(NDArray.float32([2, 4], new Random(3).normals(8)));
  const gradientCase = over("direction", [2, 4])((a) => directionLoss(a, original, way));
  expect(gradcheck(gradientCase)).toBeLessThan(2e-6);
});

test("it is 1 - cosine of the picture's way and the texts'; where nothing changed, 1, with a gradient along that way", async () => {
  const [seen, original] = ["seen", "original"].map((name) => input(name, "float32", [1, 4])) as [Tensor, Tensor];
  const loss = directionLoss(seen, original, way);
  const [gradient] = grad(loss, [seen]) as [Tensor];
  const program = await compile({ loss, gradient }, { threads: 1 });
  const of = (numbers: readonly number[]) =>
    program.run({ seen: NDArray.float32([1, 4], numbers), original: NDArray.float32([1, 4], [0, 1, 0, 0]) });
  const still = await of([0, 1, 0, 0]);
  expect(still.loss.item()).toBeCloseTo(1, 6);
  const pull = still.gradient.floats().map((value) => -value / 100); // 1 / .01
  for (const [i, value] of [0.6, 0, -0.8, 0].entries()) expect(pull[i]).toBeCloseTo(value, 5);
  // Unit vectors: from [0,1,0,0] by a right angle along the way, and against it; both also lose of the first.
  expect((await of([0.6, 0, -0.8, 0])).loss.item()).toBeCloseTo(1 - 1 / Math.SQRT2, 3);
  expect((await of([-0.6, 0, 0.8, 0])).loss.item()).toBeCloseTo(1 + 1 / Math.SQRT2, 3);
  await program.dispose();
});

test("cutouts that have come near enough to the way count for nothing, in the loss and in its gradient", async () => {
  const seen = input("seen", "float32", [2, 4]);
  const whole = constant(NDArray.float32([1, 4], [0, 1, 0, 0])); // both are held against one picture
  const loss = directionLoss(seen, whole, way, 0.7);
  const [gradient] = grad(loss, [seen]) as [Tensor];
  // Ways of 1 - cosine .29 and 1.71 to the texts'.
  const rows = NDArray.float32([2, 4], [0.6, 0, -0.8, 0, -0.6, 0, 0.8, 0]);
  const [left, pull] = evaluate([loss, gradient], { seen: rows }) as [NDArray, NDArray];
  expect(left.item()).toBeCloseTo(1 + 1 / Math.SQRT2, 3);
  expect(Math.hypot(...pull.floats().slice(0, 4))).toBe(0);
  expect(Math.hypot(...pull.floats().slice(4))).toBeGreaterThan(0.1);
});

test("edges: nothing for other colours, something for less contrast, much for other places, and the derivative of central differences", () => {
  const square = (left: number, low: number, high: number) =>
    NDArray.float32(
      [1, 3, 16, 16],
      Array.from({ length: 768 }, (_, i) => {
        const [x, y] = [i % 16, Math.floor(i / 16) % 16];
        return x >= left && x < left + 6 && y >= 4 && y < 12 ? high : low;
      }),
    );
  const [a, b] = ["a", "b"].map((name) => input(name, "float32", [1, 3, 16, 16])) as [Tensor, Tensor];
  const of = (first: NDArray, second: NDArray) =>
    (evaluate([edgesLoss(a, b)], { a: first, b: second }) as [NDArray])[0].item();
  expect(of(square(3, 0.1, 0.9), square(3, 0.1, 0.9))).toBeCloseTo(0, 3);
  expect(of(square(3, 0.1, 0.9), square(3, 0.9, 0.1))).toBeCloseTo(0, 3); // dark in the place of light
  expect(of(square(3, 0.1, 0.9), square(3, 0.4, 0.6))).toBeCloseTo(1 - 0.5 / (1 + 1 / 16), 2); // a quarter of the contrast
  expect(of(square(3, 0.1, 0.9), square(8, 0.1, 0.9))).toBeGreaterThan(0.4);
  const noise = constant(NDArray.float32([1, 3, 16, 16], new Random(3).normals(768)));
  expect(gradcheck(over("edges", [1, 3, 16, 16])((x) => edgesLoss(x, noise)))).toBeLessThan(2e-5);
});

test("an encoder's layers: the patches' tokens between its blocks, beside the embedding it always gives", async () => {
  const { encodeImage, encodeImageLayers, inputSize } = await loadClip(fixturePath("clip-quick-gelu"));
  const pixels = input("pixels", "float32", [2, 3, inputSize, inputSize]);
  const { embedding, layers } = encodeImageLayers?.(pixels) ?? { embedding: pixels, layers: [] };
  const picture = NDArray.float32(
    pixels.shape,
    Float32Array.from({ length: 6 * inputSize ** 2 }, (_, i) => ((i * 37) % 256) / 255),
  );
  const program = await compile(
    { plain: encodeImage(pixels), beside: embedding, first: layers[0] ?? pixels },
    { threads: 1 },
  );
  const { plain, beside, first } = await program.run({ pixels: picture });
  await program.dispose();
  expect(beside).toEqual(plain);
  const [, positions, channels] = first.shape as [number, number, number];
  expect(layers.map(({ shape }) => shape)).toEqual(layers.map(() => [2, positions, channels]));
  expect(Math.sqrt(positions) % 1).toBe(0); // without the class token
});
