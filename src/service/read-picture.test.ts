import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { encodePng } from "../image/png.js";
import { readPicture } from "./read-picture.js";

const grey = NDArray.float32([3, 2, 2], new Float32Array(12).fill(0.5));
const withParameters = (parameters: string) => encodePng(grey, { parameters });

test("the parameters of another program: prompts, seed and size, and nothing that our grammar would misread", () => {
  const png = withParameters(
    "a castle, (fog:1.3) at 10|30\nby night\nNegative prompt: text, blurry\nSteps: 20, Sampler: Euler a, Seed: 123, Size: 512x768",
  );
  expect(readPicture(png)).toEqual({
    source: "parameters",
    settings: { prompts: "a castle, fog at 10 30 by night | text, blurry:-0.5", seed: 123, size: [512, 768] },
  });
});

test("a picture that carries nothing, and bytes that are none", () => {
  expect(readPicture(encodePng(grey))).toEqual({ source: "nothing", settings: {} });
  expect(() => readPicture(withParameters("\nSteps: 20, Seed: 1"))).toThrow(/no prompt/);
  expect(() => readPicture(new Uint8Array([1, 2, 3]))).toThrow(/PNG/);
});
