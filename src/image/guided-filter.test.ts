import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { guidedFilter } from "./guided-filter.js";

const [height, width] = [20, 26];
const noise = NDArray.float32(
  [3, height, width],
  Float32Array.from(
    { length: 3 * height * width },
    (
      (random) => () =>
        random.uniform()
    )(new Random(3)),
  ),
);

test("a linear function of the colours stays itself", () => {
  const [r, g, b] = [0, 1, 2].map((k) => (i: number) => noise.at(k * height * width + i)) as [At, At, At];
  const linear = Float32Array.from({ length: height * width }, (_, i) => 2 * r(i) - g(i) + 0.5 * b(i) + 3);
  const filtered = guidedFilter(NDArray.float32([1, height, width], linear), noise, { radius: 3, epsilon: 1e-9 });
  linear.forEach((value, i) => {
    expect(filtered.at(i)).toBeCloseTo(value, 4);
  });
});

type At = (i: number) => number;

test("on a flat picture it is two box means, as far as windows reach into the map", () => {
  const flat = NDArray.float32([3, 1, 5], new Float32Array(15).fill(0.4));
  const filtered = guidedFilter(NDArray.float32([1, 1, 5], [0, 0, 1, 0, 0]), flat, { radius: 1, epsilon: 0.01 });
  const twice = [1 / 6, 2 / 9, 1 / 3, 2 / 9, 1 / 6];
  twice.forEach((value, i) => {
    expect(filtered.at(i)).toBeCloseTo(value, 6);
  });
});

test.each([1, 4])("a blob takes the edge of the object below it, from a map %d times smaller", (smaller) => {
  const side = 64;
  const inside = (x: number, y: number) => x >= 20 && x < 44 && y >= 20 && y < 44;
  const planes = [0.9, 0.2, 0.1].flatMap((on, k) =>
    Array.from({ length: side * side }, (_, i) => (inside(i % side, Math.floor(i / side)) ? on : 0.5 + 0.1 * k)),
  );
  const n = side / smaller;
  const blob = Float32Array.from({ length: n * n }, (_, i) => {
    const [x, y] = [((i % n) + 0.5) * smaller, (Math.floor(i / n) + 0.5) * smaller];
    return Math.exp(-((x - 36) ** 2 + (y - 30) ** 2) / 600); // beside its middle
  });
  const options = { radius: Math.round(20 / smaller), epsilon: 1e-4 };
  const filtered = guidedFilter(NDArray.float32([1, n, n], blob), NDArray.float32([3, side, side], planes), options);
  const at = (x: number, y: number) => filtered.at(y * side + x);
  expect(at(42, 32) - at(46, 32)).toBeGreaterThan(0.3); // across the edge; within the object it is nearly level
  expect(Math.abs(at(42, 32) - at(24, 32))).toBeLessThan(0.2);
});
