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
import { directionLoss, perceptualLoss } from "./losses.js";

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
