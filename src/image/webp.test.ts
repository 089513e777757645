import sharp from "sharp";
import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { animatedWebp, encodeWebp } from "./webp.js";

test("pictures become one that moves, each shown as long as it is said", async () => {
  const grey = (value: number) => encodeWebp(NDArray.float32([3, 8, 16], new Float32Array(3 * 8 * 16).fill(value)));
  const frames = await Promise.all([0, 0.5, 1].map(grey));
  const { format, pages, width, height, delay, loop } = await sharp(
    await animatedWebp(frames, [40, 50, 1500]),
  ).metadata();
  expect({ format, pages, width, height, delay, loop }).toEqual({
    format: "webp",
    pages: 3,
    width: 16,
    height: 8,
    delay: [40, 50, 1500],
    loop: 0,
  });
});
