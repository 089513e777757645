import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { averaged, newAverage, withLatent } from "./average.js";

const latent = (...values: number[]) => NDArray.float32([1, 1, 1, 2], values);

test("the mean of the latents so far, each weighted by decay^age", () => {
  const seen = [latent(1, -4), latent(3, 2), latent(-2, 5)];
  let average = newAverage(latent(0, 0));
  for (const z of seen) average = withLatent(average, z, 0.5);
  const weights = [0.25, 0.5, 1]; // ages 2, 1, 0
  [0, 1].forEach((i) => {
    const expected = seen.reduce((sum, z, k) => sum + (weights[k] as number) * z.at(i), 0) / 1.75;
    expect(averaged(average, 0.5).at(i)).toBeCloseTo(expected, 6);
  });
});

test("one latent is its own average", () => {
  const z = latent(0.3, -7);
  const once = averaged(withLatent(newAverage(z), z, 0.99), 0.99);
  [0, 1].forEach((i) => {
    expect(once.at(i)).toBeCloseTo(z.at(i), 5);
  });
});
